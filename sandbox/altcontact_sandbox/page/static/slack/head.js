// Draws the head of the conversation: where one is, and who else is there.
import { fill, h } from "../shared/dom.js";
import { channelOf, store, ui } from "../shared/store.js";

/** Fills the head for the place that is shown. */
export function drawHead(element) {
  const [title, note] = described();
  fill(element, h("h1", null, title), h("span", { class: "quiet" }, note));
}

function described() {
  const { app, slack } = store;
  if (ui.place === "home") return [app.name, "Home"];
  if (ui.place.startsWith("D")) return [slack.bot.name, "Direct messages with the app"];
  const channel = channelOf(ui.place);
  if (!channel) return ["# …", ""];
  const { members } = channel;
  const people = members.filter((id) => id !== slack.bot.id).length;
  const bot = members.includes(slack.bot.id) ? "" : ` · ${slack.bot.name} is not here`;
  const state = channel.is_archived ? " · archived" : "";
  const mark = channel.kind === "private_channel" ? "🔒" : "#";
  const count = `${people} ${people === 1 ? "person" : "people"}`;
  return [`${mark} ${channel.name}`, `${count}${bot}${state}`];
}
