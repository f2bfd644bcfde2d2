// The tour of the first minutes: four steps, each done once it really happened.
import { checkBarred, checking, runCheck } from "./check.js";
import { putInComposer } from "../slack/composer.js";
import { announce, fill, h } from "../shared/dom.js";
import { recall, remember } from "../shared/memory.js";
import { changed, show, store, ui, watch } from "../shared/store.js";

const COMMAND = "/altcontact check";

/** The callback id of the window in which a run over many accounts is confirmed. */
const PREVIEW = "altcontact_run_preview";

const CHECK = 3;
const BEGUN = {
  closed: false, since: 0, steps: [false, false, false, false], deleted: 0, emptied: "",
};

/** Where the tour stands; kept over visits. Times are in seconds. */
const state = { ...BEGUN, ...recall("tour", {}) };

/** The accounts whose SECURITY contact was there at the last look. */
let held = new Set();

/** Starts the tour over, whatever happened before. */
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
    const now = JSON.stringify([state, checkBarred(), checking()]);
    if (now === drawn) return;
    drawn = now;
    fill(element, card());
  };
  watch(["wire", "aws"], notice);
  watch(["begun"], () => keep({ ...BEGUN, since: Date.now() / 1000, closed: state.closed }));
  watch(["tour", "ui", "bot", "online"], draw);
}

/** Marks steps as done by what happened. */
function notice() {
  if (state.closed) return;
  const steps = [...state.steps];
  let { deleted, emptied } = state;
  const now = new Set([...store.aws.accounts.values()]
    .filter((account) => account.contacts.SECURITY).map((account) => account.id));
  const gone = [...held].find((id) => store.aws.accounts.has(id) && !now.has(id));
  if (steps[1] && gone) {
    deleted = Date.now() / 1000;
    emptied = gone;
    // Where one pane is shown at a time, the tour is not to be seen beside AWS.
    if (ui.pane === "aws" && !state.deleted) announce("Now run the scheduled check: see the tour.");
  }
  held = now;
  let wasRead = false;
  for (const entry of store.wire) {
    if (entry.at < state.since) continue;
    if (isCheckCommand(entry)) steps[0] = true;
    if (isCall(entry, "aws", "PutAlternateContact")) steps[1] = true;
    if (isConfirmedRun(entry)) steps[2] = true;
    if (!deleted || entry.at < deleted) continue;
    // What the bot posts before it has read the account again is about the fix.
    if (entry.account === emptied && /GetAlternateContact$/.test(entry.name)) wasRead = true;
    if (wasRead && isCall(entry, "web_api", "chat.postMessage")) steps[CHECK] = true;
  }
  if (deleted !== state.deleted || steps.some((step, index) => step !== state.steps[index])) {
    keep({ steps, deleted, emptied });
  }
}

/** Whether Slack sent it to the bot, in either of the two ways. */
function isDelivery(kind) {
  return kind === "socket" || kind === "http";
}

function isCheckCommand({ kind, sent }) {
  if (!isDelivery(kind)) return false;
  const { command, text } = sent?.payload ?? sent ?? {};
  return typeof command === "string" && /^\s*check\b/.test(text ?? "");
}

function isConfirmedRun({ kind, sent }) {
  const { type, view } = sent?.payload ?? {};
  return isDelivery(kind) && type === "view_submission" && view?.callback_id === PREVIEW;
}

function isCall(entry, kind, operation) {
  return entry.kind === kind && entry.ok && entry.name.endsWith(operation);
}

function card() {
  // Whoever begins with a Fix in the alert has no need to go back to the command, and whoever has
  // deleted a contact goes on with the check.
  const last = state.steps.lastIndexOf(true) + 1;
  const current = state.deleted ? Math.max(last, CHECK) : last;
  const close = h("button", { type: "button", class: "plain", "aria-label": "Close the tour",
    on: { click: () => keep({ closed: true }) } }, "✕");
  const steps = [
    [["Type ", h("code", null, COMMAND)],
      ["Put it in the message box", () => putInComposer(COMMAND), ""]],
    [["Choose ", h("b", null, "Fix"), " in an account's ", h("b", null, "⋯"), " menu, and use the ",
      "contact that other accounts have (to see an error, change the phone to ",
      h("code", null, "12"), ")"], null],
    [["Choose ", h("b", null, "Fix all…"), " below the alert: enter one contact for all, and see the ",
      "preview before you confirm it"], null],
    state.deleted ? checkStep()
      : [["Delete one of them in AWS, then run the scheduled check"],
        ["Show AWS", () => show({ pane: "aws" }), "", "narrow"]],
  ];
  return h("section", { class: "tour-card", "aria-label": "Tour" },
    h("header", null,
      h("h3", null, current === BEGUN.steps.length ? "Done: the bot noticed, and you have seen it all."
        : "See it work in a minute"), close),
    current === 0 && h("p", { class: "quiet" }, "A bot finds AWS accounts without a security ",
      "contact, and people fix them in Slack. Slack and AWS are simulated here."),
    h("ol", null, steps.map(([words, help], index) => step(words, help, index, current))));
}

function checkStep() {
  const run = ["Run it now", runCheck, checkBarred() || (checking() ? "A check is running." : "")];
  const words = h("b", null, "run the scheduled check");
  return [["It is deleted in AWS. Now ", words], run];
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
