// What the page knows, kept up to date by the event stream, and how it asks the sandbox to act.
import { announce } from "./dom.js";

/** As docs/sandbox.md describes it; `messages` and `accounts` are Maps by id, in order. */
export const store = {
  online: false,
  slack: null,
  aws: null,
  bot: null,
  wire: [],
  app: { name: "", commands: [] },
};

/** What this page shows: who looks (`me`), where (`place`, a channel id or "home"), which thread. */
export const ui = {
  me: "U0ALICE001",
  place: "C0ALERTS01",
  thread: "",
  pane: "slack",
};

const WIRE_KEPT = 1000;
const LATE = 3200;
const watchers = [];
const pending = new Set();

/**
 * Calls `render` soon after any of these parts changed, and once at first when all is known.
 * Parts: online, slack, aws, bot, wire, ui; begun, where the sandbox has started over; checked, where
 * somebody here has started the scheduled check.
 */
export function watch(parts, render) {
  watchers.push({ parts: new Set(parts), render });
}

/** Says that a part changed. */
export function changed(...parts) {
  if (pending.size === 0) queueMicrotask(flush);
  for (const part of parts) pending.add(part);
}

function flush() {
  const parts = new Set(pending);
  pending.clear();
  if (!store.slack) {
    if (!parts.has("online")) return;
  }
  for (const { parts: wanted, render } of watchers) {
    if ([...wanted].some((part) => parts.has(part))) render();
  }
}

/** Changes what this page shows. */
export function show(changes) {
  Object.assign(ui, changes);
  changed("ui");
}

/** Follows the event stream; the browser connects again by itself, and then gets all of it again. */
export function follow() {
  const events = new EventSource("/control/events");
  const on = (name, take) => events.addEventListener(name, (event) => take(JSON.parse(event.data)));
  on("state", takeAll);
  on("slack", (part) => takeSlack(part));
  on("aws", (part) => takeAws(part));
  on("bot", (part) => {
    store.bot = part;
    changed("bot");
  });
  on("wire", (entries) => takeWire(entries));
  events.addEventListener("error", () => {
    store.online = false;
    changed("online");
  });
}

function takeAll(all) {
  if (isAnother(all.slack.messages)) changed("begun");
  store.online = true;
  store.app = all.app;
  store.bot = all.bot;
  store.slack = { ...all.slack, messages: new Map(), refusals: [] };
  store.aws = { ...all.aws, accounts: new Map() };
  store.wire = [];
  takeSlack(all.slack);
  takeAws({ ...all.aws, removed: [] });
  takeWire(all.wire);
  changed("online", "slack", "aws", "bot", "wire", "ui");
}

/** Whether none of the messages known so far is left: the sandbox was reset, or started again. */
function isAnother(messages) {
  const known = store.slack?.messages;
  return known?.size > 0 && !messages.some((each) => known.has(each.id));
}

function takeSlack(part) {
  const { messages, refusals } = store.slack;
  for (const message of part.messages) messages.set(message.id, message);
  for (const refusal of part.refusals) refusals.push(refusal);
  store.slack = { ...part, messages, refusals };
  changed("slack");
}

function takeAws(part) {
  const { accounts } = store.aws;
  for (const account of part.accounts) accounts.set(account.id, account);
  for (const id of part.removed ?? []) accounts.delete(id);
  store.aws = { ...part, accounts };
  changed("aws");
}

function takeWire(entries) {
  store.wire.push(...entries);
  if (store.wire.length > WIRE_KEPT) store.wire = store.wire.slice(-WIRE_KEPT);
  changed("wire");
}

/**
 * Asks the control interface.
 *
 * @returns {Promise<object>} its answer; `{error, remedy}` where it was refused or not reached, of
 *   which a person has seen unless `quiet`.
 */
export async function ask(verb, path, body, { quiet = false } = {}) {
  let answer;
  try {
    const response = await fetch(`/control/${path}`, {
      method: verb,
      headers: body === undefined ? {} : { "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    answer = text ? JSON.parse(text) : {};
    if (!response.ok && !answer.error) answer = { error: `The sandbox answered ${response.status}.` };
  } catch {
    answer = { error: "The sandbox isn't responding.", remedy: "Is it still running in the terminal?" };
  }
  if (answer.error && !quiet) announce([answer.error, answer.remedy].filter(Boolean).join(" "), "error");
  return answer;
}

/**
 * Does what a person does in Slack, as the one who looks.
 *
 * @param {function(string)} [options.late] - takes what to tell a person where the app has not
 *   answered when Slack delivers again; the answer itself comes once Slack has given up.
 */
export async function act(name, given = {}, { late, ...options } = {}) {
  const timer = late && setTimeout(
    () => late(`${store.app.name} has not answered yet; Slack tries again.`), LATE);
  const answer = await ask("POST", `slack/act/${name}`, { user: ui.me, ...given }, options);
  clearTimeout(timer);
  return answer;
}

/** A person's, the bot's or a group's name by id; the id where it is not known. */
export function nameOf(id) {
  const { people = [], groups = [], bot = {} } = store.slack ?? {};
  if (id === bot.id) return bot.name;
  const person = people.find((each) => each.id === id);
  if (person) return person.name;
  return groups.find((each) => each.id === id)?.handle ?? id;
}

/** A channel by id. */
export function channelOf(id) {
  return (store.slack?.channels ?? []).find((each) => each.id === id);
}
