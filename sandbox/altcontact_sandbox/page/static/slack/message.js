// Draws one message.
import { blockNodes } from "../blocks/blocks.js";
import { h } from "../shared/dom.js";
import { fileCard } from "./files.js";
import { mrkdwn } from "../blocks/mrkdwn.js";
import { nameOf, show, store } from "../shared/store.js";
import { fullOf, momentOf, timeOf } from "../shared/times.js";

const COLOURS = 6;

/**
 * A message.
 *
 * @param {object} message
 * @param {object} options
 * @param {boolean} options.first - of its author for a while; others show neither name nor avatar.
 * @param {number} [options.replies] - answers in its thread.
 * @param {Function} [options.dismiss] - makes an ephemeral message go away.
 * @param {object} [options.values] - what is chosen in its menus; kept up to date here.
 */
export function article(message, { first, replies = 0, dismiss = null, values = {} }) {
  const moment = momentOf(message.ts);
  const author = nameOf(message.user);
  const isApp = message.user === store.slack.bot.id;
  const time = h("time", { datetime: moment.toISOString(), title: fullOf(moment) }, timeOf(moment));
  const trouble = h("p", { class: "trouble", role: "alert", hidden: true });
  const surface = {
    place: { channel: message.channel, ts: message.ts },
    values,
    suggested: message.suggested,
    put: (key, value) => {
      values[key] = value;
    },
    trouble: (text) => {
      trouble.textContent = text && `⚠ ${text}`;
      trouble.hidden = !text;
    },
  };
  const kind = [first ? "first" : "next", message.ephemeral ? "ephemeral" : ""].join(" ");
  return h("article",
    { class: `message ${kind}`, "aria-label": `${author}, ${timeOf(moment)}`,
      data: { id: message.id, ts: message.ts } },
    h("div", { class: "gutter" }, first ? avatar(message.user, author, isApp) : time),
    h("div", { class: "message-body" },
      message.ephemeral && onlyYou(dismiss),
      first && h("div", { class: "by" },
        h("strong", null, author), isApp && h("span", { class: "app-badge" }, "APP"), time),
      content(message, surface),
      (message.files ?? []).map(fileCard),
      replies > 0 && h("button",
        { type: "button", class: "replies", on: { click: () => show({ thread: message.ts }) } },
        `${replies} ${replies === 1 ? "reply" : "replies"}`),
      trouble,
    ),
    !message.ephemeral && !message.thread_ts && tools(message),
  );
}

function content(message, surface) {
  const edited = message.edits > 0 && h("span", { class: "edited" }, "(edited)");
  if (message.blocks?.length) {
    const nodes = blockNodes(message.blocks, surface);
    const text = edited ? lastText(nodes.at(-1)) : null;
    text?.append(" ", edited);
    return h("div", { class: "content" }, nodes, !text && edited);
  }
  if (!message.text) return null;
  return h("div", { class: "content text" }, mrkdwn(message.text), edited && " ", edited);
}

/** The text that a block ends with; nothing where it ends with something else. */
function lastText(node) {
  const whole = node.querySelector(":scope > .section-body")?.lastElementChild ?? node.lastElementChild;
  return whole?.matches(".text") ? whole : null;
}

function onlyYou(dismiss) {
  return h("div", { class: "only-you" },
    h("span", { class: "eye", "aria-hidden": "true" }), "Only visible to you",
    dismiss && [" · ", h("button", { type: "button", class: "link", on: { click: dismiss } },
      "Dismiss message")]);
}

function tools(message) {
  return h("div", { class: "tools" }, h("button",
    { type: "button", "aria-label": "Reply in thread", title: "Reply in thread",
      on: { click: () => show({ thread: message.ts }) } },
    "💬"));
}

function avatar(id, name, isApp) {
  if (isApp) return h("img", { class: "avatar", src: "icon.svg", alt: "" });
  const colour = [...id].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % COLOURS;
  return h("span", { class: `avatar colour-${colour}`, "aria-hidden": "true" },
    name.slice(0, 1).toUpperCase());
}
