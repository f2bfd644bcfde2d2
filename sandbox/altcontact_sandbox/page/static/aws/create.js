// The dialog that creates an account, as the AWS console does.
import { inputs, openDialog } from "./dialog.js";
import { announce, h } from "../shared/dom.js";
import { ask } from "../shared/store.js";

const MEMBERS = [
  ["name", "Account name", "Payments staging"],
  ["email", "Email address of its root user", "root+payments-staging@example.com"],
];

/** Opens the dialog. */
export function createAccount() {
  openDialog("Create account", ({ close, fail }) => {
    const form = inputs(MEMBERS);
    const create = async (event) => {
      event.preventDefault();
      fail();
      const given = form.values();
      const missing = MEMBERS.filter(([name]) => !given[name].trim());
      form.mark(Object.fromEntries(missing.map(([name, label]) => [name, `${label} is needed.`])));
      if (missing.length) return;
      const answer = await ask("POST", "aws/accounts/new?checked=1", given, { quiet: true });
      if (answer.error) return fail(answer.error, " ", answer.remedy);
      close();
      announce(`${given.name} is created; it has no alternate contact yet. The bot isn't notified.`);
    };
    return h("form", { novalidate: true, on: { submit: create } }, form.elements,
      h("div", { class: "acts" },
        h("button", { type: "submit", class: "push main" }, "Create"),
        h("button", { type: "button", class: "push", on: { click: close } }, "Cancel")));
  });
}
