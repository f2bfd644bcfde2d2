// What this browser remembers of the page between two visits; nothing where it may not.

const PREFIX = "altcontact.";

/** What was remembered under a name, or else `otherwise`. */
export function recall(name, otherwise = null) {
  try {
    const kept = localStorage.getItem(PREFIX + name);
    return kept === null ? otherwise : JSON.parse(kept);
  } catch {
    // Storage may be forbidden, or hold what another version wrote: the page works without it.
    return otherwise;
  }
}

/** Remembers something that JSON can hold. */
export function remember(name, value) {
  try {
    localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // Storage may be full or forbidden: the page then starts over each time.
  }
}
