// The places of times and values on a chart, and the round numbers beside its axes.

const LEFT = 38;
const RIGHT = 8;
const TOP = 8;
const BOTTOM = 18;

const STEPS = [1, 2, 3, 4, 5, 6, 8];
const TIME_STEPS = [10, 30, 60, 120, 300, 600, 1200, 1800, 3600];

/** Returns the smallest round number that is not below a value. */
function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return (STEPS.find((step) => step * power >= value) ?? 10) * power;
}

export class Scale {
  /**
   * @param {{width: number, height: number}} size  pixels
   * @param {{from: number, until: number}} time    seconds
   * @param {number} most                           the largest value
   */
  constructor({ width, height }, { from, until }, most) {
    Object.assign(this, { width, height, from, until });
    /** The value at the upper end. */
    this.top = roundUp(Math.max(most, 1));
  }

  get left() { return LEFT; }
  get right() { return this.width - RIGHT; }
  get bottom() { return this.height - BOTTOM; }

  x(second) { return LEFT + ((second - this.from) / (this.until - this.from)) * (this.right - LEFT); }
  y(value) { return this.bottom - (value / this.top) * (this.bottom - TOP); }

  /** Returns the time at a place, within the chart. */
  second(x) {
    const part = (x - LEFT) / (this.right - LEFT);
    return this.from + Math.min(1, Math.max(0, part)) * (this.until - this.from);
  }

  /** The values with a line: none, a half and all. */
  get values() { return [0, this.top / 2, this.top]; }

  /** The times with a line: round ones, at least 80 pixels from each other. */
  get times() {
    const perPixel = (this.until - this.from) / (this.right - LEFT);
    const step = TIME_STEPS.find((each) => each / perPixel >= 80) ?? 7200;
    const times = [];
    for (let time = Math.ceil(this.from / step) * step; time <= this.until; time += step) times.push(time);
    return times;
  }
}
