// The table of accounts: one row each, drawn again only where its account changed.
import { announce, arrange, fill, h } from "../shared/dom.js";
import { ask } from "../shared/store.js";
import { lacksSecurity, stateWords, TYPES } from "./names.js";

const FLASH = 4000;

/**
 * The table.
 *
 * Its roles are named one by one: on a narrow page its rows are laid out as cards, and a browser
 * then no longer takes them for rows by itself.
 */
export class AccountTable {
  /** @param {function(string)} edit - opens the editor of an account, by id. */
  constructor(edit) {
    this.edit = edit;
    this.rows = new Map();
    /** The ids of the accounts that changed with the last news; they flash once. */
    this.changed = new Set();
    this.body = h("tbody", { role: "rowgroup" });
    const head = (label) => h("th", { scope: "col", role: "columnheader" }, label);
    const change = h("span", { class: "visually-hidden" }, "Change");
    this.element = h("div", { class: "table-box" },
      h("table", { role: "table", class: "account-table" },
        h("caption", { class: "visually-hidden" },
          "Accounts and their alternate contacts in AWS"),
        h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, head("Account"), head("State"),
          TYPES.map(([, label]) => head(label)), head(change))),
        this.body));
  }

  /** Shows these accounts, in this order. */
  draw(accounts) {
    const shown = new Set(accounts.map((account) => account.id));
    for (const id of this.rows.keys()) {
      if (!shown.has(id)) this.rows.delete(id);
    }
    arrange(this.body, accounts.map((account) => this.row(account)));
    this.changed = new Set();
  }

  row(account) {
    let row = this.rows.get(account.id);
    if (!row) {
      row = { account: null, element: h("tr", { role: "row", data: { account: account.id } }) };
      this.rows.set(account.id, row);
    }
    if (row.account !== account) {
      row.account = account;
      const focused = document.activeElement;
      const held = row.element.contains(focused) && focused.dataset.act;
      fill(row.element, cells(account, this.edit));
      if (held) focusAgain(row.element, held);
    }
    if (this.changed.has(account.id)) flash(row);
    return row.element;
  }
}

/** What had the focus before the row was drawn again has it again, or else its Edit button. */
function focusAgain(element, act) {
  const same = element.querySelector(`[data-act="${act}"]`);
  (same ?? element.querySelector("[data-act=edit]")).focus();
}

function flash(row) {
  row.element.classList.add("changed");
  clearTimeout(row.timer);
  row.timer = setTimeout(() => row.element.classList.remove("changed"), FLASH);
}

function cells(account, edit) {
  const active = account.state === "ACTIVE";
  return [
    h("th", { scope: "row", role: "rowheader" },
      h("span", { class: "account-name", title: account.name }, account.name),
      h("span", { class: "mono quiet" }, account.id),
      account.management && h("span", { class: "badge" }, "management")),
    h("td", { role: "cell", data: { label: "State" } },
      h("span", { class: `state ${active ? "active" : "inactive"}` }, stateWords(account.state))),
    TYPES.map(([type, label]) => contactCell(account, type, label)),
    h("td", { role: "cell", class: "row-acts" },
      h("button", { type: "button", class: "push small", "aria-label": `Edit ${account.name}`,
        data: { act: "edit" }, on: { click: () => edit(account.id) } }, "Edit")),
  ];
}

function contactCell(account, type, label) {
  const contact = account.contacts[type];
  const delayed = account.delayed?.includes(type);
  return h("td", { role: "cell", data: { label }, class: "contact" },
    contact ? [
      h("span", { title: `${contact.Name}, ${contact.Title}` }, contact.Name),
      h("span", { class: "quiet", title: contact.EmailAddress }, breakable(contact.EmailAddress)),
      h("span", { class: "quiet phone", title: contact.PhoneNumber }, contact.PhoneNumber),
    ] : noContact(account, type),
    delayed && h("span", { class: "delayed" }, "still read as before"),
    contact && type === "SECURITY" && h("button", {
      type: "button", class: "plain risk", data: { act: "delete" },
      "aria-label": `Delete the SECURITY contact of ${account.name}`,
      title: "Delete it, as in the AWS console",
      on: { click: () => deleteContact(account, type) },
    }, "Delete"));
}

/** An email address, which rather breaks before its domain than anywhere else. */
function breakable(address) {
  const at = address.lastIndexOf("@");
  return at < 1 ? address : [address.slice(0, at), h("wbr"), address.slice(at)];
}

function noContact(account, type) {
  const bad = type === "SECURITY" && lacksSecurity(account);
  return h("span", { class: bad ? "none bad" : "none quiet" }, "— none");
}

async function deleteContact(account, type) {
  const answer = await ask("DELETE", `aws/contacts/${account.id}/${type}`);
  if (answer.error) return;
  announce(`The ${type} contact of ${account.name} is deleted. The bot isn't notified.`);
}
