// Draws overflow menus: a button with three dots, and the menu behind it.
import { freshId, placePopup } from "../shared/dialogs.js";
import { h } from "../shared/dom.js";
import { textOf } from "./mrkdwn.js";

/** An overflow element. */
export function overflowMenu(control) {
  const options = control.element.options ?? [];
  const id = freshId("menu");
  const items = options.map((option) =>
    h("button",
      { type: "button", role: "menuitem", tabindex: "-1", on: { click: () => choose(option) } },
      textOf(option.text),
      option.description && h("span", { class: "detail" }, textOf(option.description))),
  );
  const menu = h("div", { id, class: "popup menu", role: "menu", hidden: true }, items);
  const trigger = h("button",
    { type: "button", class: "button dots", "aria-haspopup": "menu", "aria-expanded": "false",
      "aria-controls": id, "aria-label": "More options", on: { click: () => toggle(menu.hidden) } },
    h("span", null, "⋯"));
  const keys = (event) => {
    if (menu.hidden) return;
    const at = items.indexOf(document.activeElement);
    const moves = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 };
    if (event.key in moves) {
      event.preventDefault();
      items.at(moves[event.key] % items.length).focus();
    } else if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      toggle(false);
      trigger.focus();
    } else if (event.key === "Tab") {
      toggle(false);
    }
  };
  const node = h("span", { class: "anchor", on: { keydown: keys } }, trigger, menu);
  const away = (event) => {
    if (!node.contains(event.target)) toggle(false);
  };

  function toggle(open) {
    menu.hidden = !open;
    trigger.setAttribute("aria-expanded", String(open));
    const change = open ? "addEventListener" : "removeEventListener";
    document[change]("pointerdown", away);
    if (open) {
      placePopup(menu, trigger);
      items[0]?.focus();
    }
  }

  function choose(option) {
    toggle(false);
    trigger.focus();
    if (/^https?:/.test(option.url ?? "")) open(option.url, "_blank", "noopener,noreferrer");
    control.send(option.value, trigger);
  }

  return node;
}
