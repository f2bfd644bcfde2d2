// Draws images: this page's own, and a placeholder for those from elsewhere, never fetched.
import { h } from "../shared/dom.js";

/** An image as a block or an element; `kind` is its class. */
export function imageOf(image, kind) {
  const alt = image.alt_text ?? "";
  const address = ownAddress(image);
  if (address) return h("img", { class: `image ${kind}`, src: address, alt });
  const title = `External images aren't loaded here: ${image.image_url ?? ""}`;
  return h("span", { class: `image away ${kind}`, role: "img", "aria-label": alt, title },
    h("span", { "aria-hidden": "true" }, kind === "wide" ? `🖼 ${alt}` : "🖼"));
}

function ownAddress(image) {
  const file = image.slack_file?.id;
  if (file) return `/control/slack/files/${encodeURIComponent(file)}`;
  if (!image.image_url) return "";
  if (image.image_url.startsWith("data:image/")) return image.image_url;
  const { origin, href } = new URL(image.image_url, location.href);
  return origin === location.origin ? href : "";
}
