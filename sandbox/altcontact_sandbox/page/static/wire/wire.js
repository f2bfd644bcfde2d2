// The wire: every payload between the bot and Slack, and every call to AWS, as they happen.
import { fill, h } from "../shared/dom.js";
import { changed, store, watch } from "../shared/store.js";
import { failed, wireRow } from "./row.js";
import { count } from "../bar/bot_status.js";

const KEPT = 1000;
const KINDS = [
  ["all", "All", () => true],
  ["slack", "Slack", (entry) => entry.kind !== "aws"],
  ["aws", "AWS", (entry) => entry.kind === "aws"],
  ["errors", "Errors", failed],
];

let shown = false;

/** Whether the drawer is open. */
export function wireShown() {
  return shown;
}

/** Opens the drawer, or closes it. */
export function toggleWire() {
  shown = !shown;
  changed("ui");
}

/** Draws the wire into its element. */
export function mountWire(element) {
  const look = { kind: "all", typed: "" };
  const list = h("ol", { class: "wire-list", "aria-label": "Payloads and calls", tabindex: 0 });
  const found = h("span", { class: "quiet" });
  const empty = h("p", { class: "empty", hidden: true });
  const chips = h("div", { class: "chips", role: "group", "aria-label": "Which entries" },
    KINDS.map(([kind, label]) => h("button", { type: "button", class: "chip", data: { kind },
      "aria-pressed": String(kind === "all"), on: { click: () => pick({ kind }) } }, label)));
  const search = h("input", { type: "search", placeholder: "Filter by text",
    "aria-label": "Filter by text", autocomplete: "off",
    on: { input: () => pick({ typed: search.value.trim().toLowerCase() }) } });
  fill(element,
    h("header", { class: "wire-head" }, h("h2", null, "Wire"), chips, search, found,
      h("span", { class: "quiet wire-note" }, "Personal data is masked."),
      h("button", { type: "button", class: "plain", "aria-label": "Close the wire",
        on: { click: close } }, "✕")),
    list, empty);

  let last = null;
  const fits = (entry) => KINDS.find(([kind]) => kind === look.kind)[2](entry)
    && (!look.typed || textOf(entry).includes(look.typed));
  const pick = (changes) => {
    Object.assign(look, changes);
    for (const chip of chips.children) {
      chip.setAttribute("aria-pressed", String(chip.dataset.kind === look.kind));
    }
    last = null;
    draw();
  };
  const draw = () => {
    if (!shown || !store.slack) return;
    const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
    const from = last === null ? -1 : store.wire.lastIndexOf(last);
    // Not found: the page got all of it again, or more came than are kept.
    const follow = from < 0 || atEnd;
    if (from < 0) list.replaceChildren();
    list.append(...store.wire.slice(from + 1).filter(fits).map(wireRow));
    while (list.childElementCount > KEPT) list.firstChild.remove();
    last = store.wire.at(-1) ?? null;
    if (follow) list.scrollTop = list.scrollHeight;
    const number = list.childElementCount;
    fill(found, count(number, "entry").replace("entrys", "entries"));
    empty.hidden = number > 0;
    fill(empty, store.wire.length ? "Nothing matches this filter."
      : "Nothing yet. Requests between the bot, Slack and AWS are listed here.");
  };
  watch(["ui"], () => {
    if (element.hidden !== shown) return;
    element.hidden = !shown;
    document.body.classList.toggle("wire-open", shown);
    draw();
  });
  watch(["wire"], draw);
  element.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
  });
}

function close() {
  if (shown) toggleWire();
  document.querySelector("[aria-controls=wire]")?.focus();
}

const texts = new WeakMap();

/** All of an entry as one text to search in; made once. */
function textOf(entry) {
  if (!texts.has(entry)) texts.set(entry, JSON.stringify(entry).toLowerCase());
  return texts.get(entry);
}
