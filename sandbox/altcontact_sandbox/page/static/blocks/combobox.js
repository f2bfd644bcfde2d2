// Draws select menus, of one choice or several: a field to type ahead in, and the list below it.
import { freshId, placePopup } from "../shared/dialogs.js";
import { add, fill, h } from "../shared/dom.js";
import { known, offered, suggested } from "./options.js";
import { wordsOf } from "./mrkdwn.js";
import { isMany } from "./action.js";

const PAUSE = 200;

/** A select element, as a combobox with a listbox. */
export function combobox(control) {
  return new Combobox(control).node;
}

class Combobox {
  constructor(control) {
    this.control = control;
    this.many = isMany(control.element);
    this.isExternal = control.element.type.endsWith("external_select");
    const options = known(control.element, control.suggested);
    this.texts = new Map(options.map((option) => [option.value, option.text]));
    this.chosen = [control.value].flat().filter(Boolean);
    this.at = -1;
    this.options = [];
    this.build();
    this.settle();
  }

  build() {
    const { element, named } = this.control;
    const id = freshId("list");
    this.list = h("div",
      { id, class: "popup listbox", role: "listbox", hidden: true, "aria-label": "Options",
        "aria-multiselectable": this.many || null,
        on: { pointerdown: (event) => event.preventDefault() } });
    this.input = h("input", {
      ...named, type: "text", class: "control", role: "combobox", autocomplete: "off",
      spellcheck: "false", "aria-expanded": "false", "aria-controls": id,
      "aria-autocomplete": "list", placeholder: wordsOf(element.placeholder) || "Choose an option",
      on: {
        focus: () => this.input.select(),
        click: () => this.open(""),
        input: () => this.open(this.input.value),
        keydown: (event) => this.key(event),
        blur: () => this.close(),
      },
    });
    this.chips = h("span", { class: "tokens" });
    this.node = h("div", { class: this.many ? "combobox many" : "combobox" },
      this.many && this.chips, this.input,
      !this.many && h("span", { class: "arrow", "aria-hidden": "true" }, "▾"), this.list);
  }

  /** Shows what is chosen. */
  settle() {
    if (!this.many) {
      this.input.value = this.textOf(this.chosen[0]);
      return;
    }
    this.input.value = "";
    fill(this.chips, this.chosen.map((value) => {
      const text = this.textOf(value);
      const drop = () => {
        if (this.list.hidden) this.before = this.chosen.join("\n");
        this.toggle(value);
        if (this.list.hidden) this.tell();
      };
      return h("span", { class: "token" }, text, h("button",
        { type: "button", "aria-label": `Remove ${text}`, on: { click: drop } }, "×"));
    }));
  }

  textOf(value) {
    return value === undefined ? "" : this.texts.get(value) ?? value;
  }

  open(typed) {
    if (this.input.getAttribute("aria-busy") === "true") return;
    if (this.list.hidden) {
      this.before = this.chosen.join("\n");
      this.follow = () => placePopup(this.list, this.node, { stretch: true });
      addEventListener("scroll", this.follow, true);
      addEventListener("resize", this.follow);
    }
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    if (!this.isExternal) {
      this.show(offered(this.control.element, typed), typed ? "No results" : "No options");
      return;
    }
    const least = this.control.element.min_query_length ?? 3;
    clearTimeout(this.timer);
    if (typed.length < least) {
      this.show([], `Type ${least === 1 ? "a character" : `${least} characters`} to search`);
      return;
    }
    this.show([], "Searching…");
    this.timer = setTimeout(() => this.ask(typed), typed ? PAUSE : 0);
  }

  async ask(typed) {
    this.asked = typed;
    const { groups, error } = await suggested(this.control, typed);
    if (this.asked !== typed || this.list.hidden) return;
    for (const { value, text } of groups.flatMap((group) => group.options)) {
      this.texts.set(value, text);
    }
    this.show(groups, error ? "The app didn't return any options" : "No results");
  }

  show(groups, empty) {
    this.options = [];
    fill(this.list, groups.map((group) => this.drawGroup(group)));
    if (!this.options.length) add(this.list, h("p", { class: "quiet none" }, empty));
    const held = this.options.findIndex(({ option }) => option.value === this.chosen[0]);
    this.mark(this.many || held < 0 ? 0 : held);
    this.follow();
  }

  drawGroup(group) {
    const rows = group.options.map((option) => {
      const row = h("div",
        { id: freshId("option"), role: "option", class: "option",
          "aria-selected": String(this.chosen.includes(option.value)),
          on: { click: () => this.choose(option) } },
        option.text, option.small && h("span", { class: "detail" }, option.small));
      this.options.push({ option, row });
      return row;
    });
    if (!group.label) return rows;
    const id = freshId("group");
    return h("div", { role: "group", "aria-labelledby": id },
      h("div", { id, class: "group-label" }, group.label), rows);
  }

  /** Marks the option that Enter would choose. */
  mark(at) {
    this.options[this.at]?.row.classList.remove("active");
    this.at = this.options.length ? (at + this.options.length) % this.options.length : -1;
    const row = this.options[this.at]?.row;
    if (!row) {
      this.input.removeAttribute("aria-activedescendant");
      return;
    }
    row.classList.add("active");
    row.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", row.id);
  }

  key(event) {
    const moves = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in moves) {
      event.preventDefault();
      if (this.list.hidden) this.open("");
      else this.mark(this.at + moves[event.key]);
    } else if (event.key === "Enter" && !this.list.hidden) {
      event.preventDefault();
      if (this.at >= 0) this.choose(this.options[this.at].option);
    } else if (event.key === "Escape" && !this.list.hidden) {
      event.preventDefault();
      event.stopPropagation();
      this.close();
    } else if (event.key === "Backspace" && this.many && !this.input.value && this.chosen.length) {
      if (this.list.hidden) this.before = this.chosen.join("\n");
      this.toggle(this.chosen.at(-1));
      if (this.list.hidden) this.tell();
    }
  }

  choose(option) {
    if (this.many) {
      this.toggle(option.value);
      this.open("");
      return;
    }
    // The same choice made again is sent again, like a button pressed again.
    const again = this.chosen[0] === option.value;
    this.chosen = [option.value];
    this.close();
    if (again) this.tell();
  }

  toggle(value) {
    const most = this.control.element.max_selected_items ?? Infinity;
    if (this.chosen.includes(value)) this.chosen = this.chosen.filter((each) => each !== value);
    else if (this.chosen.length < most) this.chosen = [...this.chosen, value];
    this.settle();
  }

  close() {
    if (this.list.hidden) return;
    this.list.hidden = true;
    clearTimeout(this.timer);
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
    removeEventListener("scroll", this.follow, true);
    removeEventListener("resize", this.follow);
    this.settle();
    if (this.chosen.join("\n") !== this.before) this.tell();
  }

  /** The choice is made: it is kept, and told to the app where it asked for that. */
  async tell() {
    const before = this.before ? this.before.split("\n") : [];
    const value = this.many ? this.chosen : this.chosen[0];
    if (await this.control.choose(value, this.input)) return;
    this.chosen = before;
    this.settle();
  }
}
