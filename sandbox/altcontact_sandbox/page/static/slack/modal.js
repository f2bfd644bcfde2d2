// Shows the modals that an app opened: the topmost of the stack, filled, submitted and closed.
import { blockNode, showError } from "../blocks/blocks.js";
import { freshId, keepTab, reachable } from "../shared/dialogs.js";
import { arrange, fill, h } from "../shared/dom.js";
import { focusMark } from "../shared/focus.js";
import { textOf, wordsOf } from "../blocks/mrkdwn.js";
import { initialOf, keyOf, setBusy } from "../blocks/action.js";
import { act, store, ui, watch } from "../shared/store.js";

/** Shows the topmost modal of the one who looks in an element. */
export function mountModals(element) {
  const dialogs = new Map();
  let top = null;
  let back = () => false;
  watch(["slack", "ui"], () => {
    const stack = store.slack.modals?.[ui.me] ?? [];
    const open = new Set(Object.values(store.slack.modals ?? {}).flat().map((each) => each.id));
    for (const id of dialogs.keys()) if (!open.has(id)) dialogs.delete(id);
    const entry = stack.at(-1);
    if (!top && entry) back = focusMark();
    const isOther = top?.id !== entry?.id;
    if (entry && !dialogs.has(entry.id)) dialogs.set(entry.id, new Modal(entry));
    top = entry ? dialogs.get(entry.id) : null;
    if (!top) {
      element.replaceChildren();
      if (isOther && !back()) document.querySelector("#composer textarea")?.focus();
      return;
    }
    arrange(element, [top.veil]);
    top.render(entry, stack.length, isOther);
  });
  document.addEventListener("keydown", (event) => {
    const isElsewhere = document.activeElement?.closest("#aws, #bar, #wire");
    if (event.key !== "Escape" || event.defaultPrevented || !top || isElsewhere) return;
    event.preventDefault();
    top.close();
  });
}

/** One modal; what is typed into it is kept here while the app changes it. */
class Modal {
  constructor(entry) {
    this.id = entry.id;
    this.typed = {};
    this.nodes = [];
    const titleId = freshId("title");
    this.title = h("h2", { id: titleId });
    const quit = h("button",
      { type: "button", class: "icon", "aria-label": "Dismiss dialog",
        on: { click: () => this.close() } },
      "×");
    this.trouble = h("p", { class: "modal-trouble", role: "alert", hidden: true });
    this.body = h("div", { class: "modal-body" });
    this.foot = h("footer", { class: "modal-foot" });
    const submit = (event) => {
      event.preventDefault();
      if (this.entry.view.submit) this.submit();
    };
    this.dialog = h("form",
      { class: "modal", role: "dialog", "aria-modal": "true", "aria-labelledby": titleId,
        tabindex: "-1", novalidate: true, data: { id: this.id },
        on: { submit, keydown: (event) => keepTab(event, this.dialog) } },
      h("header", { class: "modal-head" },
        h("img", { class: "avatar", src: "icon.svg", alt: "" }), this.title, quit),
      this.trouble, this.body, this.foot);
    this.veil = h("div", { class: "modal-veil" }, this.dialog);
  }

  render(entry, depth, isShownAnew) {
    const isChanged = entry.hash !== this.entry?.hash;
    const before = document.activeElement;
    // Asked before it is drawn: what had the focus may then be gone from it.
    const isInside = this.dialog.contains(before);
    const mark = focusMark();
    this.entry = entry;
    if (isChanged) {
      this.errors = undefined;
      this.tell("");
      this.draw(entry.view);
    }
    this.dialog.classList.toggle("stacked", depth > 1);
    this.showErrors();
    // The focus waits on the dialog itself until there is something to fill in.
    if (isShownAnew || (isChanged && (before === this.dialog || isInside))) this.focus(mark);
  }

