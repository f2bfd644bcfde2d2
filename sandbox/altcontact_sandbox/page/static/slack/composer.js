// Where one writes to a channel or to the bot, slash commands with what completes them.
import { makeBox } from "./composer_box.js";
import { offer, unknownCommand } from "./completion.js";
import { fill, h } from "../shared/dom.js";
import { act, channelOf, show, store, ui, watch } from "../shared/store.js";

let main = null;

/**
 * A box of the same kind for elsewhere, as a thread.
 *
 * @param {{label: string, onSend: function(string): *}} given - `onSend` may answer false to keep
 *   what was written.
 * @returns {HTMLElement}
 */
export function composerBox({ label, onSend }) {
  return makeBox({ label, onSend }).element;
}

/** Writes a text into the channel's composer, for a person to send it. */
export function putInComposer(text) {
  show({ pane: "slack", ...(ui.place === "home" ? { place: "C0ALERTS01" } : {}) });
  // Its pane may be hidden until the page has drawn the change.
  requestAnimationFrame(() => {
    main.put(text);
    main.input.focus();
  });
}

/** Draws the composer into its element. */
export function mountComposer(composer) {
  const notice = h("p", { class: "notice", role: "alert", hidden: true });
  const say = (...words) => {
    notice.hidden = words.length === 0;
    fill(notice, words);
  };
  main = makeBox({
    label: "Message",
    offered: (text) => offer(text, store.app.commands, store.aws?.accounts.values() ?? []),
    onSend: (text) => deliver(text, say),
  });
  main.input.addEventListener("input", () => say());
  const hint = h("p", { class: "hint quiet" },
    h("b", null, "Enter"), " sends, ", h("b", null, "Shift+Enter"), " breaks the line, ",
    h("b", null, "/"), " shows the commands");
  fill(composer, notice, main.element, hint);

  let place = "";
  watch(["slack", "ui"], () => {
    composer.hidden = ui.place === "home";
    if (place !== `${ui.me} ${ui.place}`) say();
    place = `${ui.me} ${ui.place}`;
    const channel = channelOf(ui.place);
    const words = placeName(channel);
    main.name(`Message ${words}`);
    main.bar(channel?.is_archived ? `${words} is archived: nobody can write here.` : "");
  });
}

function placeName(channel) {
  if (ui.place.startsWith("D")) return store.slack.bot.name;
  return channel ? `#${channel.name}` : "";
}

/** Sends a line as Slack does; false where it was not sent. */
async function deliver(text, say) {
  say();
  if (!text.startsWith("/")) {
    const answer = await act("say", { channel: ui.place, text: text.trim() });
    return !answer.error;
  }
  const unknown = unknownCommand(text, store.app.commands);
  if (unknown) {
    const known = [...new Set(store.app.commands.map((each) => each.command))].join(", ");
    say(h("b", null, unknown), " is not a valid command. ", known && `Here you can use ${known}. `,
      "To send it as a message, put a space before it.");
    return false;
  }
  const answer = await act("command", { channel: ui.place, line: text }, { late: say });
  say();
  if (answer.error) return false;
  if (answer.acked === false) {
    const [command] = text.split(/\s/, 1);
    say(h("b", null, `${command} did not work: ${store.slack.bot.name} did not respond. `),
      store.bot.managed && !store.bot.running
        ? "The bot has stopped. The terminal shows where its log is. Start the sandbox again."
        : "The bar at the top shows whether the bot is running. Try again once it's connected.");
  }
  return true;
}
