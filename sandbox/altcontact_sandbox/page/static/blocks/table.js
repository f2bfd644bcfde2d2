// Draws tables: the table block, and the first rows of a CSV file.
import { h } from "../shared/dom.js";
import { textOf } from "./mrkdwn.js";
import { richText } from "./rich_text.js";

/** A table block; its first row is its head. */
export function tableBlock(block) {
  const settings = block.column_settings ?? [];
  const rows = (block.rows ?? []).map((row) =>
    row.map((cell, column) => ({
      content: cellOf(cell),
      class: [
        { center: "center", right: "right" }[settings[column]?.align] ?? "",
        settings[column]?.is_wrapped ? "wrapped" : "",
      ].join(" ").trim(),
    })),
  );
  return tableOf(rows);
}

/** A table of rows of `{content, class}`; the first row is its head. */
export function tableOf(rows) {
  const [head, ...rest] = rows;
  const cell = (tag, props) => (each) => h(tag, { ...props, class: each.class }, each.content);
  const body = rest.map((row) => h("tr", null, row.map(cell("td"))));
  return h(
    "div", { class: "table-frame", tabindex: "0", role: "group", "aria-label": "Table" },
    h("table", null,
      h("thead", null, h("tr", null, (head ?? []).map(cell("th", { scope: "col" })))),
      h("tbody", null, body),
    ),
  );
}

/** The rows of a CSV text, as far as they are complete; quotes may hold commas and line ends. */
export function csvRows(text, most) {
  const rows = [];
  let row = [];
  let field = "";
  let quoted = false;
  for (let at = 0; at < text.length && rows.length < most; at += 1) {
    const letter = text[at];
    if (quoted) {
      if (letter !== '"') field += letter;
      else if (text[at + 1] === '"') field += text[(at += 1)];
      else quoted = false;
    } else if (letter === '"') {
      quoted = true;
    } else if (letter === "," || letter === "\n") {
      row.push(field);
      field = "";
      if (letter === "\n") rows.push(row.splice(0));
    } else if (letter !== "\r") {
      field += letter;
    }
  }
  if (rows.length < most && (field || row.length)) rows.push([...row, field]);
  return rows;
}

function cellOf(cell) {
  if (cell.type === "rich_text") return richText(cell);
  if (cell.type === "plain_text" || cell.type === "mrkdwn") return textOf(cell);
  return String(cell.text ?? cell.value ?? "");
}
