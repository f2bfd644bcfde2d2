// A dialog of the AWS pane: a title, what it holds, Esc and a button that close it.
import { fill, h } from "../shared/dom.js";

/**
 * Opens a dialog; it is gone from the page once closed.
 *
 * @param {string} title
 * @param {function({close: function, fail: function}): Array} content - makes what it holds;
 *   `fail` shows what went wrong, or nothing.
 * @returns {HTMLDialogElement}
 */
export function openDialog(title, content) {
  const problem = h("p", { class: "problem", role: "alert", hidden: true });
  const opener = document.activeElement;
  const dialog = h("dialog", { class: "aws-dialog", role: "dialog", "aria-label": title });
  const close = () => dialog.close();
  const fail = (...words) => {
    problem.hidden = words.length === 0;
    fill(problem, words);
  };
  fill(dialog,
    h("header", null, h("h2", null, title),
      h("button", { type: "button", class: "plain", "aria-label": "Close", on: { click: close } },
        "✕")),
    h("p", { class: "quiet" }, "Works like the AWS console: the bot isn't notified."),
    problem, content({ close, fail }));
  dialog.addEventListener("close", () => {
    dialog.remove();
    // The row it was opened from may have been drawn again in the meantime, or may be gone.
    const again = opener?.isConnected ? opener : namedAs(opener);
    (again ?? document.querySelector("#aws input[type=search]"))?.focus();
  });
  // A press on the veil closes it; one that began inside, as when selecting text, does not.
  dialog.addEventListener("mousedown", (event) => {
    if (event.target === dialog) close();
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

function namedAs(gone) {
  const name = gone?.getAttribute("aria-label");
  return name ? document.querySelector(`[aria-label="${CSS.escape(name)}"]`) : null;
}

/**
 * Labelled inputs with a place for what is wrong with each.
 *
 * @param {Array} members - [[name, label, example] …]
 * @param {object} values - what stands in them at first, by name.
 * @returns {{elements: HTMLElement[], values: function(): object, mark: function(object)}}
 */
export function inputs(members, values = {}) {
  const prefix = `input-${Math.random().toString(36).slice(2)}`;
  const made = members.map(([name, label, example]) => {
    const wrong = h("span", { class: "wrong", id: `${prefix}-${name}` });
    const input = h("input", { type: "text", name, value: values[name] ?? "", placeholder: example,
      autocomplete: "off", "aria-describedby": wrong.id });
    const field = h("div", { class: "field" },
      h("label", null, h("span", null, label), input), wrong);
    return { name, input, wrong, field };
  });
  return {
    elements: made.map((each) => each.field),
    values: () => Object.fromEntries(made.map(({ name, input }) => [name, input.value])),
    mark: (fields) => {
      for (const { name, input, wrong } of made) {
        fill(wrong, fields[name] ?? "");
        if (fields[name]) input.setAttribute("aria-invalid", "true");
        else input.removeAttribute("aria-invalid");
      }
      made.find(({ name }) => fields[name])?.input.focus();
    },
  };
}

/** A button that asks once more before it does something. */
export function sureButton(label, question, yes, doIt) {
  const box = h("div", { class: "sure" });
  const ask = () => {
    const sure = h("button", { type: "button", class: "push risk", on: { click: doIt } }, yes);
    fill(box, h("span", null, question), sure,
      h("button", { type: "button", class: "push", on: { click: keep } }, "Keep"));
    sure.focus();
  };
  const keep = () => {
    rest();
    box.firstChild.focus();
  };
  const rest = () => fill(box,
    h("button", { type: "button", class: "push risk", on: { click: ask } }, label));
  rest();
  return box;
}
