// What dialogs and popups share: where the focus may go, where a popup stands, confirmation.
import { h } from "./dom.js";
import { textOf, wordsOf } from "../blocks/mrkdwn.js";

const FOCUSABLE = "a[href], button, input, select, textarea, [tabindex='0']";
const EDGE = 8;
let numbers = 0;

/** A fresh id for an element that another one refers to. */
export function freshId(prefix) {
  numbers += 1;
  return `${prefix}-${numbers}`;
}

/** What Tab reaches within an element. */
export function reachable(root) {
  const isShown = (each) => !each.disabled && each.offsetParent !== null;
  return [...root.querySelectorAll(FOCUSABLE)].filter(isShown);
}

/** Keeps Tab within a dialog; to be called with its keydown events. */
export function keepTab(event, dialog) {
  if (event.key !== "Tab") return;
  const all = reachable(dialog);
  const edge = event.shiftKey ? all[0] : all.at(-1);
  const outside = !all.includes(document.activeElement);
  if (all.length && (document.activeElement === edge || outside)) {
    event.preventDefault();
    (event.shiftKey ? all.at(-1) : all[0]).focus();
  }
}

/** Puts a popup of fixed position below its anchor, or above it where there is more room. */
export function placePopup(popup, anchor, { stretch = false } = {}) {
  const around = anchor.getBoundingClientRect();
  const below = innerHeight - around.bottom - EDGE;
  const above = around.top - EDGE;
  if (stretch) popup.style.width = `${around.width}px`;
  const upward = popup.scrollHeight > below && above > below;
  popup.style.maxHeight = `${Math.max(96, Math.min(320, upward ? above : below))}px`;
  const { width, height } = popup.getBoundingClientRect();
  const left = Math.min(stretch ? around.left : around.right - width, innerWidth - width - EDGE);
  popup.style.left = `${Math.max(EDGE, left)}px`;
  popup.style.top = `${upward ? around.top - height - 4 : around.bottom + 4}px`;
}

/**
 * Asks a person before something is done.
 *
 * @param {object} dialog - `confirm` of an element: title, text, confirm, deny, style.
 * @returns {Promise<boolean>} whether they agreed; Escape denies.
 */
export function confirmed(dialog) {
  const back = document.activeElement;
  const [titleId, textId] = [freshId("confirm"), freshId("confirm")];
  const { promise, resolve } = withResolver();
  const deny = h("button", { type: "button", class: "button", on: { click: () => end(false) } },
    wordsOf(dialog.deny));
  const style = dialog.style === "danger" ? "danger" : "primary";
  const agree = h("button",
    { type: "button", class: `button ${style}`, on: { click: () => end(true) } },
    wordsOf(dialog.confirm));
  const box = h("div",
    { class: "confirm", role: "alertdialog", "aria-modal": "true", "aria-labelledby": titleId,
      "aria-describedby": textId },
    h("h2", { id: titleId }, textOf(dialog.title)),
    h("div", { id: textId, class: "confirm-text" }, textOf(dialog.text)),
    h("div", { class: "confirm-foot" }, deny, agree),
  );
  const veil = h("div", { class: "confirm-veil", on: { keydown: listen } }, box);

  function listen(event) {
    event.stopPropagation();
    if (event.key === "Escape") {
      event.preventDefault();
      end(false);
    } else {
      keepTab(event, box);
    }
  }

  function end(answer) {
    veil.remove();
    if (back?.isConnected) back.focus();
    resolve(answer);
  }

  document.getElementById("slack").append(veil);
  agree.focus();
  return promise;
}

function withResolver() {
  let resolve;
  const promise = new Promise((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
