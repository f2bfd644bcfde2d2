// What bars people from using a page: controls without a name, texts with little contrast.
() => {
  const found = new Set();
  const isShown = (each) => each.checkVisibility({ visibilityProperty: true })
    && each.getClientRects().length > 0;
  const numbers = (colour) => {
    const [red, green, blue, alpha = 1] = colour.match(/[\d.]+/g).map(Number);
    const scale = colour.startsWith("color(") ? 255 : 1;
    return [red * scale, green * scale, blue * scale, alpha];
  };
  const over = (above, below) =>
    [0, 1, 2].map((at) => above[at] * above[3] + below[at] * (1 - above[3])).concat(1);
  const groundOf = (element) => {
    if (!element) return [255, 255, 255, 1];
    const own = numbers(getComputedStyle(element).backgroundColor);
    return own[3] === 1 ? own : over(own, groundOf(element.parentElement));
  };
  const light = (colour) => {
    const [red, green, blue] = colour.slice(0, 3).map((each) => each / 255)
      .map((each) => (each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const solidity = (element) =>
    element ? Number(getComputedStyle(element).opacity) * solidity(element.parentElement) : 1;
  const judge = (element, style, text, own = 1) => {
    const ground = groundOf(element);
    const colour = numbers(style.color);
    colour[3] *= solidity(element) * own;
    if (colour[3] === 0) return;
    const [dark, bright] = [light(over(colour, ground)), light(ground)].sort((a, b) => a - b);
    const contrast = (bright + 0.05) / (dark + 0.05);
    if (contrast < 4.5) found.add(`${contrast.toFixed(2)}: ${text.trim().slice(0, 40)}`);
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const { parentElement: element, textContent: text } = texts.currentNode;
    if (!text.trim() || !isShown(element)) continue;
    if (element.closest(".visually-hidden, [aria-hidden=true], noscript, :disabled")) continue;
    judge(element, getComputedStyle(element), text);
  }
  for (const input of document.querySelectorAll("[placeholder]:enabled")) {
    const style = getComputedStyle(input, "::placeholder");
    if (isShown(input)) judge(input, style, input.placeholder, Number(style.opacity));
  }
  const controls = "button, a[href], input, select, textarea, [role=switch], [role=dialog]";
  for (const control of document.querySelectorAll(controls)) {
    const labels = [control.ariaLabel, control.textContent, control.labels?.[0]?.textContent];
    const by = document.getElementById(control.getAttribute("aria-labelledby"))?.textContent;
    if (isShown(control) && ![...labels, by].some((each) => each?.trim())) {
      found.add(`no name: ${control.outerHTML.slice(0, 80)}`);
    }
  }
  return [...found];
}
