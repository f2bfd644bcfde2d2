// The emoji that Slack knows by a name, as far as apps of this kind use them.

const EMOJI = {
  "+1": "👍", "-1": "👎", thumbsup: "👍", thumbsdown: "👎", wave: "👋", clap: "👏", pray: "🙏",
  ok_hand: "👌", raised_hands: "🙌", muscle: "💪", eyes: "👀", point_right: "👉", point_left: "👈",
  point_up: "☝️", point_down: "👇", smile: "😄", slightly_smiling_face: "🙂", blush: "😊",
  joy: "😂", thinking_face: "🤔", cry: "😢", scream: "😱", sweat_smile: "😅", robot_face: "🤖",
  heart: "❤️", fire: "🔥", tada: "🎉", sparkles: "✨", star: "⭐", rocket: "🚀", bulb: "💡",
  white_check_mark: "✅", heavy_check_mark: "✔️", ballot_box_with_check: "☑️", x: "❌",
  heavy_multiplication_x: "✖️", negative_squared_cross_mark: "❎", o: "⭕", warning: "⚠️",
  rotating_light: "🚨", no_entry: "⛔", no_entry_sign: "🚫", exclamation: "❗", question: "❓",
  grey_exclamation: "❕", grey_question: "❔", bangbang: "‼️", information_source: "ℹ️",
  red_circle: "🔴", large_orange_circle: "🟠", large_yellow_circle: "🟡",
  large_green_circle: "🟢", large_blue_circle: "🔵", white_circle: "⚪", black_circle: "⚫",
  large_red_square: "🟥", large_green_square: "🟩", hourglass: "⌛", hourglass_flowing_sand: "⏳",
  stopwatch: "⏱️", alarm_clock: "⏰", clock1: "🕐", calendar: "📆", date: "📅", bell: "🔔",
  no_bell: "🔕", mega: "📣", loudspeaker: "📢", speech_balloon: "💬", email: "📧", envelope: "✉️",
  incoming_envelope: "📨", mailbox: "📫", telephone: "☎️", phone: "☎️", telephone_receiver: "📞",
  iphone: "📱", lock: "🔒", unlock: "🔓", key: "🔑", shield: "🛡️", mag: "🔍", link: "🔗",
  paperclip: "📎", memo: "📝", pencil: "📝", pencil2: "✏️", clipboard: "📋", page_facing_up: "📄",
  bookmark: "🔖", label: "🏷️", file_folder: "📁", card_index: "📇", bar_chart: "📊",
  chart_with_upwards_trend: "📈", chart_with_downwards_trend: "📉", gear: "⚙️", wrench: "🔧",
  hammer: "🔨", hammer_and_wrench: "🛠️", toolbox: "🧰", package: "📦", wastebasket: "🗑️",
  recycle: "♻️", arrows_counterclockwise: "🔄", repeat: "🔁", leftwards_arrow_with_hook: "↩️",
  arrow_right: "➡️", arrow_left: "⬅️", arrow_up: "⬆️", arrow_down: "⬇️", arrow_forward: "▶️",
  fast_forward: "⏩", heavy_plus_sign: "➕", heavy_minus_sign: "➖", zap: "⚡", cloud: "☁️",
  sunny: "☀️", umbrella: "☔", snowflake: "❄️", globe_with_meridians: "🌐", earth_africa: "🌍",
  bug: "🐛", office: "🏢", bust_in_silhouette: "👤", busts_in_silhouette: "👥",
  construction: "🚧", sos: "🆘", new: "🆕", ok: "🆗", "100": "💯", zzz: "💤", test_tube: "🧪",
  herb: "🌿", seedling: "🌱", palm_tree: "🌴", coffee: "☕", trophy: "🏆", checkered_flag: "🏁",
  stethoscope: "🩺", triangular_flag_on_post: "🚩", crossed_flags: "🎌", house: "🏠", detective: "🕵️", scroll: "📜",
};

/** An emoji by its name, a skin tone left away; undefined where the name is not known. */
export function emojiOf(name) {
  const bare = name.replace(/::skin-tone-\d$/, "");
  return Object.hasOwn(EMOJI, bare) ? EMOJI[bare] : undefined;
}
