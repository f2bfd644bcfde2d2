// What the composer offers while a slash command is typed: commands first, then accounts.

const ACCOUNTS_OFFERED = 8;

/**
 * What to offer.
 *
 * @param {string} text - what stands in the box.
 * @param {Array} commands - as in `app.commands`.
 * @param {Iterable} accounts - as in `aws.accounts`.
 * @returns {{options: Array, chosen: number}} options as `{insert, label, argument, detail}`, and
 *   which of them Enter takes: -1 where Enter sends what was typed.
 */
export function offer(text, commands, accounts) {
  if (!text.startsWith("/") || text.includes("\n")) return { options: [], chosen: -1 };
  const typed = text.toLowerCase();
  const wanted = commands.find((each) => each.argument && typed.startsWith(`${lineOf(each)} `));
  if (wanted) {
    const line = lineOf(wanted);
    const rest = typed.slice(line.length + 1).trim();
    return { options: accountOptions(line, rest, accounts), chosen: -1 };
  }
  const options = commands
    .filter((each) => `${lineOf(each)} `.startsWith(typed))
    .map((each) => commandOption(each, lineOf(each)));
  return { options, chosen: options.length && !complete(text, commands) ? 0 : -1 };
}

/** Whether what was typed is a command already, so that Enter sends it. */
function complete(text, commands) {
  const typed = text.trim().toLowerCase();
  return commands.some((each) => each.command === typed || lineOf(each) === typed);
}

/** The command of a line that no app has; empty where there is none. */
export function unknownCommand(line, commands) {
  const word = line.split(/\s/, 1)[0];
  return commands.some((each) => each.command === word.toLowerCase()) ? "" : word;
}

function lineOf({ command, words }) {
  return words ? `${command} ${words}` : command;
}

function commandOption({ argument, description }, line) {
  return { insert: argument ? `${line} ` : line, label: line, argument, detail: description };
}

function accountOptions(line, typed, accounts) {
  const found = [];
  for (const { id, name } of accounts) {
    const called = name.toLowerCase();
    if (id === typed || called === typed) return [];
    if (!called.includes(typed) && !id.startsWith(typed)) continue;
    found.push({ insert: `${line} ${id}`, label: name, argument: "", detail: id });
  }
  return found.slice(0, ACCOUNTS_OFFERED);
}
