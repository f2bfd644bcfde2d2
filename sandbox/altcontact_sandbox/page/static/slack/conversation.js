// Decides which messages a person sees in a place, and how they are grouped.
import { ui } from "../shared/store.js";
import { dayOf, momentOf } from "../shared/times.js";

const TOGETHER = 300;

/** Whether the one who looks may see a message here at all. */
export function isVisible(message) {
  return !message.deleted && (!message.to || message.to === ui.me);
}

/** Whether a message is an answer in a thread. */
export const isAnswer = (message) => Boolean(message.thread_ts) && message.thread_ts !== message.ts;

/** The messages of a channel, oldest first, without what stands in threads alone. */
export function messagesOf(messages, channel) {
  const found = [...messages.values()].filter(
    (each) => each.channel === channel && isVisible(each) && (!isAnswer(each) || each.broadcast),
  );
  return found.sort((one, other) => Number(one.ts) - Number(other.ts));
}

/** The answers of a thread, oldest first. */
export function answersOf(messages, channel, ts) {
  const found = [...messages.values()].filter(
    (each) =>
      each.channel === channel && each.thread_ts === ts && isAnswer(each) && isVisible(each),
  );
  return found.sort((one, other) => Number(one.ts) - Number(other.ts));
}

/** How many answers each thread of a channel has: a Map by the first message's `ts`. */
export function answerCounts(messages, channel) {
  const counts = new Map();
  for (const each of messages.values()) {
    if (each.channel !== channel || !isAnswer(each) || !isVisible(each)) continue;
    counts.set(each.thread_ts, (counts.get(each.thread_ts) ?? 0) + 1);
  }
  return counts;
}

/** Whether a message follows another one closely enough to stand under the same name. */
export function isTogether(before, message) {
  return (
    before !== undefined &&
    before.user === message.user &&
    Boolean(before.ephemeral) === Boolean(message.ephemeral) &&
    Number(message.ts) - Number(before.ts) < TOGETHER &&
    isSameDay(before, message)
  );
}

/** Whether two messages are of one day. */
export const isSameDay = (one, other) => dayOf(momentOf(one.ts)) === dayOf(momentOf(other.ts));
