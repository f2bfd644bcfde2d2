// Shows the messages of the place where one is, as they come, change and go.
import { article } from "./message.js";
import { answerCounts, isSameDay, isTogether, messagesOf } from "./conversation.js";
import { arrange, fill, h } from "../shared/dom.js";
import { focusMark } from "../shared/focus.js";
import { drawHead } from "./head.js";
import { mountHome } from "./home.js";
import { recall, remember } from "../shared/memory.js";
import { refusalCard } from "./refusal.js";
import { channelOf, store, ui, watch } from "../shared/store.js";
import { dayName, dayOf, momentOf } from "../shared/times.js";

const AT_ONCE = 200;
const NEAR = 40;
const GAP = 8;

/** Shows messages in one element, and where one is in another. */
export function mountMessages(messages, head) {
  const title = h("div", { class: "place" });
  const view = new Messages(messages);
  const home = mountHome();
  head.append(title);
  messages.append(home.node);
  watch(["begun"], () => view.startOver());
  watch(["slack", "ui"], () => {
    drawHead(title);
    view.render();
    home.render();
  });
  // Whoever runs a check wants to see what it finds, as after a command.
  watch(["checked"], () => ui.place !== "home" && view.toBottom());
}

class Messages {
  constructor(root) {
    this.root = root;
    this.list = h("div", { class: "message-list" });
    this.newer = h("button",
      { type: "button", class: "newer", hidden: true, on: { click: () => this.toBottom() } },
      "New messages ↓");
    root.append(this.list);
    // In a row of its own: over the messages it would cover what one reads.
    root.after(h("div", { class: "newer-place" }, this.newer));
    this.drawn = new Map();
    this.days = new Map();
    this.gone = new Set();
    this.atBottom = false;
    // Who opens the page begins with what they have not read, whatever comes below meanwhile.
    this.begins = true;
    this.top = 0;
    this.most = AT_ONCE;
    root.addEventListener("scroll", () => this.scrolled());
    for (const name of ["wheel", "touchmove", "pointerdown", "keydown"]) {
      root.addEventListener(name, () => this.begun(), { passive: true });
    }
    // What is drawn may still grow, once a preview or an image is there.
    const follow = new ResizeObserver(() => this.atBottom && this.toBottom());
    follow.observe(this.list);
    follow.observe(root);
  }

  /** Forgets where one was: all of it is new. */
  startOver() {
    this.begins = true;
    this.atBottom = false;
    this.where = undefined;
  }

  render() {
    const where = `${ui.place} ${ui.me}`;
    const isFirst = this.where === undefined;
    const isNewPlace = where !== this.where;
    this.where = where;
    this.list.hidden = ui.place === "home";
    if (ui.place === "home") {
      this.newer.hidden = true;
      // Otherwise a Home that grows would be kept at its end, as messages are.
      this.atBottom = false;
      if (isNewPlace) this.root.scrollTop = 0;
      return;
    }
    if (isNewPlace) {
      this.most = AT_ONCE;
      this.last = undefined;
    }
    const back = focusMark();
    const { nodes, last } = this.nodes();
    arrange(this.list, nodes);
    back();
    const isNews = last !== undefined && last !== this.last;
    const isMine = isNews && !isFirst && isForMe(store.slack.messages.get(last));
    this.last = last;
    if (isNewPlace && !isFirst) this.begun();
    if (this.begins && !isMine && this.toUnread()) return;
    if (isNewPlace || this.atBottom || isMine) this.toBottom();
    else if (isNews) this.newer.hidden = false;
  }

  nodes() {
    const { messages, refusals } = store.slack;
    const all = messagesOf(messages, ui.place).filter((each) => !this.gone.has(each.id));
    const counts = answerCounts(messages, ui.place);
    const cards = refusals.filter((each) => !this.gone.has(each));
    const shown = all.slice(-this.most);
    const nodes = [shown.length < all.length ? this.earlier(all.length - shown.length) : begin()];
    if (!all.length && !cards.length) nodes.push(empty());
    let before;
    for (const message of shown) {
      const passed = cards.filter((card) => card.at < Number(message.ts));
      cards.splice(0, passed.length);
      nodes.push(...passed.map((card) => this.card(card)));
      if (!before || !isSameDay(before, message)) nodes.push(this.day(message));
      const first = passed.length > 0 || !isTogether(before, message);
      nodes.push(this.message(message, first, counts.get(message.ts) ?? 0));
      before = message;
    }
    nodes.push(...cards.map((card) => this.card(card)));
    return { nodes, last: (cards.at(-1) ?? before)?.id ?? cards.at(-1) };
  }

