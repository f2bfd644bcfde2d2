// Draws what can be pressed, chosen and typed into: all elements of Block Kit but the select menus.
import { combobox } from "./combobox.js";
import { freshId } from "../shared/dialogs.js";
import { h } from "../shared/dom.js";
import { textOf, wordsOf } from "./mrkdwn.js";
import { overflowMenu } from "./overflow.js";
import { initialOf, keyOf, press } from "./action.js";
import { imageOf } from "./image.js";

const TEXT_TYPES = { email_text_input: "email", url_text_input: "url", number_input: "text" };

/**
 * An element of a block.
 *
 * @param {object} element
 * @param {object} block - in which it stands.
 * @param {object} surface - where that stands: `place`, `values` ({key: value}), `put(key, value)`,
 *   `suggested` ({key: options}), `trouble(text)`.
 * @param {object} [label] - `{id, describedBy}` of what names it; for a group `id` names its label.
 * @returns {HTMLElement}
 */
export function elementNode(element, block, surface, label = {}) {
  const draw = ELEMENTS[element.type] ?? unknownElement;
  const node = draw(new Control(element, block, surface, label));
  node.dataset.key = `${block.block_id}|${element.action_id ?? ""}`;
  return node;
}

/** An element in its place: what it holds, and what comes of a change. */
class Control {
  constructor(element, block, surface, label) {
    Object.assign(this, { element, block, surface, label });
    this.key = keyOf(block, element);
    this.inInput = block.type === "input";
  }

  get value() {
    return this.surface.values[this.key] ?? initialOf(this.element);
  }

  get suggested() {
    return this.surface.suggested?.[this.key] ?? [];
  }

  /**
   * Keeps a value; the app gets it at once if it asked for that.
   *
   * @returns {Promise<boolean>} whether it holds; not where it was not confirmed.
   */
  async choose(value, node) {
    const before = this.value;
    this.surface.put(this.key, value);
    if (this.inInput && !this.block.dispatch_action) return true;
    const holds = await this.send(value, node);
    if (!holds) this.surface.put(this.key, before);
    return holds;
  }

  send(value, node) {
    return press(node, this.surface, this.block, this.element, value);
  }

  /** The attributes that name the control. */
  get named() {
    const { id, labelledBy, describedBy } = this.label;
    const hint = wordsOf(this.element.placeholder);
    const own = this.element.accessibility_label || hint || this.element.action_id;
    return {
      id: id ?? null,
      "aria-labelledby": labelledBy ?? null,
      "aria-label": id || labelledBy ? null : own,
      "aria-describedby": describedBy ?? null,
    };
  }
}

function button(control) {
  const { element } = control;
  const style = ["primary", "danger"].includes(element.style) ? element.style : "";
  const press_ = async () => {
    if (element.url && /^https?:/.test(element.url)) {
      open(element.url, "_blank", "noopener,noreferrer");
    }
    await control.send(element.value, node);
  };
  const node = h("button",
    { type: "button", class: `button ${style}`, "aria-label": element.accessibility_label,
      on: { click: press_ } },
    h("span", null, textOf(element.text)));
  return node;
}

function textInput(control) {
  const { element, block } = control;
  const most = element.max_length;
  const listeners = {
    input: () => {
      control.surface.put(control.key, input.value);
      count();
    },
    keydown: (event) => {
      if (event.key !== "Enter" || element.multiline || !block.dispatch_action) return;
      event.preventDefault();
      control.send(input.value, input);
    },
  };
  const props = {
    ...control.named, class: "control", value: control.value, maxlength: most ?? null,
    placeholder: wordsOf(element.placeholder) || null, autocomplete: "off", on: listeners,
    inputmode: element.type === "number_input" ? "decimal" : null,
  };
  const type = TEXT_TYPES[element.type] ?? "text";
  const input = element.multiline
    ? h("textarea", { ...props, rows: 4 })
    : h("input", { type, ...props });
  const counter = h("span", { class: "counter", "aria-hidden": "true" });
  const count = () => {
    counter.textContent = most ? String(most - input.value.length) : "";
    counter.classList.toggle("low", most - input.value.length < 10);
  };
  count();
  return h("div", { class: "text-field" }, input, most && counter);
}

function moment(type) {
  return (control) => {
    const input = h("input", {
      ...control.named, type, class: "control short", value: control.value,
      on: { change: () => change() },
    });
    const change = async () => {
      if (!(await control.choose(input.value, input))) input.value = control.value;
    };
    return input;
  };
}

function choices(kind) {
  return (control) => {
    const { element } = control;
    const group = freshId("choice");
    const chosen = () =>
      [...node.querySelectorAll("input:checked")].map((input) => options[input.dataset.at].value);
    const change = async () => {
      const value = kind === "radio" ? (chosen()[0] ?? "") : chosen();
      if (await control.choose(value, node)) return;
      const before = [control.value].flat();
      for (const input of node.querySelectorAll("input")) {
        input.checked = before.includes(options[input.dataset.at].value);
      }
    };
    const options = element.options ?? [];
    const held = [control.value].flat();
    const rows = options.map((option, at) =>
      h("label", { class: "choice" },
        h("input", { type: kind, name: group, checked: held.includes(option.value), data: { at },
          on: { change } }),
        h("span", null, textOf(option.text),
          option.description && h("span", { class: "detail" }, textOf(option.description))),
      ),
    );
    const { id, ...named } = control.named;
    const props = { ...named, class: "choices", role: kind === "radio" ? "radiogroup" : "group" };
    const node = h("div", props, rows);
    if (id) node.id = id;
    return node;
  };
}

function unknownElement({ element }) {
  return h("span", { class: "unknown-block" }, `Unknown element: ${element.type}`);
}

const SELECTS = ["static", "external", "users", "conversations", "channels"].flatMap((source) => [
  [`${source}_select`, combobox],
  [`multi_${source}_select`, combobox],
]);

const ELEMENTS = {
  button,
  workflow_button: button,
  overflow: overflowMenu,
  image: ({ element }) => imageOf(element, "thumb"),
  plain_text_input: textInput,
  email_text_input: textInput,
  url_text_input: textInput,
  number_input: textInput,
  datepicker: moment("date"),
  timepicker: moment("time"),
  radio_buttons: choices("radio"),
  checkboxes: choices("checkbox"),
  ...Object.fromEntries(SELECTS),
};
