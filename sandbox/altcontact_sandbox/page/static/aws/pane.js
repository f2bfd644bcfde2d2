// The AWS pane: the organization as its console shows it, and what can be broken in it.
import { mountAccounts } from "./accounts.js";
import { createAccount } from "./create.js";
import { mountSwitches } from "./switches.js";
import { lacksSecurity } from "./names.js";
import { fill, h } from "../shared/dom.js";
import { store, watch } from "../shared/store.js";
import { count } from "../bar/bot_status.js";

/** Draws the pane into its element. */
export function mountAws(aws) {
  const counts = h("p", { class: "aws-counts" });
  const switches = h("div", { class: "switches" });
  const accounts = h("div", { class: "accounts" });
  fill(aws,
    h("header", { class: "aws-head" },
      h("h2", null, h("b", null, "AWS"), " · your organization"),
      counts,
      h("button", { type: "button", class: "push create", on: { click: createAccount } },
        "Create account")),
    h("div", { class: "aws-body" },
      h("p", { class: "aws-note" }, "Changes here work like changes in the AWS console: ",
        h("b", null, "the bot isn't notified.")),
      switches, accounts));
  mountSwitches(switches);
  mountAccounts(accounts);
  watch(["aws"], () => {
    const all = [...store.aws.accounts.values()];
    const missing = all.filter(lacksSecurity).length;
    fill(counts, h("span", null, count(all.length, "account")),
      h("span", { class: missing ? "lacking" : "" },
        `${missing.toLocaleString("en")} without SECURITY contact`));
  });
}
