// One entry of the wire: a line, and once it is opened what was sent and answered.
import { announce, h } from "../shared/dom.js";

/** Direction and name of each kind; the arrow says which way the first payload went. */
const KINDS = {
  web_api: ["→", "bot → Slack", "Web API"],
  socket: ["←", "Slack → bot", "Socket Mode"],
  http: ["←", "Slack → bot", "HTTP"],
  response_url: ["→", "bot → Slack", "response_url"],
  aws: ["→", "bot → AWS", "AWS"],
};

const NO_CONTACT = "ResourceNotFoundException";

/** Whether something went wrong; that an account has no such contact is an answer like another. */
export function failed({ kind, ok, status }) {
  return !ok && !(kind === "aws" && status === NO_CONTACT);
}

/** The row of an entry. */
export function wireRow(entry) {
  const [arrow, direction, kind] = KINDS[entry.kind] ?? ["·", "", entry.kind];
  let body = null;
  const button = h("button", { type: "button", "aria-expanded": "false" },
    h("time", { datetime: new Date(entry.at * 1000).toISOString() }, clock(entry.at)),
    h("span", { class: `arrow ${entry.kind}`, title: direction },
      h("span", { "aria-hidden": "true" }, arrow),
      h("span", { class: "visually-hidden" }, direction)),
    h("span", { class: "kind quiet" }, kind),
    h("span", { class: "name mono" }, entry.name,
      h("span", { class: "quiet" }, ` ${about(entry.sent ?? {})}`)),
    status(entry),
    h("span", { class: "took quiet" }, took(entry.milliseconds)));
  const row = h("li", null, button);
  button.addEventListener("click", () => {
    const open = button.getAttribute("aria-expanded") !== "true";
    button.setAttribute("aria-expanded", String(open));
    // Made only when somebody looks: a thousand payloads are much to draw.
    body ??= h("div", { class: "payloads" },
      payload("Sent", entry.sent), payload("Answered", entry.answered));
    if (open) row.append(body);
    else body.remove();
  });
  return row;
}

/** What it is about, in a few words: the account and the type, or the place in Slack. */
function about(sent) {
  const payload = sent.payload ?? sent;
  const words = [payload.AccountId, payload.AlternateContactType, payload.channel,
    payload.command, payload.text];
  return words.filter((word) => typeof word === "string").join(" ").slice(0, 80);
}

function status(entry) {
  const kind = entry.ok ? "good" : failed(entry) ? "bad" : "quiet";
  const hint = kind === "quiet" ? "The account has no such contact." : null;
  return h("span", { class: `status ${kind}`, title: hint },
    entry.status || (entry.ok ? "ok" : "failed"));
}

function payload(title, held) {
  const text = held === null || held === undefined ? "" : JSON.stringify(held, null, 2);
  return h("section", { "aria-label": title },
    h("header", null, h("h4", null, title),
      text && h("button", { type: "button", class: "plain", on: { click: () => copy(text) } },
        "Copy")),
    text ? h("pre", { tabindex: 0 }, text) : h("p", { class: "quiet" }, "Nothing."));
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    announce("Copied.");
  } catch {
    // A browser may forbid it: the text can still be selected.
    announce("The browser doesn't allow this page to copy. Select the text instead.", "error");
  }
}

function clock(at) {
  const time = new Date(at * 1000);
  const two = (number, width = 2) => String(number).padStart(width, "0");
  const parts = [time.getHours(), time.getMinutes(), time.getSeconds()].map((each) => two(each));
  return `${parts.join(":")}.${two(time.getMilliseconds(), 3)}`;
}

function took(milliseconds) {
  if (milliseconds === null || milliseconds === undefined) return "";
  return milliseconds < 10 ? `${milliseconds.toFixed(1)} ms` : `${Math.round(milliseconds)} ms`;
}
