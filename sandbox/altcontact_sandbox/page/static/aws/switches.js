// The switches that break AWS, each with what it does, and the button that resets them all.
import { announce, fill, h } from "../shared/dom.js";
import { recall, remember } from "../shared/memory.js";
import { ask, store, watch } from "../shared/store.js";
import { count } from "../bar/bot_status.js";

const READ = "account:GetAlternateContact";
const WRITE = "account:PutAlternateContact";
const WHOLE = {
  trusted_access: true, all_features: true, outage: false, throttling: false, latency_ms: 0,
  delay_seconds: 0,
};

const denial = (action) => ({ action, by: "iam", account_id: null });
const denied = (action) => store.aws.settings.denials.some(
  (each) => each.action === action && each.by === "iam" && each.account_id === null);
const patch = (changes) => ask("PATCH", "aws/settings", changes);
const allow = (action, on) => ask(on ? "DELETE" : "POST", "aws/denials", denial(action));

/** Each switch: label, what it does, whether it is on, whether it should be, how to set it. */
const SWITCHES = [
  ["Trusted access", "Off: the bot can't reach member accounts.",
    () => store.aws.settings.trusted_access, true, (on) => patch({ trusted_access: on })],
  ["Bot may read", "Off: its IAM policy denies reading.",
    () => !denied(READ), true, (on) => allow(READ, on)],
  ["Bot may write", "Off: its IAM policy denies changes.",
    () => !denied(WRITE), true, (on) => allow(WRITE, on)],
  ["Throttling", "On: AWS answers “too many requests”.",
    () => store.aws.settings.throttling, false, (on) => patch({ throttling: on })],
  ["Outage", "On: AWS answers with internal errors.",
    () => store.aws.settings.outage, false, (on) => patch({ outage: on })],
];

/** Each choice: label, what it does, the setting, and its values with their labels. */
const CHOICES = [
  ["Latency", "Added to every call to AWS.", "latency_ms",
    [[0, "None"], [300, "300 ms"], [2000, "2 s"]]],
  ["Delayed reads", "How long reads return the old value.", "delay_seconds",
    [[0, "None"], [3, "3 s"], [20, "20 s"]]],
];

/** Draws the switches into an element. */
export function mountSwitches(element) {
  const broken = h("span", { class: "broken", role: "status" });
  const reset = h("button", { type: "button", class: "push", on: { click: resetAll } },
    "Reset all");
  const controls = [...SWITCHES.map(oneSwitch), ...CHOICES.map(oneChoice)];
  const details = h("details", { open: recall("switches", window.innerWidth > 900) || undefined,
    on: { toggle: () => remember("switches", details.open) } },
    h("summary", null, h("h3", null, "Break AWS"), broken),
    h("div", { class: "switch-list" }, controls.map((each) => each.element), reset));
  fill(element, details);
  watch(["aws"], () => {
    const number = controls.filter((each) => !each.draw()).length;
    const words = number ? `${count(number, "thing")} broken` : "all is well";
    if (broken.textContent !== words) fill(broken, words);
    broken.classList.toggle("bad", number > 0);
    reset.disabled = number === 0;
  });
}

function oneSwitch([label, words, isOn, whole, set], index) {
  const hint = h("span", { class: "quiet", id: `switch-${index}` }, words);
  const button = h("button", { type: "button", role: "switch", "aria-describedby": hint.id,
    on: { click: () => set(button.getAttribute("aria-checked") !== "true") } },
  h("span", { class: "knob", "aria-hidden": "true" }), label);
  const draw = () => {
    const on = Boolean(isOn());
    button.setAttribute("aria-checked", String(on));
    button.classList.toggle("off-normal", on !== whole);
    return on === whole;
  };
  return { element: h("div", { class: "switch" }, button, hint), draw };
}

function oneChoice([label, words, setting, values], index) {
  const hint = h("span", { class: "quiet", id: `choice-${index}` }, words);
  const select = h("select", { "aria-describedby": hint.id,
    on: { change: () => patch({ [setting]: Number(select.value) }) } },
  values.map(([value, text]) => h("option", { value }, text)));
  const draw = () => {
    const now = store.aws.settings[setting] ?? 0;
    // What was set elsewhere, as by a test, is shown as well.
    if (![...select.options].some((option) => Number(option.value) === now)) {
      const unit = setting === "latency_ms" ? "ms" : "s";
      select.append(h("option", { value: now }, `${now} ${unit}`));
    }
    select.value = String(now);
    select.classList.toggle("off-normal", now !== 0);
    return now === 0;
  };
  const named = h("label", null, h("span", null, label), select);
  return { element: h("div", { class: "switch" }, named, hint), draw };
}

async function resetAll() {
  const answers = [await patch(WHOLE)];
  for (const action of [READ, WRITE]) {
    if (denied(action)) answers.push(await allow(action, true));
  }
  if (store.aws.settings.faults?.length) answers.push(await ask("DELETE", "aws/faults"));
  if (answers.every((answer) => !answer.error)) announce("AWS works normally again.");
}
