// Draws a chart: axes with values and times, a stack of types for each part, what is selected.

import { EVENT_TYPES } from "../../directory-events.js";
import { clock } from "../page/clock.js";

/**
 * @param {HTMLCanvasElement} canvas
 * @param {import("./scale.js").Scale} scale
 * @param {{parts: object[], width: number, selected?: {from: number, until: number}, cursor?: number}} content
 *   `width` is that of a part, seconds; `cursor` is the index of the part that is pointed at
 */
export function paint(canvas, scale, { parts, width, selected, cursor }) {
  const ratio = devicePixelRatio || 1;
  const [wide, tall] = [Math.round(scale.width * ratio), Math.round(scale.height * ratio)];
  if (canvas.width !== wide) canvas.width = wide;
  if (canvas.height !== tall) canvas.height = tall;
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, scale.width, scale.height);
  const style = getComputedStyle(document.documentElement);
  const known = new Map();
  const color = (name) => {
    if (!known.has(name)) known.set(name, style.getPropertyValue(`--${name}`).trim());
    return known.get(name);
  };
  axes(context, scale, color);
  bars(context, scale, parts, width, color);
  if (selected) shade(context, scale, selected, color);
  if (cursor !== undefined) {
    const x = Math.round(scale.x(scale.from + (cursor + 0.5) * width)) + 0.5;
    context.strokeStyle = color("ink");
    line(context, x, 0, x, scale.bottom);
  }
}

function axes(context, scale, color) {
  context.font = `11px ${getComputedStyle(document.body).fontFamily}`;
  context.fillStyle = color("soft");
  context.strokeStyle = color("edge");
  context.lineWidth = 1;
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const value of scale.values) {
    const y = Math.round(scale.y(value)) + 0.5;
    line(context, scale.left, y, scale.right, y);
    context.fillText(value.toLocaleString(), scale.left - 6, Math.max(6, y));
  }
  context.textAlign = "center";
  context.textBaseline = "alphabetic";
  for (const time of scale.times) {
    const x = Math.round(scale.x(time)) + 0.5;
    line(context, x, scale.bottom, x, scale.bottom + 4);
    const words = clock(new Date(time * 1000));
    const half = context.measureText(words).width / 2;
    if (x - half > 0 && x + half < scale.width) context.fillText(words, x, scale.height - 2);
  }
}

function bars(context, scale, parts, width, color) {
  parts.forEach((counts, index) => {
    const left = scale.x(scale.from + index * width);
    const right = scale.x(scale.from + (index + 1) * width);
    let sum = 0;
    for (const type of EVENT_TYPES) {
      if (!counts[type]) continue;
      const [from, until] = [scale.y(sum / width), scale.y((sum + counts[type]) / width)];
      sum += counts[type];
      context.fillStyle = color(type);
      const begin = Math.max(scale.left, left);
      context.fillRect(begin, until, Math.max(1, Math.min(right, scale.right) - begin - 1), Math.max(1, from - until));
    }
  });
}

function shade(context, scale, { from, until }, color) {
  const [left, right] = [scale.x(Math.max(from, scale.from)), scale.x(Math.min(until, scale.until))];
  if (right <= left) return;
  context.globalAlpha = 0.18;
  context.fillStyle = color("accent");
  context.fillRect(left, 0, right - left, scale.bottom);
  context.globalAlpha = 1;
  context.strokeStyle = color("accent");
  for (const x of [left, right]) line(context, Math.round(x) + 0.5, 0, Math.round(x) + 0.5, scale.bottom);
}

function line(context, ...places) {
  const [x, y, toX, toY] = places;
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(toX, toY);
  context.stroke();
}
