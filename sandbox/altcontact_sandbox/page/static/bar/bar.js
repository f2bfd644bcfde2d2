// The bar on top: who one is, how the bot does, the time of the next check, theme, tour and wire.
import { checkBarred, checking, runCheck } from "./check.js";
import { fill, h } from "../shared/dom.js";
import { recall, remember } from "../shared/memory.js";
import { show, store, ui, watch } from "../shared/store.js";
import { chooseTheme, chosenTheme, THEMES } from "./theme.js";
import { restartTour } from "./tour.js";
import { toggleWire, wireShown } from "../wire/wire.js";
import { botState, nextCheck, titled } from "./bot_status.js";

const PANES = [["slack", "Slack"], ["aws", "AWS"]];
const CLOCK_EVERY = 20_000;

/** Draws the bar into its element. */
export function mountBar(bar) {
  const people = h("div", { class: "segments", role: "radiogroup", "aria-label": "You are" });
  const state = h("p", { class: "bot-state", role: "status", "aria-label": "Bot" });
  const next = h("p", { class: "next-check" });
  const run = h(
    "button", { type: "button", class: "push main", on: { click: runCheck } },
    "Run the scheduled check now",
  );
  const offline = h("p", { class: "offline", role: "alert", hidden: true });
  const wire = h("button", { type: "button", class: "push", "aria-controls": "wire",
    on: { click: toggleWire } }, "Wire");
  const more = h("button", { type: "button", class: "push more", "aria-expanded": "false",
    "aria-controls": "bar-more" }, "More");
  const tabs = h("div", { class: "segments panes", role: "tablist", "aria-label": "Shown" });
  const extra = h(
    "div", { id: "bar-more" },
    h("div", { class: "bar-time", role: "group", "aria-label": "Time" }, next, run),
    h("div", { class: "bar-tools" },
      h("label", { class: "bar-theme" }, h("span", { class: "visually-hidden" }, "Theme"),
        themes()),
      h("button", { type: "button", class: "push", title: "Start the tour again",
        "aria-label": "Start the tour again", on: { click: restartTour } }, "Tour"),
      wire),
  );
  more.addEventListener("click", () => {
    more.setAttribute("aria-expanded", String(bar.classList.toggle("open")));
  });
  fill(bar,
    h("h1", null, h("img", { src: "icon.svg", alt: "", width: 24, height: 24 }),
      h("span", null, "altcontact ", h("b", null, "sandbox"))),
    tabs,
    h("div", { class: "bar-people" }, h("span", { class: "bar-label" }, "You are"), people),
    state, more, extra, offline);

  for (const [pane, label] of PANES) tabs.append(paneTab(tabs, pane, label));

  const drawTime = () => {
    if (!store.bot) return;
    const words = nextCheck(store.bot);
    fill(next, words.text, words.away && [" ", h("small", null, words.away)]);
    next.title = store.bot.next_check ?? "";
  };
  setInterval(drawTime, CLOCK_EVERY);

  watch(["online"], () => {
    offline.hidden = store.online;
    fill(offline, store.online ? "" : "The sandbox isn't responding. Trying again…");
  });
  watch(["slack", "ui"], () => drawPeople(people));
  watch(["ui"], () => {
    document.body.dataset.pane = ui.pane;
    for (const tab of tabs.children) choose(tab, tab.dataset.pane === ui.pane);
    wire.setAttribute("aria-expanded", String(wireShown()));
  });
  watch(["bot", "slack", "online"], () => {
    if (!store.bot) return;
    const words = botState(store.bot, store.slack.connected > 0);
    // Written only where it changed: a status is read out whenever it is written.
    if (state.textContent !== words.text) fill(state, words.text);
    state.dataset.kind = words.kind;
    state.title = words.hint;
    drawTime();
    const barred = checkBarred();
    run.disabled = Boolean(barred) || checking();
    run.setAttribute("aria-busy", String(checking()));
    run.title = barred || "Runs the scheduled check now. New findings go to #security-alerts.";
  });
}

function themes() {
  const select = h("select", { on: { change: () => chooseTheme(select.value) } },
    THEMES.map(([value, label]) => h("option", { value }, label)));
  select.value = chosenTheme();
  return select;
}

function paneTab(tabs, pane, label) {
  const go = (each) => show({ pane: each });
  return h("button", {
    type: "button", role: "tab", "aria-controls": pane, data: { pane },
    on: {
      click: () => go(pane),
      keydown: (event) => {
        if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
        const other = PANES.find(([each]) => each !== pane)[0];
        go(other);
        [...tabs.children].find((tab) => tab.dataset.pane === other).focus();
      },
    },
  }, label);
}

function choose(tab, chosen) {
  tab.setAttribute("aria-selected", String(chosen));
  tab.tabIndex = chosen ? 0 : -1;
}

let recalled = false;

function drawPeople(group) {
  const known = store.slack.people;
  if (!recalled) {
    recalled = true;
    const me = recall("me");
    if (me !== ui.me && known.some((person) => person.id === me)) return become(me);
  }
  if (group.dataset.known !== JSON.stringify(known)) {
    group.dataset.known = JSON.stringify(known);
    fill(group, known.map((person) => h("label", null,
      h("input", { type: "radio", name: "me", value: person.id,
        on: { change: () => become(person.id) } }),
      h("span", null, titled(person.name),
        h("small", null, ` · ${person.role || "no rights"}`)))));
  }
  for (const input of group.querySelectorAll("input")) input.checked = input.value === ui.me;
}

function become(me) {
  remember("me", me);
  show({ me, place: placeFor(me), thread: "" });
}

/** Where somebody is after the switch: in the same place, if it is one of theirs. */
function placeFor(me) {
  if (ui.place === "home" || ui.place === `D${me.slice(1)}`) return ui.place;
  const theirs = store.slack.channels.filter(
    (channel) => channel.kind !== "im" && channel.members.includes(me));
  return (theirs.find((channel) => channel.id === ui.place) ?? theirs[0])?.id ?? "home";
}
