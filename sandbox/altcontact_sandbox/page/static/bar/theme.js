// The theme, light or dark: as the system has it until somebody chooses.
import { recall, remember } from "../shared/memory.js";

const dark = window.matchMedia("(prefers-color-scheme: dark)");

/** What can be chosen: value and label. */
export const THEMES = [["system", "System"], ["light", "Light"], ["dark", "Dark"]];

/** What is chosen: one of the values. */
export function chosenTheme() {
  const theme = recall("theme", "system");
  return THEMES.some(([value]) => value === theme) ? theme : "system";
}

/** Chooses a theme, and keeps to it. */
export function chooseTheme(theme) {
  remember("theme", theme);
  apply();
}

function apply() {
  const theme = chosenTheme();
  const shown = theme === "system" ? (dark.matches ? "dark" : "light") : theme;
  document.documentElement.dataset.theme = shown;
}

dark.addEventListener("change", apply);
apply();