  draw(view) {
    fill(this.title, textOf(view.title));
    this.forget(view);
    const known = new Map(this.nodes.map((each) => [each.sign, each.node]));
    this.nodes = view.blocks.map((block) => {
      const sign = JSON.stringify(block);
      const node = known.get(sign) ?? blockNode(block, this.surface());
      known.delete(sign);
      return { sign, node, block };
    });
    arrange(this.body, this.nodes.map((each) => each.node));
    const submit = wordsOf(view.submit);
    const close = wordsOf(view.close) || (submit ? "Cancel" : "Close");
    const sign = `${submit}\n${close}`;
    if (sign === this.footSign) return;
    this.footSign = sign;
    this.button = submit
      ? h("button", { type: "submit", class: "button primary", data: { key: "submit" } },
        h("span", null, submit))
      : null;
    fill(this.foot,
      h("button", { type: "button", class: "button", data: { key: "close" },
        on: { click: () => this.close() } }, close),
      this.button);
  }

  /** Forgets what was typed into inputs that are gone: Slack tells one by block and action id. */
  forget(view) {
    const stay = new Map(controlsOf(view).map(({ key, element }) => [key, element.action_id]));
    for (const [key, { action }] of Object.entries(this.typed)) {
      if (stay.get(key) !== action) delete this.typed[key];
    }
  }

  /** Where the blocks stand: what was typed here goes before what the sandbox holds. */
  surface() {
    const modal = this;
    return {
      place: {},
      typed: () => modal.values(),
      suggested: this.entry.suggested,
      values: new Proxy({}, { get: (_, key) => modal.valueOf(key) }),
      put: (key, value) => {
        const found = controlsOf(modal.entry.view).find((each) => each.key === key);
        modal.typed[key] = { value, action: found?.element.action_id };
      },
      trouble: (text) => modal.tell(text),
    };
  }

  valueOf(key) {
    return this.typed[key]?.value ?? this.entry.values?.[key];
  }

  /** What stands in every input: `{key: value}`. */
  values() {
    const value = ({ key, element }) => [key, this.valueOf(key) ?? initialOf(element)];
    return Object.fromEntries(controlsOf(this.entry.view).map(value));
  }

  focus(mark) {
    const isHere = () =>
      document.activeElement !== this.dialog && this.dialog.contains(document.activeElement);
    if (mark() && isHere()) return;
    const asked = this.nodes.find(({ block }) => block.element?.focus_on_load);
    const [first] = reachable(asked?.node ?? this.body)
      .filter((each) => each.matches("input, textarea"));
    (first ?? this.dialog).focus();
  }

  showErrors() {
    const errors = this.errors ?? this.entry.errors ?? {};
    const wrong = this.nodes
      .filter(({ block }) => block.type === "input")
      .map(({ node, block }) => showError(node, errors[block.block_id]));
    return wrong.find(Boolean);
  }

  async submit() {
    const { button } = this;
    if (button.getAttribute("aria-busy") === "true") return;
    setBusy(button, true);
    this.tell("");
    const late = (text) => this.tell(text);
    const answer = await act("submit", { values: this.values() }, { quiet: true, late });
    setBusy(button, false);
    this.tell("");
    if (answer.error) this.tell(answer.error);
    else if (answer.acked === false && !answer.errors) {
      this.tell("We had some trouble connecting. Try again?");
    }
    this.errors = answer.errors ?? {};
    if (answer.errors) this.showErrors()?.focus();
    else if (!answer.error) this.showErrors();
  }

  async close() {
    if (this.closing) return;
    this.closing = true;
    await act("close");
    this.closing = false;
  }

  tell(text) {
    this.trouble.textContent = text;
    this.trouble.hidden = !text;
  }
}

/** What in a view holds a value, as `[{key, block, element}]`. */
function controlsOf(view) {
  const isFilled = ({ element }) => !["button", "overflow", "image"].includes(element.type);
  const all = view.blocks.flatMap((block) => {
    if (block.type === "input") return [{ block, element: block.element }];
    const elements = block.type === "actions" ? block.elements : [block.accessory];
    return elements.filter(Boolean).map((element) => ({ block, element }));
  });
  return all
    .filter(({ element }) => element.action_id)
    .filter(isFilled)
    .map((each) => ({ ...each, key: keyOf(each.block, each.element) }));
}
