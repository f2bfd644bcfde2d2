// Where the options of select menus come from: the menu itself, the workspace, or the app.
import { wordsOf } from "./mrkdwn.js";
import { act, store } from "../shared/store.js";

/**
 * Groups of options, as `[{label, options: [{value, text, small}]}]`.
 *
 * @param {object} element
 * @param {string} typed - what was typed; every word of it must stand in an option.
 */
export function offered(element, typed) {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (option) => words.every((word) => option.text.toLowerCase().includes(word));
  return groupsOf(element)
    .map((group) => ({ ...group, options: group.options.filter(fits) }))
    .filter((group) => group.options.length);
}

/** Groups of options that the app suggests; `error` where it did not answer. */
export async function suggested({ element, block, surface }, typed) {
  const { place } = surface;
  const given = { action_id: element.action_id, block_id: block.block_id, typed };
  const answer = await act("suggest", { ...place, ...given }, { quiet: true });
  if (answer.error || answer.acked === false) return { groups: [], error: true };
  return { groups: shaped(answer), error: false };
}

/** All options of an element that are known by now; `before` are those that the app suggested. */
export function known(element, before) {
  const first = element.initial_option ? [element.initial_option] : element.initial_options ?? [];
  const own = groupsOf(element).flatMap((group) => group.options);
  return [...own, ...[...first, ...before].map(optionOf)];
}

function groupsOf(element) {
  const people = () =>
    (store.slack?.people ?? [])
      .map(({ id, name, role }) => ({ value: id, text: name, small: role }));
  const channels = () =>
    (store.slack?.channels ?? [])
      .filter((each) => each.kind !== "im" && !each.is_archived)
      .map(({ id, name }) => ({ value: id, text: `# ${name}`, small: "" }));
  const source = element.type.replace(/^multi_/, "");
  if (source === "users_select") return [{ label: "", options: people() }];
  if (source === "channels_select") return [{ label: "", options: channels() }];
  if (source === "conversations_select") {
    return [{ label: "Channels", options: channels() }, { label: "People", options: people() }];
  }
  return shaped(element);
}

function shaped({ options, option_groups: groups }) {
  if (groups?.length) {
    return groups.map((group) => ({
      label: wordsOf(group.label), options: (group.options ?? []).map(optionOf),
    }));
  }
  return options?.length ? [{ label: "", options: options.map(optionOf) }] : [];
}

const optionOf = ({ value, text, description }) =>
  ({ value, text: wordsOf(text), small: wordsOf(description) });
