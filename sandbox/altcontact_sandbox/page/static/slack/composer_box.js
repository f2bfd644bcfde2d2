// A box to write in: Enter sends, Shift and Enter break the line, and what is offered can be taken.
import { fill, h } from "../shared/dom.js";

let boxes = 0;

const nothing = () => ({ options: [], chosen: -1 });

/**
 * A box.
 *
 * @param {object} given
 * @param {string} given.label - its name, shown while it is empty.
 * @param {function(string): *} given.onSend - takes what was written; false keeps it in the box.
 * @param {function(string): object} [given.offered] - see `offer` in completion.js.
 * @param {string[]} [given.history] - what was sent before, oldest first; kept up to date here.
 * @returns {{element: HTMLElement, input: HTMLTextAreaElement, name: function, put: function,
 *   bar: function}} `put` writes into it, `name` changes its label, `bar` closes it with a reason.
 */
export function makeBox({ label, onSend, offered = nothing, history = [] }) {
  const id = `offered-${(boxes += 1)}`;
  const list = h("ul",
    { class: "offered", role: "listbox", id, "aria-label": "Offered", hidden: true });
  const input = h("textarea", { rows: 1, "aria-autocomplete": "list", "aria-controls": id,
    autocomplete: "off", spellcheck: "false" });
  const send = h("button", { type: "button", class: "send", "aria-label": "Send", title: "Send",
    on: { click: () => deliver() } }, "➤");
  const box = h("div", { class: "box" }, input, send);
  const element = h("div", { class: "composer-box" }, list, box);
  let now = nothing();
  let back = 0;
  let touched = false;

  const grow = () => {
    input.style.height = "auto";
    // While it is hidden, it has no height to grow by.
    if (input.scrollHeight) input.style.height = `${Math.min(input.scrollHeight, 160)}px`;
    send.disabled = input.disabled || !input.value.trim();
  };
  const close = () => {
    now = nothing();
    draw();
  };
  const draw = () => {
    list.hidden = now.options.length === 0;
    fill(list, now.options.map((option, index) => h("li", {
      role: "option", id: `${id}-${index}`, "aria-selected": String(index === now.chosen),
      // The mouse must not take the focus from the box.
      on: { mousedown: (event) => { event.preventDefault(); take(index); } },
    }, h("span", { class: "offer" }, option.label,
      option.argument && h("em", null, ` ${option.argument}`)),
    h("span", { class: "quiet" }, option.detail))));
    if (now.chosen >= 0) input.setAttribute("aria-activedescendant", `${id}-${now.chosen}`);
    else input.removeAttribute("aria-activedescendant");
  };
  const look = () => {
    now = { ...offered(input.value) };
    touched = false;
    draw();
    grow();
  };
  const put = (text) => {
    input.value = text;
    input.setSelectionRange(text.length, text.length);
    look();
  };
  const take = (index) => {
    put(now.options[index].insert);
    input.focus();
  };
  const move = (step) => {
    const { length } = now.options;
    now.chosen = (now.chosen + step + length + (now.chosen < 0 && step < 0 ? 1 : 0)) % length;
    touched = true;
    draw();
  };
  const deliver = async () => {
    const text = input.value.trimEnd();
    if (!text.trim()) return;
    put("");
    close();
    if ((await onSend(text)) === false) {
      // Whoever wrote on in the meantime keeps that.
      if (!input.value) put(text);
      close();
      return;
    }
    history.push(text);
    back = 0;
  };
  const recallLine = (step) => {
    back = Math.max(0, Math.min(history.length, back + step));
    put(back ? history[history.length - back] : "");
    close();
  };
  const keys = {
    Enter: () => {
      const option = now.options[now.chosen];
      if (option && (touched || option.insert !== input.value)) take(now.chosen);
      else deliver();
      return true;
    },
    Tab: () => now.options.length > 0 && (take(Math.max(now.chosen, 0)), true),
    Escape: () => now.options.length > 0 && (close(), true),
    ArrowDown: () => {
      if (now.options.length) return move(1), true;
      return back > 0 && (recallLine(-1), true);
    },
    ArrowUp: () => {
      if (now.options.length) return move(-1), true;
      return (!input.value || back > 0) && history.length > 0 && (recallLine(1), true);
    },
  };
  input.addEventListener("keydown", (event) => {
    if (event.shiftKey || event.isComposing || event.altKey || event.metaKey) return;
    if (!keys[event.key]?.()) return;
    event.preventDefault();
    // A menu that Esc closes is all that it closes.
    event.stopPropagation();
  });
  input.addEventListener("input", () => {
    back = 0;
    look();
  });
  input.addEventListener("blur", close);
  const name = (words) => {
    input.setAttribute("aria-label", words);
    input.placeholder = words;
  };
  const bar = (why) => {
    input.disabled = Boolean(why);
    if (why) input.placeholder = why;
    element.classList.toggle("barred", Boolean(why));
    grow();
  };
  name(label);
  grow();
  return { element, input, put, name, bar };
}
