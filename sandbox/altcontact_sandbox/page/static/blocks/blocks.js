// Draws Block Kit: one node a block.
import { freshId } from "../shared/dialogs.js";
import { h } from "../shared/dom.js";
import { elementNode } from "./elements.js";
import { imageOf } from "./image.js";
import { textOf } from "./mrkdwn.js";
import { richText } from "./rich_text.js";
import { tableBlock } from "./table.js";

/**
 * Blocks as nodes.
 *
 * @param {object[]} blocks
 * @param {object} surface - where they stand: see `elementNode`.
 */
export function blockNodes(blocks, surface) {
  return blocks.map((block) => blockNode(block, surface));
}

/** A block as a node. */
export function blockNode(block, surface) {
  const draw = BLOCKS[block.type] ?? unknown;
  const node = h("div", { class: `block ${block.type}`, data: { block: block.block_id ?? "" } });
  node.append(...[draw(block, surface)].flat(Infinity).filter(Boolean));
  return node;
}

function section(block, surface) {
  const { accessory, fields, text } = block;
  return [
    h("div", { class: "section-body" },
      text && h("div", { class: "text" }, textOf(text)),
      fields?.length && h("div", { class: "fields" },
        fields.map((field) => h("div", { class: "text" }, textOf(field)))),
    ),
    accessory && h("div", { class: "accessory" }, elementNode(accessory, block, surface)),
  ];
}

function context(block) {
  return (block.elements ?? []).map((part) =>
    part.type === "image"
      ? imageOf(part, "tiny")
      : h("span", { class: "text" }, textOf(part)));
}

function input(block, surface) {
  const [id, labelId, hintId] = [freshId("input"), freshId("label"), freshId("hint")];
  const grouped = ["radio_buttons", "checkboxes"].includes(block.element.type);
  const describedBy = block.hint ? hintId : null;
  const label = grouped ? { labelledBy: labelId, describedBy } : { id, describedBy };
  const optional = block.optional && h("span", { class: "optional" }, " (optional)");
  const words = [textOf(block.label), optional];
  return [
    grouped
      ? h("div", { id: labelId, class: "label" }, words)
      : h("label", { id: labelId, class: "label", for: id }, words),
    elementNode(block.element, block, surface, label),
    h("p", { class: "error", role: "alert", hidden: true, id: freshId("error") }),
    block.hint && h("p", { id: hintId, class: "hint" }, textOf(block.hint)),
  ];
}

/** Shows an error under an input block's field, or that there is none; its control or null. */
export function showError(node, error) {
  const place = node.querySelector(":scope > .error");
  const control = node.querySelector("input, textarea");
  if (!place || !control) return null;
  if (place.textContent !== (error ?? "")) place.textContent = error ?? "";
  place.hidden = !error;
  node.classList.toggle("has-error", Boolean(error));
  const hint = node.querySelector(":scope > .hint")?.id;
  const told = [error && place.id, hint].filter(Boolean).join(" ");
  if (told) control.setAttribute("aria-describedby", told);
  else control.removeAttribute("aria-describedby");
  if (error) control.setAttribute("aria-invalid", "true");
  else control.removeAttribute("aria-invalid");
  return error ? control : null;
}

function image(block) {
  return h("figure", { class: "picture" },
    block.title && h("figcaption", null, textOf(block.title)), imageOf(block, "wide"));
}

function placeholder(block) {
  const name = block.title ? textOf(block.title) : block.external_id || block.alt_text || "";
  return h("p", { class: "placeholder" }, `${block.type}: `, name);
}

function unknown(block) {
  return h("p", { class: "unknown-block" }, `Unknown block: ${block.type}`);
}

const BLOCKS = {
  header: (block) => h("h3", null, textOf(block.text)),
  section,
  context,
  divider: () => h("hr", null),
  actions: (block, surface) => block.elements.map((each) => elementNode(each, block, surface)),
  image,
  table: tableBlock,
  rich_text: richText,
  input,
  file: placeholder,
  video: placeholder,
};
