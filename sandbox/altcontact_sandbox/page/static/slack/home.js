// Shows the app's Home, as the app published it for the one who looks.
import { blockNodes } from "../blocks/blocks.js";
import { announce, fill, h } from "../shared/dom.js";
import { focusMark } from "../shared/focus.js";
import { act, store, ui, watch } from "../shared/store.js";

/** Makes the Home; `render` shows it where one is there, and tells the app once it was opened. */
export function mountHome() {
  const node = h("div", { class: "home", hidden: true });
  let shown = "";
  let opened = "";
  const render = () => {
    const isHere = ui.place === "home";
    node.hidden = !isHere;
    const isMessages = ui.place === `D${ui.me.slice(1)}`;
    const place = isHere || isMessages ? `${ui.me} ${ui.place}` : "";
    if (opened !== place) {
      opened = place;
      if (place) act("open_home", { tab: isHere ? "home" : "messages" }, { quiet: true });
    }
    if (!isHere) return;
    const published = store.slack.homes?.[ui.me];
    const view = published?.view ?? published;
    const sign = JSON.stringify([ui.me, view?.blocks ?? null]);
    if (sign === shown) return;
    shown = sign;
    const back = focusMark();
    fill(node, view?.blocks ? blockNodes(view.blocks, surface(published)) : nothing());
    back();
  };
  watch(["online"], () => {
    opened = "";
  });
  return { node, render };
}

function surface(published) {
  const values = { ...published.values };
  return {
    place: { home: true },
    values,
    suggested: published.suggested,
    put: (key, value) => {
      values[key] = value;
    },
    trouble: (text) => text && announce(text, "error"),
  };
}

function nothing() {
  return h("div", { class: "nothing" },
    h("h2", null, "Nothing is here yet"),
    h("p", { class: "quiet" }, `${store.app.name} has published no Home for you.`));
}
