// Runs the scheduled check now, for the bar and the tour, and says why it cannot.
import { announce } from "../shared/dom.js";
import { ask, changed, store } from "../shared/store.js";

let asking = false;

/** Whether a check that was asked for here is on its way. */
export function checking() {
  return asking;
}

/** Why no check can be run now; empty where one can. */
export function checkBarred() {
  if (!store.online || !store.bot) return "The sandbox isn't responding.";
  if (!store.bot.managed) return "This sandbox was started with --no-bot, so it runs no bot.";
  if (!store.bot.running) return "The bot isn't running.";
  return "";
}

/** Asks for the scheduled check, and says what comes of it. */
export async function runCheck() {
  if (asking || checkBarred()) return;
  asking = true;
  changed("bot");
  const answer = await ask("POST", "bot/check");
  asking = false;
  changed("bot");
  if (answer.error) return;
  changed("checked");
  announce("The scheduled check is running. New findings are posted to #security-alerts.");
}
