// AWS's names for things, and what it calls them in words.

/** The contact types, as AWS names them, with the label of the console. */
export const TYPES = [
  ["SECURITY", "Security"], ["BILLING", "Billing"], ["OPERATIONS", "Operations"],
];

/** The members of a contact, as AWS names them, with label and an example. */
export const MEMBERS = [
  ["Name", "Full name", "Security Team"],
  ["Title", "Title", "Security Operations"],
  ["EmailAddress", "Email address", "aws-security@corp.internal"],
  ["PhoneNumber", "Phone number", "+44 20 7946 0018"],
];

const STATES = {
  ACTIVE: "Active",
  SUSPENDED: "Suspended",
  CLOSED: "Closed",
  PENDING_CLOSURE: "Pending closure",
  PENDING_ACTIVATION: "Pending activation",
};

/** An account's state in words. */
export function stateWords(state) {
  return STATES[state] ?? state;
}

/** What changed between two looks at an account, in words: ["SECURITY contact set", …]. */
export function differences(before, after) {
  const found = [];
  for (const [type] of TYPES) {
    const [was, is] = [before.contacts[type], after.contacts[type]];
    if (JSON.stringify(was) === JSON.stringify(is)) continue;
    found.push(`${type} contact ${is ? (was ? "changed" : "set") : "deleted"}`);
  }
  if (before.state !== after.state) found.push(`now ${stateWords(after.state).toLowerCase()}`);
  if (before.name !== after.name) found.push("renamed");
  return found;
}

/** Whether an account that is in use lacks its SECURITY contact. */
export function lacksSecurity(account) {
  return account.state === "ACTIVE" && !account.contacts.SECURITY;
}
