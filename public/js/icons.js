// The pictures of `icons.svg`, for the eye only. They are loaded once and kept in the page: each
// reference to another file would be asked for anew, in vain while the gateway is away.

const SVG = "http://www.w3.org/2000/svg";

fetch("icons.svg").then((answer) => answer.text()).then((text) => {
  const pictures = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  for (const symbol of pictures.querySelectorAll("symbol")) symbol.id = `icon-${symbol.id}`;
  pictures.setAttribute("class", "pictures");
  pictures.setAttribute("aria-hidden", "true");
  document.body.append(pictures);
}).catch(() => {
  // The words are there without them.
});

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.append(use);
  return svg;
}
