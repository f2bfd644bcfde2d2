// The editor of one account, as the AWS console has it: its contacts, its state, and its leaving.
import { inputs, openDialog, sureButton } from "./dialog.js";
import { MEMBERS, stateWords, TYPES } from "./names.js";
import { announce, fill, h } from "../shared/dom.js";
import { ask, store } from "../shared/store.js";

const STATE_ACTS = [
  ["ACTIVE", "Reactivate account"],
  ["SUSPENDED", "Suspend account"],
  ["CLOSED", "Close account"],
];

/** The function that opens the editor of an account, by id. */
export function mountEditor() {
  return (id) => {
    const account = store.aws.accounts.get(id);
    if (account) openDialog(`Edit ${account.name}`, (dialog) => content(account, dialog));
  };
}

function content(account, dialog) {
  const panel = h("div", { role: "tabpanel", class: "contact-panel" });
  const tabs = h("div", { class: "segments", role: "tablist", "aria-label": "Alternate contacts" });
  const open = (type) => {
    dialog.fail();
    for (const tab of tabs.children) {
      tab.setAttribute("aria-selected", String(tab.dataset.type === type));
      tab.tabIndex = tab.dataset.type === type ? 0 : -1;
    }
    panel.setAttribute("aria-label", `${type} contact`);
    fill(panel, contactForm(account, type, dialog));
  };
  for (const [type, label] of TYPES) {
    tabs.append(h("button", { type: "button", role: "tab", data: { type },
      on: { click: () => open(type) } }, label));
  }
  tabs.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    const all = [...tabs.children];
    const next = all[(all.indexOf(document.activeElement) + step + all.length) % all.length];
    open(next.dataset.type);
    next.focus();
  });
  open("SECURITY");
  return [
    h("p", { class: "mono quiet" }, account.id, account.management && " · management account"),
    h("h3", null, "Alternate contacts"), tabs, panel,
    h("h3", null, "Account"), stateForm(account, dialog),
  ];
}

function contactForm(account, type, { close, fail }) {
  const held = account.contacts[type];
  const form = inputs(MEMBERS, held ?? {});
  const path = `aws/contacts/${account.id}/${type}`;
  const update = async (event) => {
    event.preventDefault();
    fail();
    const answer = await ask("PUT", `${path}?checked=1`, form.values(), { quiet: true });
    form.mark(answer.fields ?? {});
    if (answer.error) {
      if (!Object.keys(answer.fields ?? {}).length) fail(answer.error, " ", answer.remedy);
      return;
    }
    close();
    announce(`The ${type} contact of ${account.name} is updated. The bot isn't notified.`);
  };
  const remove = async () => {
    const answer = await ask("DELETE", path, undefined, { quiet: true });
    if (answer.error) return fail(answer.error, " ", answer.remedy);
    close();
    announce(`The ${type} contact of ${account.name} is deleted. The bot isn't notified.`);
  };
  return h("form", { novalidate: true, on: { submit: update } },
    !held && h("p", { class: "quiet" }, `This account has no ${type} contact.`),
    form.elements,
    h("div", { class: "acts" },
      h("button", { type: "submit", class: "push main" }, "Update"),
      held && sureButton("Delete", `Delete the ${type} contact?`, "Yes, delete it", remove)));
}

function stateForm(account, { close, fail }) {
  const change = async (state) => {
    const answer = await ask("PUT", `aws/accounts/${account.id}?checked=1`, { state }, { quiet: true });
    if (answer.error) return fail(answer.error, " ", answer.remedy);
    close();
    announce(`${account.name} is now ${stateWords(state).toLowerCase()}. The bot isn't notified.`);
  };
  const leave = async () => {
    const answer = await ask("DELETE", `aws/accounts/${account.id}?checked=1`, undefined, { quiet: true });
    if (answer.error) return fail(answer.error, " ", answer.remedy);
    close();
    announce(`${account.name} left the organization. The bot isn't notified.`);
  };
  return h("div", { class: "account-state" },
    h("p", null, "State: ", h("b", null, stateWords(account.state))),
    account.management
      ? h("p", { class: "quiet" }, "The management account can neither be closed nor leave.")
      : h("div", { class: "acts" },
        STATE_ACTS.filter(([state]) => state !== account.state).map(([state, label]) => h("button",
          { type: "button", class: "push", on: { click: () => change(state) } }, label)),
        sureButton("Remove from organization", "Remove the account from the organization?", "Yes, remove it", leave)));
}
