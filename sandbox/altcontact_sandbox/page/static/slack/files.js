// Draws the files of a message, with a preview of what is in them.
import { fill, h } from "../shared/dom.js";
import { csvRows, tableOf } from "../blocks/table.js";

const ROWS = 8;
const TEXT_LINES = 12;
const PREVIEW_MOST = 2_000_000;
const texts = new Map();

/** A file: its name, size and link, and what it looks like inside. */
export function fileCard(file) {
  const address = `/control/slack/files/${encodeURIComponent(file.id)}`;
  const name = file.title || file.name;
  const download = h(
    "a", { href: address, download: file.name, "aria-label": `Download ${file.name}` }, "Download",
  );
  const size = sizeOf(file.size);
  const head = h("div", { class: "file-head" },
    h("span", { class: "file-mark", "aria-hidden": "true" }, extension(file.name)),
    h("span", { class: "file-name" },
      h("strong", null, name), h("span", null, file.name, " · ", size)),
    download,
  );
  const label = `File ${file.name}`;
  return h("figure", { class: "file", "aria-label": label }, head, preview(file, address));
}

function preview(file, address) {
  const kind = file.mimetype ?? "";
  if (kind.startsWith("image/")) {
    return h("img", { class: "file-image", src: address, alt: file.title || file.name });
  }
  const isText = kind.startsWith("text/") || kind === "application/json";
  if (!isText || file.size > PREVIEW_MOST) return null;
  const place = h("div", { class: "file-preview" });
  const isTable = kind === "text/csv" || file.name.endsWith(".csv");
  textAt(address).then(
    (text) => fill(place, isTable ? csvPreview(text) : textPreview(text)),
    () => fill(place, h("p", { class: "quiet" }, "Couldn't load the preview.")),
  );
  return place;
}

function textAt(address) {
  if (!texts.has(address)) {
    const asked = fetch(address).then((response) => {
      if (!response.ok) throw new Error(`answered ${response.status}`);
      return response.text();
    });
    asked.catch(() => texts.delete(address));
    texts.set(address, asked);
  }
  return texts.get(address);
}

function csvPreview(text) {
  const rows = csvRows(text.replace(/^\uFEFF/, ""), Infinity);
  const shown = rows.slice(0, ROWS + 1);
  const rest = rows.length - shown.length;
  return [
    tableOf(shown.map((row) => row.map((content) => ({ content, class: null })))),
    rest > 0 && h("p", { class: "quiet" }, `${rest.toLocaleString("en")} more rows in the file`),
  ];
}

function textPreview(text) {
  const all = text.split("\n");
  const rest = all.length - TEXT_LINES;
  return [
    h("pre", { class: "pre" }, all.slice(0, TEXT_LINES).join("\n")),
    rest > 0 && h("p", { class: "quiet" }, `${rest.toLocaleString("en")} more lines in the file`),
  ];
}

function sizeOf(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(1)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

const extension = (name) => (name.includes(".") ? name.split(".").pop().slice(0, 4) : "file");
