// Turns Slack's texts, mrkdwn and plain_text, into DOM.
import { h } from "../shared/dom.js";
import { emojiOf } from "./emoji.js";
import { channelOf, nameOf, store } from "../shared/store.js";
import { fullOf, slackDate } from "../shared/times.js";

const MARKS = { "*": "strong", _: "em", "~": "s" };
const WORD = /[\p{L}\p{N}]/u;
const EMOJI = /^:([a-z0-9_+-]+(?:::skin-tone-\d)?):/;
const BARE_LINK = /^https?:\/\/[^\s<>|`*~]*[^\s<>|`*~.,;:!?)\]'"]/;

/** A text object of Block Kit as nodes. */
export function textOf(object) {
  if (!object) return [];
  return object.type === "mrkdwn"
    ? mrkdwn(object.text, object.verbatim === true)
    : plainText(object.text, object.emoji !== false);
}

/** A text object as one string, for names and titles. */
export const wordsOf = (object) => h("span", null, textOf(object)).textContent;

/** A plain_text: nothing in it has a meaning, but for emoji where they are on. */
export function plainText(text, emoji = true) {
  const source = unescaped(String(text ?? ""));
  const shown = emoji
    ? source.replace(/:([a-z0-9_+-]+(?:::skin-tone-\d)?):/g, (all, name) => emojiOf(name) ?? all)
    : source;
  return lines(shown);
}

/** A text with Slack's markup; `verbatim`: a URL that is not marked up is no link. */
export function mrkdwn(text, verbatim = false) {
  const parts = String(text ?? "").split("```");
  // Without a partner the last mark is a text like any other.
  if (parts.length % 2 === 0) parts.push([parts.pop(), parts.pop()].reverse().join("```"));
  return parts.flatMap((part, number) => {
    const isCode = number % 2 === 1;
    if (isCode) return h("pre", { class: "pre" }, unescaped(part.replace(/^\n|\n$/g, "")));
    return part === "" ? [] : quotes(part.replace(number > 0 ? /^\n/ : /^(?!)/, ""), verbatim);
  });
}

function quotes(text, verbatim) {
  const nodes = [];
  const isQuote = (line) => /^(?:>|&gt;)/.test(line);
  const groups = [];
  for (const line of text.split("\n")) {
    const quoted = isQuote(line);
    const content = quoted ? line.replace(/^(?:>|&gt;) ?/, "") : line;
    const last = groups.at(-1);
    if (last && last.quoted === quoted) last.lines.push(content);
    else groups.push({ quoted, lines: [content] });
  }
  for (const group of groups) {
    const inner = inline(group.lines.join("\n"), verbatim);
    if (group.quoted) nodes.push(h("blockquote", null, inner));
    else nodes.push(...inner);
  }
  return nodes;
}

/** What stands in lines, without quotes and code blocks. */
function inline(text, verbatim) {
  const nodes = [];
  let plain = "";
  let at = 0;
  const flush = () => {
    nodes.push(...lines(unescaped(plain)));
    plain = "";
  };
  while (at < text.length) {
    const found = piece(text, at, verbatim);
    if (found) {
      flush();
      nodes.push(found.node);
      at += found.length;
    } else {
      plain += text[at];
      at += 1;
    }
  }
  flush();
  return nodes;
}

/** What begins at a place and is more than a letter: {node, length}. */
function piece(text, at, verbatim) {
  const letter = text[at];
  if (letter === "<") {
    const end = text.indexOf(">", at);
    const node = end > at ? angle(text.slice(at + 1, end)) : null;
    return node && { node, length: end + 1 - at };
  }
  if (letter === "`") {
    const end = text.indexOf("`", at + 1);
    const code = end > at + 1 ? text.slice(at + 1, end) : "\n";
    if (code.includes("\n")) return null;
    return { node: h("code", { class: "code" }, unescaped(code)), length: end + 1 - at };
  }
  if (letter === ":") {
    const match = EMOJI.exec(text.slice(at, at + 80));
    const emoji = match && emojiOf(match[1]);
    return emoji ? { node: emojiNode(emoji, match[1]), length: match[0].length } : null;
  }
  if (letter === "h" && !verbatim) {
    const match = WORD.test(text[at - 1] ?? " ") ? null : BARE_LINK.exec(text.slice(at));
    return match && { node: link(unescaped(match[0]), null), length: match[0].length };
  }
  return Object.hasOwn(MARKS, letter) ? marked(text, at, letter, verbatim) : null;
}

function marked(text, at, mark, verbatim) {
  const before = text[at - 1] ?? " ";
  if (WORD.test(before) || before === mark || /\s/.test(text[at + 1] ?? " ")) return null;
  for (let end = at + 1; end < text.length && text[end] !== "\n"; end += 1) {
    if (text[end] === "<" || text[end] === "`") {
      const close = text.indexOf(text[end] === "<" ? ">" : "`", end + 1);
      if (close > 0) end = close;
    } else if (
      text[end] === mark && end > at + 1 && !/\s/.test(text[end - 1]) &&
      !WORD.test(text[end + 1] ?? " ") && text[end + 1] !== mark
    ) {
      const node = h(MARKS[mark], null, inline(text.slice(at + 1, end), verbatim));
      return { node, length: end + 1 - at };
    }
  }
  return null;
}

/** What stands between angle brackets; null where Slack would make nothing of it. */
function angle(content) {
  const bar = content.indexOf("|");
  const target = bar < 0 ? content : content.slice(0, bar);
  const label = bar < 0 ? "" : unescaped(content.slice(bar + 1));
  if (/^@[UWB]/.test(target)) return mention(`@${nameOf(target.slice(1))}`, target.slice(1));
  if (target.startsWith("#C")) {
    return mention(`#${channelOf(target.slice(1))?.name ?? (label || target.slice(1))}`);
  }
  if (target.startsWith("!subteam^")) {
    const id = target.slice("!subteam^".length);
    return mention(`@${nameOf(id) === id && label ? label.replace(/^@/, "") : nameOf(id)}`);
  }
  if (/^!(here|channel|everyone)$/.test(target)) return mention(`@${target.slice(1)}`);
  if (target.startsWith("!date^")) return dateNode(target, label);
  return link(unescaped(target), label || null);
}

function dateNode(target, fallback) {
  const [, seconds, pattern, url] = target.split("^");
  if (!/^\d+$/.test(seconds) || !pattern) return document.createTextNode(fallback);
  const moment = new Date(Number(seconds) * 1000);
  const text = slackDate(Number(seconds), unescaped(pattern));
  const node = h("time", { datetime: moment.toISOString(), title: fullOf(moment) }, text);
  return (url && link(url, node)) || node;
}

/** A link where its address is one that a person may follow; null otherwise. */
export function link(url, label) {
  if (!/^(https?:\/\/|mailto:)/i.test(url)) return null;
  const shown = label ?? url.replace(/^mailto:/i, "");
  return h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, shown);
}

/** Somebody or something named, as Slack shows it; one's own name stands out. */
export function mention(text, id = "") {
  const app = id !== "" && id === store.slack?.bot?.id;
  return h("span", { class: app ? "mention app" : "mention", data: id ? { user: id } : {} }, text);
}

/** An emoji, told by its name to those who listen. */
export function emojiNode(emoji, name) {
  const label = name.replaceAll("_", " ");
  return h("span", { class: "emoji", role: "img", "aria-label": label, title: `:${name}:` }, emoji);
}

function lines(text) {
  return text.split("\n").flatMap((line, number) => [number > 0 && h("br"), line]).filter(Boolean);
}

function unescaped(text) {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}
