// The accounts: search, filters, pages, and what changed last.
import { mountEditor } from "./editor.js";
import { AccountTable } from "./table.js";
import { differences, lacksSecurity } from "./names.js";
import { fill, h } from "../shared/dom.js";
import { store, watch } from "../shared/store.js";
import { count } from "../bar/bot_status.js";

const PAGE = 50;
const FILTERS = [
  ["all", "All", () => true],
  ["missing", "Missing SECURITY", lacksSecurity],
  ["inactive", "Not active", (each) => each.state !== "ACTIVE"],
];

/** Draws the accounts into an element, and follows what changes. */
export function mountAccounts(element) {
  const look = { typed: "", filter: "all", page: 0 };
  const edit = mountEditor();
  const table = new AccountTable(edit);
  const before = new Map();
  const draw = () => drawPage(look, table, { found, pager, empty });
  const turn = (changes) => {
    Object.assign(look, { page: 0 }, changes);
    for (const chip of chips.children) {
      chip.setAttribute("aria-pressed", String(chip.dataset.filter === look.filter));
    }
    draw();
  };
  const search = h("input", { type: "search", placeholder: "Find an account by name or id",
    "aria-label": "Find an account by name or id", autocomplete: "off",
    on: { input: () => turn({ typed: search.value.trim().toLowerCase() }) } });
  const chips = h("div", { class: "chips", role: "group", "aria-label": "Which accounts" },
    FILTERS.map(([filter, label]) => h("button", { type: "button", class: "chip", data: { filter },
      "aria-pressed": String(filter === "all"), on: { click: () => turn({ filter }) } }, label)));
  const last = h("p", { class: "last-change quiet", role: "status", "aria-label": "Last change" });
  const found = h("p", { class: "quiet", role: "status", "aria-label": "Accounts found" });
  const pager = h("nav", { class: "pager", "aria-label": "Pages of accounts" });
  const empty = h("p", { class: "empty", hidden: true });
  fill(element, h("div", { class: "find" }, search, chips), last, table.element, empty,
    h("div", { class: "found" }, found, pager));
  pager.addEventListener("click", (event) => {
    const step = Number(event.target.closest("button")?.dataset.step ?? 0);
    if (!step) return;
    turn({ page: look.page + step });
    element.scrollIntoView({ block: "start" });
  });

  watch(["aws"], () => {
    const news = noteChanges(before);
    table.changed = new Set(news.map(([account]) => account.id));
    draw();
    if (!news.length) return;
    const [account, words] = news.at(-1);
    const find = () => {
      search.value = account.id;
      turn({ typed: account.id, filter: "all" });
    };
    fill(last, "Last change: ",
      store.aws.accounts.has(account.id)
        ? h("button", { type: "button", class: "plain", title: "Show this account",
          on: { click: find } }, account.name)
        : account.name,
      ` · ${words.join(", ")}`,
      news.length > 1 && ` · and ${count(news.length - 1, "other account")}`);
  });
}

/** What changed since the last look: [[account, words] …]; remembers this one. */
function noteChanges(before) {
  const first = before.size === 0;
  const news = [];
  for (const [id, account] of store.aws.accounts) {
    const was = before.get(id);
    if (was === account) continue;
    before.set(id, account);
    if (first) continue;
    const words = was ? differences(was, account) : ["new in the organization"];
    if (words.length) news.push([account, words]);
  }
  for (const [id, account] of before) {
    if (store.aws.accounts.has(id)) continue;
    before.delete(id);
    news.push([account, ["left the organization"]]);
  }
  return news;
}

function drawPage(look, table, { found, pager, empty }) {
  if (!store.aws) return;
  const [, , keeps] = FILTERS.find(([filter]) => filter === look.filter);
  const fitting = [...store.aws.accounts.values()].filter((each) => keeps(each)
    && (!look.typed || `${each.id} ${each.name.toLowerCase()}`.includes(look.typed)));
  const pages = Math.max(1, Math.ceil(fitting.length / PAGE));
  look.page = Math.min(look.page, pages - 1);
  const from = look.page * PAGE;
  const shown = fitting.slice(from, from + PAGE);
  table.draw(shown);
  table.element.hidden = shown.length === 0;
  empty.hidden = shown.length > 0;
  fill(empty, emptyWords(look));
  const words = pages === 1 ? count(fitting.length, "account")
    : `${from + 1}–${from + shown.length} of ${count(fitting.length, "account")}`;
  if (found.textContent !== words) fill(found, words);
  drawPager(pager, look.page, pages);
}

function emptyWords({ typed, filter }) {
  if (typed) return `No account matches “${typed}”. Try part of a name or id.`;
  if (filter === "missing") {
    return "Every active account has a SECURITY contact. Delete one to see the bot notice.";
  }
  return filter === "inactive" ? "Every account is active." : "No accounts.";
}

function drawPager(pager, page, pages) {
  pager.hidden = pages === 1;
  if (!pager.firstChild) {
    const button = (step, label) =>
      h("button", { type: "button", class: "push", data: { step } }, label);
    fill(pager, button(-1, "Previous"), h("span", null), button(1, "Next"));
  }
  const [previous, place, next] = pager.children;
  previous.disabled = page === 0;
  next.disabled = page === pages - 1;
  fill(place, `Page ${page + 1} of ${pages}`);
}
