// The tour of the first minute: three steps that tick themselves off by what really happens.
import { checkBarred, checking, runCheck } from "./check.js";
import { putInComposer } from "../slack/composer.js";
import { announce, fill, h } from "../shared/dom.js";
import { recall, remember } from "../shared/memory.js";
import { changed, show, store, ui, watch } from "../shared/store.js";

const COMMAND = "/altcontact check";

/** Seconds after its own fix in which the bot takes a contact that is missing for a late reading. */
const TRUSTED = 61;

const BEGUN = { closed: false, since: 0, steps: [false, false, false], deleted: 0, ready: 0 };

/** Where the tour stands; kept over visits. Times are in seconds. */
const state = { ...BEGUN, ...recall("tour", {}) };

/** The accounts whose SECURITY contact was there at the last look. */
let held = new Set();

/** Begins the tour anew, whatever happened before. */
export function restartTour() {
  keep({ ...BEGUN, since: Date.now() / 1000 });
  show({ pane: "slack" });
}

function keep(changes) {
  Object.assign(state, changes);
  remember("tour", state);
  changed("tour");
}

/** Draws the tour into its element. */
export function mountTour(element) {
  // What others did before somebody came here first is no step of theirs.
  if (!state.since) keep({ since: Date.now() / 1000 });
  let drawn = "";
  const draw = () => {
    element.hidden = state.closed || ui.place === "home";
    if (element.hidden) return;
    // Drawn again only where something changed, so that the focus stays in it.
    const now = JSON.stringify([state, waits(), checkBarred(), checking()]);
    if (now === drawn) return;
    drawn = now;
    fill(element, card());
  };
  watch(["wire", "aws"], notice);
  watch(["begun"], () => keep({ ...BEGUN, since: Date.now() / 1000, closed: state.closed }));
  watch(["tour", "ui", "bot", "online"], draw);
  setInterval(() => store.slack && draw(), 1000);
}

/** Whether a check would not yet notice what was deleted. */
const waits = () => state.ready > Date.now() / 1000;

/** When the bot itself set an account's contact, in seconds; 0 where it did not. */
function setAt(id) {
  const isSet = (entry) => isCall(entry, "aws", "PutAlternateContact") && entry.account === id;
  return store.wire.findLast(isSet)?.at ?? 0;
}

/** Ticks off what happened. */
function notice() {
  if (state.closed) return;
  const steps = [...state.steps];
  let { deleted, ready } = state;
  const now = new Set([...store.aws.accounts.values()]
    .filter((account) => account.contacts.SECURITY).map((account) => account.id));
  const gone = [...held].find((id) => store.aws.accounts.has(id) && !now.has(id));
  if (steps[1] && gone) {
    deleted = Date.now() / 1000;
    ready = setAt(gone) + TRUSTED;
    // Where one pane is shown at a time, the tour is not to be seen beside AWS.
    if (ui.pane === "aws" && !state.deleted) announce("Now run the scheduled check: see the tour.");
  }
  held = now;
  for (const entry of store.wire) {
    if (entry.at < state.since) continue;
    if (isCheckCommand(entry)) steps[0] = true;
    if (isCall(entry, "aws", "PutAlternateContact")) steps[1] = true;
    // That a check began is not yet that it noticed; and what the bot posts before it can notice
    // is about the fix.
    if (deleted && entry.at >= Math.max(deleted, ready) && isCall(entry, "web_api", "chat.postMessage")) {
      steps[2] = true;
    }
  }
  if (deleted !== state.deleted || steps.some((step, index) => step !== state.steps[index])) {
    keep({ steps, deleted, ready });
  }
}

function isCheckCommand({ kind, sent }) {
  if (kind !== "socket") return false;
  const { command, text } = sent?.payload ?? sent ?? {};
  return typeof command === "string" && /^\s*check\b/.test(text ?? "");
}

function isCall(entry, kind, operation) {
  return entry.kind === kind && entry.ok && entry.name.endsWith(operation);
}

function card() {
  const current = state.steps.indexOf(false);
  const close = h("button", { type: "button", class: "plain", "aria-label": "Close the tour",
    on: { click: () => keep({ closed: true }) } }, "✕");
  const steps = [
    [["Type ", h("code", null, COMMAND)],
      ["Put it into the box", () => putInComposer(COMMAND), ""]],
    [["Press ", h("b", null, "Fix"), ", and fill the form (try the phone number ",
      h("code", null, "12"), ")"], null],
    state.deleted ? checkStep()
      : [["Delete it again in AWS, then run the scheduled check"],
        ["Show AWS", () => show({ pane: "aws" }), "", "narrow"]],
  ];
  return h("section", { class: "tour-card", "aria-label": "Tour" },
    h("header", null,
      h("h3", null, current < 0 ? "That is all: the bot noticed, and you know your way."
        : "See it work in a minute"), close),
    current === 0 && h("p", { class: "quiet" }, "A bot finds AWS accounts whose security contact ",
      "is missing, and has people mend it from Slack. Slack and AWS are played here."),
    h("ol", null, steps.map(([words, help], index) => step(words, help, index, current))));
}

function checkStep() {
  const run = ["Run it now", runCheck, checkBarred() || (checking() ? "It is on its way." : "")];
  const words = h("b", null, "run the scheduled check");
  if (!waits() || state.steps[2]) return [["It is deleted in AWS. Now ", words], run];
  const from = new Date(state.ready * 1000).toLocaleTimeString("en-GB");
  run[2] ||= "The bot would not notice yet.";
  return [["It is deleted in AWS. As AWS may read late, the bot trusts its own fix for a minute: ",
    words, ` after ${from}`], run];
}

function step(words, help, index, current) {
  const done = state.steps[index];
  const [label, run, barred, kind = ""] = help ?? [];
  return h("li", { class: done ? "done" : index === current ? "current" : "",
    "aria-current": index === current ? "step" : undefined },
  h("span", { class: "tick", "aria-hidden": "true" }, done ? "✓" : String(index + 1)),
  h("span", null, words, done && h("span", { class: "visually-hidden" }, " (done)")),
  index === current && help && h("button", { type: "button", class: `push small ${kind}`,
    disabled: Boolean(barred), title: barred, on: { click: run } }, label));
}
