// Moments as people read them, in the reader's own zone: times, days, and Slack's date tokens.

const LANGUAGE = "en-US";
const DAY = 86_400_000;

const format = (options) => {
  const made = new Intl.DateTimeFormat(LANGUAGE, options);
  return (moment) => made.format(moment);
};

const time = format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const timeSeconds = format({
  hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
});
const full = format({ dateStyle: "full", timeStyle: "long", hourCycle: "h23" });
const weekday = format({ weekday: "long" });
const month = format({ month: "long" });
const short = format({ month: "short", day: "numeric", year: "numeric" });

/** A message's moment, from its `ts`. */
export const momentOf = (ts) => new Date(Number(ts) * 1000);

/** "09:14". */
export const timeOf = (moment) => time(moment);

/** Everything that there is to tell of a moment, for a title. */
export const fullOf = (moment) => full(moment);

/** Which day it is, to be compared. */
export const dayOf = (moment) => moment.toDateString();

/** A day as the line between messages tells it: "Today", or "Tuesday, November 24th". */
export function dayName(moment) {
  const near = nearDay(moment);
  if (near) return near[0].toUpperCase() + near.slice(1);
  return `${weekday(moment)}, ${monthDay(moment)}`;
}

/** A Slack date: `{date_short_pretty} {time}` and the like, filled in. */
export function slackDate(seconds, pattern) {
  const moment = new Date(seconds * 1000);
  return pattern.replace(/\{(\w+)\}/g, (whole, token) => TOKENS[token]?.(moment) ?? whole);
}

const TOKENS = {
  date_num: (moment) =>
    [moment.getFullYear(), moment.getMonth() + 1, moment.getDate()]
      .map((part) => String(part).padStart(2, "0"))
      .join("-"),
  date: (moment) => dateWords(moment),
  date_short: (moment) => short(moment),
  date_long: (moment) => `${weekday(moment)}, ${dateWords(moment)}`,
  date_pretty: (moment) => nearDay(moment) || dateWords(moment),
  date_short_pretty: (moment) => nearDay(moment) || short(moment),
  date_long_pretty: (moment) => nearDay(moment) || `${weekday(moment)}, ${dateWords(moment)}`,
  time: (moment) => time(moment),
  time_secs: (moment) => timeSeconds(moment),
  ago: (moment) => ago(moment),
};

function nearDay(moment) {
  const days = { yesterday: -1, today: 0, tomorrow: 1 };
  const now = Date.now();
  const isNear = (offset) => dayOf(new Date(now + offset * DAY)) === dayOf(moment);
  return Object.keys(days).find((name) => isNear(days[name])) ?? "";
}

function monthDay(moment) {
  const day = moment.getDate();
  const teen = day > 10 && day < 14;
  const ending = (!teen && { 1: "st", 2: "nd", 3: "rd" }[day % 10]) || "th";
  return `${month(moment)} ${day}${ending}`;
}

const dateWords = (moment) => `${monthDay(moment)}, ${moment.getFullYear()}`;

function ago(moment) {
  const words = new Intl.RelativeTimeFormat(LANGUAGE, { numeric: "auto" });
  const seconds = (moment.getTime() - Date.now()) / 1000;
  const units = [["day", 86_400], ["hour", 3600], ["minute", 60]];
  const [unit, size] = units.find(([, each]) => Math.abs(seconds) >= each) ?? ["second", 1];
  return words.format(Math.round(seconds / size), unit);
}
