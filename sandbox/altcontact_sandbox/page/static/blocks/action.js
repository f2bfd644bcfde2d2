// Presses and chooses: tells the sandbox, and shows that the app has been asked.
import { confirmed } from "../shared/dialogs.js";
import { act, store } from "../shared/store.js";

const BUSY_LEAST = 250;

/** What stands for an element in a form's values: see `submit` in the control interface. */
export function keyOf(block, element) {
  return block.type === "input" ? block.block_id : `${block.block_id}/${element.action_id}`;
}

/**
 * Presses an element, once it has been confirmed where it asks for that.
 *
 * @param {HTMLElement} node - shows that it is busy until the app has acknowledged; pressed again
 *   meanwhile, nothing happens.
 * @param {object} surface - where it stands: `place` is sent along, and what `typed()` gives where
 *   it is a form; `trouble(text)` tells of no ack, or with an empty text that all is well.
 * @param {object} block
 * @param {object} element
 * @param {string|string[]|undefined} value
 * @returns {Promise<boolean>} whether it was pressed.
 */
export async function press(node, surface, block, element, value) {
  if (node.getAttribute("aria-busy") === "true") return false;
  if (element.confirm && !(await confirmed(element.confirm))) return false;
  setBusy(node, true);
  const given = { action_id: element.action_id, block_id: block.block_id, exact: true, value };
  // Slack tells an app, with each press in a form, what stands in its inputs by then.
  if (surface.typed) given.values = surface.typed();
  const [answer] = await Promise.all([
    act("press", { ...surface.place, ...given }, { late: surface.trouble }),
    // The second click of a double click comes after a quick ack; nobody meant it.
    new Promise((resolve) => setTimeout(resolve, BUSY_LEAST)),
  ]);
  setBusy(node, false);
  const missed = answer.acked === false && !answer.error;
  surface.trouble(missed ? `${store.app.name} did not respond in time. Try again?` : "");
  return true;
}

/** Shows whether something is under way. */
export function setBusy(node, busy) {
  for (const name of ["aria-busy", "aria-disabled"]) {
    if (busy) node.setAttribute(name, "true");
    else node.removeAttribute(name);
  }
}

/** What an element is filled with at first: a text, an option's value, or a list of values. */
export function initialOf(element) {
  const single = ["initial_value", "initial_date", "initial_time", "initial_user",
    "initial_channel", "initial_conversation"];
  const found = single.find((name) => element[name] !== undefined);
  if (found) return element[found];
  if (element.initial_option) return element.initial_option.value;
  const several = ["initial_users", "initial_channels", "initial_conversations"];
  const many = several.find((name) => element[name] !== undefined);
  if (many) return element[many];
  if (element.initial_options) return element.initial_options.map((option) => option.value);
  return isMany(element) ? [] : "";
}

/** Whether several values stand in an element. */
export const isMany = (element) =>
  element.type === "checkboxes" || element.type.startsWith("multi_");
