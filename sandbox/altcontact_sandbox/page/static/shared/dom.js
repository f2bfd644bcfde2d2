// Makes elements: the one place where text becomes DOM, and never by way of HTML.

/**
 * An element.
 *
 * @param {string} tag
 * @param {object|null} props - attributes; `class`, `on` ({event: listener}), `data` ({name: value});
 *   true sets an attribute without a value; false, null and undefined leave it out.
 * @param {...(Node|string|number|false|null|undefined|Array)} children - text stays text.
 * @returns {HTMLElement}
 */
export function h(tag, props, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === false || value === null || value === undefined) continue;
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    } else if (name === "data") {
      Object.assign(element.dataset, value);
    } else if (name === "value") {
      element.value = value;
    } else {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  add(element, children);
  return element;
}

/** Puts children at an element's end; nested lists are taken apart, what is empty is left out. */
export function add(element, children) {
  for (const child of [children].flat(Infinity)) {
    if (child === false || child === null || child === undefined || child === "") continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return element;
}

/** Replaces all that an element holds. */
export function fill(element, ...children) {
  element.replaceChildren();
  return add(element, children);
}

/**
 * Makes an element hold these nodes in this order, moving as few as can be, so that what has the
 * focus and where one scrolled to stay.
 */
export function arrange(element, nodes) {
  // What is gone goes first: a node that is moved to make up for it would lose its focus.
  const kept = new Set(nodes);
  for (const node of [...element.childNodes]) {
    if (!kept.has(node)) node.remove();
  }
  let next = element.firstChild;
  for (const node of nodes) {
    if (node === next) {
      next = next.nextSibling;
    } else {
      element.insertBefore(node, next);
    }
  }
}

/** Shows text for a moment to those who look and those who listen; `kind` is "" or "error". */
export function announce(text, kind = "") {
  const place = document.getElementById("announcements");
  const note = h("p", { class: `toast ${kind}` }, text);
  place.append(note);
  // More than these would cover what they are about.
  const most = window.innerWidth > 900 ? 3 : 2;
  while (place.childElementCount > most) place.firstChild.remove();
  setTimeout(() => note.remove(), kind === "error" ? 8000 : 4000);
}
