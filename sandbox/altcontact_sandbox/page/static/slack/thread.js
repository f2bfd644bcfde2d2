// Shows a thread beside the conversation: its first message, the answers, and a box to answer in.
import { article } from "./message.js";
import { composerBox } from "./composer.js";
import { answersOf, isTogether } from "./conversation.js";
import { arrange, h } from "../shared/dom.js";
import { focusMark } from "../shared/focus.js";
import { act, channelOf, show, store, ui, watch } from "../shared/store.js";

/** Shows the thread that is open, if any, in an element. */
export function mountThread(element) {
  const close = () => show({ thread: "" });
  const where = h("span", { class: "quiet" });
  const head = h("header", { class: "thread-head" },
    h("h2", null, "Thread"), where,
    h("button",
      { type: "button", class: "icon", "aria-label": "Close thread", on: { click: close } }, "×"));
  const list = h("div",
    { class: "thread-list", tabindex: "0", role: "log", "aria-label": "Thread" });
  const box = composerBox({ label: "Reply", onSend: answer });
  const drawn = new Map();
  element.append(head, list, box);
  element.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented) close();
  });

  let open = "";
  watch(["slack", "ui"], () => {
    const messages = store.slack.messages;
    const first = messages.get(`${ui.place}/${ui.thread}`);
    element.hidden = !first;
    if (!first) {
      open = "";
      return;
    }
    const isNew = open !== first.id;
    open = first.id;
    where.textContent = channelOf(ui.place) ? `# ${channelOf(ui.place).name}` : "";
    const back = focusMark();
    const atBottom = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
    arrange(list, threadNodes(messages, first, drawn));
    if (isNew) box.querySelector("textarea").focus();
    else back();
    if (isNew || atBottom) list.scrollTop = list.scrollHeight;
  });
}

function threadNodes(messages, first, drawn) {
  const answers = answersOf(messages, first.channel, first.ts);
  const number = answers.length;
  const count = h("div", { class: "day" }, h("span", null,
    number ? `${number} ${number === 1 ? "reply" : "replies"}` : "No replies yet"));
  const draw = (message, before) => {
    const isFirst = !isTogether(before, message);
    const known = drawn.get(message.id);
    if (known?.message === message && known.isFirst === isFirst) return known.node;
    const values = { ...message.values };
    const node = article({ ...message, thread_ts: first.ts }, { first: isFirst, values });
    drawn.set(message.id, { message, isFirst, node });
    return node;
  };
  const rest = answers.map((message, at) => draw(message, answers[at - 1]));
  return [draw(first, undefined), count, ...rest];
}

async function answer(text) {
  const given = { channel: ui.place, text: text.trim(), thread_ts: ui.thread };
  return !(await act("say", given)).error;
}
