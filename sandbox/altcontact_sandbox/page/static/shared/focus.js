// Remembers where the focus was, so that it comes back when what stood there is drawn anew.
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
  const key = active.closest("[data-key]")?.dataset.key;
  const range = typeof active.selectionStart === "number"
    ? [active.selectionStart, active.selectionEnd]
    : null;
  return () => {
    if (active.isConnected) {
      if (document.activeElement !== active) active.focus();
      return true;
    }
    const found = key === undefined ? null : sameOf(place, key);
    if (!found) return false;
    found.focus();
    if (range && typeof found.selectionStart === "number") found.setSelectionRange(...range);
    return true;
  };
}

function sameOf(place, key) {
  const fits = (each) =>
    each.dataset.key === key && each.closest("[data-id]")?.dataset.id === place;
  const node = [...document.querySelectorAll("[data-key]")].find(fits);
  if (!node) return null;
  return node.matches("button, input, textarea") ? node : reachable(node)[0] ?? null;
}
