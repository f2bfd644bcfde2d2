// Draws rich_text blocks: sections, lists, quotes and preformatted text.
import { h } from "../shared/dom.js";
import { emojiOf } from "./emoji.js";
import { emojiNode, link, mention } from "./mrkdwn.js";
import { channelOf, nameOf } from "../shared/store.js";
import { slackDate } from "../shared/times.js";

const STYLES = { code: "code", bold: "strong", italic: "em", strike: "s", underline: "u" };

/** A rich_text block. */
export function richText(block) {
  return h("div", { class: "rich-text" }, nested(block.elements ?? []));
}

/** The parts of a rich text; lists that follow one another with more indent stand in each other. */
function nested(parts) {
  const nodes = [];
  const open = [];
  for (const part of parts) {
    if (part.type !== "rich_text_list") {
      open.length = 0;
      nodes.push(drawn(part));
      continue;
    }
    const indent = part.indent ?? 0;
    while (open.length && open.at(-1).indent >= indent) {
      const last = open.at(-1);
      if (last.indent === indent && last.style === part.style) break;
      open.pop();
    }
    if (open.at(-1)?.indent === indent) {
      open.at(-1).list.append(...items(part));
      continue;
    }
    const list = listOf(part);
    const above = open.at(-1)?.list.lastElementChild;
    if (above) above.append(list);
    else nodes.push(list);
    open.push({ indent, style: part.style, list });
  }
  return nodes;
}

function listOf(part) {
  const ordered = part.style === "ordered";
  const start = ordered && part.offset ? part.offset + 1 : null;
  return h(ordered ? "ol" : "ul", { start, class: part.border ? "bordered" : null }, items(part));
}

const items = (part) => part.elements.map((each) => h("li", null, inline(each.elements ?? [])));

function drawn(part) {
  const inner = inline(part.elements ?? []);
  if (part.type === "rich_text_section") return h("p", null, inner);
  if (part.type === "rich_text_quote") return h("blockquote", null, inner);
  if (part.type === "rich_text_preformatted") return h("pre", { class: "pre" }, inner);
  return h("p", { class: "unknown-block" }, `Unknown rich text: ${part.type}`);
}

const inline = (elements) => elements.map((each) => styled(PARTS[each.type]?.(each), each));

const PARTS = {
  text: (part) => part.text,
  link: (part) => link(part.url, part.text || part.url) ?? part.text ?? part.url,
  user: (part) => mention(`@${nameOf(part.user_id)}`, part.user_id),
  usergroup: (part) => mention(`@${nameOf(part.usergroup_id)}`),
  channel: (part) => mention(`#${channelOf(part.channel_id)?.name ?? part.channel_id}`),
  broadcast: (part) => mention(`@${part.range}`),
  emoji: (part) => {
    const emoji = emojiOf(part.name);
    return emoji ? emojiNode(emoji, part.name) : `:${part.name}:`;
  },
  date: (part) => h("time", null, slackDate(part.timestamp, part.format ?? "{date_short} {time}")),
  color: (part) => h("code", { class: "code" }, part.value),
};

function styled(content, part) {
  if (content === undefined) return h("span", { class: "quiet" }, `[${part.type}]`);
  let node = content;
  for (const [style, tag] of Object.entries(STYLES)) {
    if (part.style?.[style]) node = h(tag, { class: style === "code" ? "code" : null }, node);
  }
  return node;
}