  message(message, first, replies) {
    const known = this.drawn.get(message.id);
    if (known?.message === message && known.first === first && known.replies === replies) {
      return known.node;
    }
    // What was chosen here is shown already: drawn again, a menu would lose what one is doing in it.
    const sign = JSON.stringify({ ...message, values: null, suggested: null, first, replies });
    const isSame = known?.sign === sign && isEqual(known.values, message.values);
    const dismiss = message.ephemeral ? () => this.dismiss(message.id) : null;
    const values = isSame ? known.values : { ...message.values };
    const node = isSame ? known.node : article(message, { first, replies, dismiss, values });
    this.drawn.set(message.id, { message, first, replies, sign, values, node });
    return node;
  }

  card(refusal) {
    const known = this.drawn.get(refusal);
    if (known) return known.node;
    const node = refusalCard(refusal, () => this.dismiss(refusal));
    this.drawn.set(refusal, { node });
    return node;
  }

  day(message) {
    const moment = momentOf(message.ts);
    const day = dayOf(moment);
    const text = dayName(moment);
    const known = this.days.get(day) ?? h("div", { class: "day" }, h("span", null));
    if (known.textContent !== text) fill(known.firstChild, text);
    this.days.set(day, known);
    return known;
  }

  earlier(number) {
    const more = () => {
      this.most += AT_ONCE;
      this.render();
    };
    return h("div", { class: "earlier" }, h("button",
      { type: "button", class: "button", on: { click: more } },
      `Show earlier messages (${number.toLocaleString("en")})`));
  }

  dismiss(what) {
    this.gone.add(what);
    this.render();
    this.root.focus();
  }

  isNear() {
    const { scrollHeight, scrollTop, clientHeight } = this.root;
    return scrollHeight - scrollTop - clientHeight < NEAR;
  }

  scrolled() {
    const { scrollTop } = this.root;
    const isNear = this.isNear();
    // The place itself may have become smaller: only a person scrolls up.
    if (!this.begins && (isNear || scrollTop < this.top)) this.atBottom = isNear;
    this.top = scrollTop;
    if (this.atBottom) this.read();
  }

  begun() {
    if (!this.begins) return;
    this.begins = false;
    this.atBottom = this.isNear();
  }

  /** Shows the first message that was not read on an earlier visit; false where there is none. */
  toUnread() {
    const read = recall("read", "");
    const first = [...this.list.querySelectorAll(".message")].find((each) => each.dataset.ts > read);
    if (!first) return !this.list.querySelector(".message");
    this.root.scrollTop = first.offsetTop - GAP;
    this.newer.hidden = this.isNear();
    return true;
  }

  toBottom() {
    this.begins = false;
    this.root.scrollTop = this.root.scrollHeight;
    this.atBottom = true;
    this.read();
  }

  read() {
    this.newer.hidden = true;
    const last = this.list.querySelector(".message:last-of-type")?.dataset.ts;
    if (last > recall("read", "")) remember("read", last);
  }
}

/** Whether a message is one's own, or for one alone: an answer to what one did. */
const isForMe = (message) => message?.user === ui.me || message?.to === ui.me;

const isEqual = (one, other) => JSON.stringify(one) === JSON.stringify(other ?? {});

function begin() {
  const channel = channelOf(ui.place);
  const isDirect = ui.place.startsWith("D");
  const name = isDirect ? store.slack.bot.name : `#${channel?.name ?? ui.place}`;
  return h("div", { class: "begin" },
    h("h2", null, name),
    h("p", { class: "quiet" }, isDirect
      ? `Messages here are only between you and ${name}.`
      : `This is the very beginning of ${name}.`));
}

function empty() {
  const command = store.app.commands[0];
  const words = command ? `${command.command} ${command.words ?? ""}`.trim() : "";
  if (channelOf(ui.place)?.is_archived) {
    return h("p", { class: "nothing" }, "This channel is archived: nobody can post to it.");
  }
  return h("p", { class: "nothing" }, "No messages yet. ",
    words && ["Type ", h("code", { class: "code" }, words), " below to begin."]);
}
