// The bar's state in words: how the bot does, and when it checks next.

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How the bot does: `{kind: "good" | "wait" | "bad", text, hint}`. */
export function botState(bot, connected) {
  if (!bot.managed) {
    return connected
      ? { kind: "good", text: "Your bot is connected", hint: "Started without its own bot." }
      : { kind: "wait", text: "Waiting for your bot", hint: "Give your bot the printed settings." };
  }
  if (bot.running) {
    return connected
      ? { kind: "good", text: "Bot connected", hint: "The bot is running and connected to Slack." }
      : { kind: "wait", text: "Bot connecting…", hint: "The bot is running, but not connected to Slack yet." };
  }
  if (bot.exit_status === null || bot.exit_status === undefined) {
    return { kind: "wait", text: "Bot not running", hint: "The bot hasn't started yet." };
  }
  return {
    kind: "bad",
    text: `Bot stopped (exit status ${bot.exit_status})`,
    hint: "The terminal that started the sandbox shows where its log is.",
  };
}

/** When the next check is: `{text: "Next check tomorrow 09:00 UTC", away: "in 16 h"}`. */
export function nextCheck(bot, now = new Date()) {
  if (!bot.managed) return { text: "Your bot has its own schedule", away: "" };
  const at = bot.next_check ? new Date(bot.next_check) : null;
  if (!at || Number.isNaN(at.getTime())) return { text: "No check is scheduled", away: "" };
  const zone = known(bot.timezone);
  const time = new Intl.DateTimeFormat("en-GB", {
    hour: "2-digit", minute: "2-digit", timeZone: zone,
  }).format(at);
  return { text: `Next check ${dayOf(at, now, zone)} ${time} ${zone}`, away: away(at - now) };
}

function known(zone) {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone || "UTC" }) && (zone || "UTC");
  } catch {
    // The bot's own list of time zones may know one that this browser does not.
    return "UTC";
  }
}

function dayOf(at, now, zone) {
  const date = (moment) =>
    new Intl.DateTimeFormat("en-CA", { timeZone: zone }).format(moment);
  if (date(at) === date(now)) return "today";
  if (date(at) === date(new Date(now.getTime() + DAY))) return "tomorrow";
  return new Intl.DateTimeFormat("en-GB", {
    weekday: "short", day: "numeric", month: "short", timeZone: zone,
  }).format(at);
}

function away(milliseconds) {
  if (milliseconds < MINUTE) return "any moment";
  if (milliseconds < HOUR) return `in ${Math.round(milliseconds / MINUTE)} min`;
  if (milliseconds < 2 * DAY) return `in ${Math.round(milliseconds / HOUR)} h`;
  return `in ${Math.round(milliseconds / DAY)} days`;
}

/** A number with its noun: "1 account", "12 accounts". */
export function count(number, noun) {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}

/** A name as a title has it: "Alice". */
export function titled(name) {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
