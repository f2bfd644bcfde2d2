// Slack's sidebar: the channels of the one who looks, the direct messages, the app's home.
import { arrange, fill, h } from "../shared/dom.js";
import { show, store, ui, watch } from "../shared/store.js";

/** Up to which message each person has seen each place: {person: {place: ts}}. */
const seen = {};

/** Draws the sidebar into its element. */
export function mountSidebar(sidebar) {
  const channels = h("ul", { "aria-label": "Channels" });
  const direct = h("ul", { "aria-label": "Direct messages" });
  const apps = h("ul", { "aria-label": "Apps" });
  const section = (title, list) =>
    h("section", null, h("h3", { "aria-hidden": "true" }, title), list);
  fill(sidebar, h("h2", null, "Sandbox"), h("div", { class: "places" },
    section("Channels", channels), section("Direct messages", direct), section("Apps", apps)));

  const rows = new Map();
  const row = (id, mark, name, note = "") => {
    if (!rows.has(id)) rows.set(id, placeRow(id));
    const item = rows.get(id);
    drawRow(item, id, mark, name, note);
    return item;
  };
  watch(["slack", "ui"], () => {
    const latest = latestByPlace();
    const mine = (seen[ui.me] ??= {});
    mine[ui.place] = latest.get(ui.place)?.at(-1) ?? mine[ui.place] ?? "";
    const news = (id) => (latest.get(id) ?? []).filter((ts) => ts > (mine[id] ?? "")).length;
    arrange(channels, channelsOfMine().map((channel) => row(
      channel.id, channel.kind === "private_channel" ? "🔒" : "#", channel.name,
      channel.is_archived ? "archived" : "")));
    const own = `D${ui.me.slice(1)}`;
    const bot = store.slack.bot.name;
    arrange(direct, [row(own, "●", bot)]);
    arrange(apps, [row("home", "⌂", `${bot} · Home`)]);
    for (const [id, item] of rows) markNews(item, id === ui.place ? 0 : news(id));
  });
}

/** The channels of the one who looks, archived ones last. */
function channelsOfMine() {
  return store.slack.channels
    .filter((channel) => channel.kind !== "im" && channel.members.includes(ui.me))
    .sort((one, other) => one.is_archived - other.is_archived);
}

/** The times of what others said, by place, as the one who looks sees it. */
function latestByPlace() {
  const latest = new Map();
  for (const message of store.slack.messages.values()) {
    if (message.deleted || message.user === ui.me) continue;
    if (message.to && message.to !== ui.me) continue;
    if (!latest.has(message.channel)) latest.set(message.channel, []);
    latest.get(message.channel).push(message.ts);
  }
  for (const times of latest.values()) times.sort();
  return latest;
}

function placeRow(id) {
  return h("li", null, h("button", { type: "button",
    on: { click: () => show({ place: id, thread: "" }) } }));
}

function drawRow(item, id, mark, name, note) {
  const button = item.firstChild;
  const drawn = `${mark} ${name} ${note}`;
  if (button.dataset.drawn !== drawn) {
    button.dataset.drawn = drawn;
    fill(button, h("span", { class: "mark", "aria-hidden": "true" }, mark),
      h("span", { class: "name" }, name),
      mark === "🔒" && h("span", { class: "visually-hidden" }, " (private)"),
      note && h("small", null, note),
      h("span", { class: "news" }));
  }
  if (id === ui.place) button.setAttribute("aria-current", "page");
  else button.removeAttribute("aria-current");
}

function markNews(item, number) {
  const badge = item.querySelector(".news");
  item.classList.toggle("unread", number > 0);
  fill(badge, number > 0 && [String(number), h("span", { class: "visually-hidden" }, " new")]);
}
