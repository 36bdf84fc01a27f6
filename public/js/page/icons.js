// The pictures of `icons.svg`, for decoration only. They are loaded once and kept in the page: each
// reference to another file would be requested again, and fail while the gateway cannot be reached.

const SVG = "http://www.w3.org/2000/svg";

fetch("icons.svg").then((answer) => answer.text()).then((text) => {
  const pictures = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  for (const symbol of pictures.querySelectorAll("symbol")) symbol.id = `icon-${symbol.id}`;
  pictures.setAttribute("class", "pictures");
  pictures.setAttribute("aria-hidden", "true");
  document.body.append(pictures);
}).catch(() => {
  // The page has text for each picture.
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
