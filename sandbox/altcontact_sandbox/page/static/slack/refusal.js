// Draws what Slack would refuse: a red card with the reason, wherever one looks.
import { h } from "../shared/dom.js";
import { fullOf, timeOf } from "../shared/times.js";

/** A refusal as a card; `dismiss` makes it go away. */
export function refusalCard(refusal, dismiss) {
  const moment = new Date(refusal.at * 1000);
  const time = h("time", { datetime: moment.toISOString(), title: fullOf(moment) }, timeOf(moment));
  return h("section", { class: "refusal", role: "group", "aria-label": "Slack refused this" },
    h("div", { class: "refusal-head" },
      h("strong", null, "Slack would refuse this"), time,
      h("button", { type: "button", class: "link", on: { click: dismiss } }, "Dismiss refusal")),
    h("p", null, h("code", null, refusal.method), " answered ", h("code", null, refusal.error)),
    refusal.why?.length > 0 && h("ul", null, refusal.why.map((why) => h("li", null, why))),
    h("p", { class: "quiet" }, "Details are in the wire."),
  );
}
