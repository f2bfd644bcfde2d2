// Remembers where the focus was, so that it comes back when what stood there is drawn again.
import { reachable } from "./dialogs.js";

/**
 * What has the focus now.
 *
 * @returns {Function} gives the focus back to it, or to what stands in its place since; false where
 *   there is nothing.
 */
export function focusMark() {
  const active = document.activeElement;
  if (!active || active === document.body) return () => false;
  const place = active.closest("[data-id]")?.dataset.id;
  const control = active.closest("[data-key]");
  const key = control?.dataset.key;
  const label = control?.getAttribute("aria-label") ?? null;
  const range = typeof active.selectionStart === "number"
    ? [active.selectionStart, active.selectionEnd]
    : null;
  return () => {
    if (active.isConnected) {
      if (document.activeElement !== active) active.focus();
      return true;
    }
    const found = (key !== undefined && sameOf(place, key, label)) || placeOf(place);
    if (!found) return false;
    found.focus();
    if (range && typeof found.selectionStart === "number") found.setSelectionRange(...range);
    return true;
  };
}

/** The control with the same label: rows move up where one above is gone, and keys with them. */
function sameOf(place, key, label) {
  const fits = (each) => each.closest("[data-id]")?.dataset.id === place
    && (label === null ? each.dataset.key === key : each.getAttribute("aria-label") === label);
  const node = [...document.querySelectorAll("[data-key]")].find(fits);
  if (!node) return null;
  return node.matches("button, input, textarea") ? node : reachable(node)[0] ?? null;
}

/** The message itself, where the row that had the focus is gone from it. */
function placeOf(id) {
  const node = id && document.querySelector(`[data-id="${CSS.escape(id)}"]`);
  if (node && !node.hasAttribute("tabindex")) node.tabIndex = -1;
  return node;
}
