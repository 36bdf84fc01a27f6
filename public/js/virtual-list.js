// A list of rows of one height, of which only the visible ones are in the document.

const MARGIN = 8;

export class VirtualList {
  #scroller;
  #rows;
  #height;
  #draw;
  #items = [];
  #drawn = new Map();
  #isScheduled = false;

  /**
   * @param {HTMLElement} scroller  the element that scrolls
   * @param {number} height         of a row, pixels
   * @param {(item: any) => HTMLElement} draw
   */
  constructor(scroller, height, draw) {
    this.#scroller = scroller;
    this.#height = height;
    this.#draw = draw;
    this.#rows = document.createElement("div");
    this.#rows.className = "rows";
    this.#rows.setAttribute("role", "presentation");
    scroller.append(this.#rows);
    scroller.addEventListener("scroll", () => this.#schedule(), { passive: true });
    new ResizeObserver(() => this.#schedule()).observe(scroller);
  }

  /**
   * Shows these items.
   * @param {any[]} items
   * @param {number} added  the number of new items at the top: the visible rows keep their place
   */
  show(items, added = 0) {
    this.#items = items;
    this.#rows.style.height = `${items.length * this.#height}px`;
    if (added && this.#scroller.scrollTop > this.#height) {
      this.#scroller.scrollTop += added * this.#height;
    }
    this.#schedule();
  }

  #schedule() {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    requestAnimationFrame(() => {
      this.#isScheduled = false;
      this.#render();
    });
  }

  #render() {
    const first = Math.max(0, Math.floor(this.#scroller.scrollTop / this.#height) - MARGIN);
    const count = Math.ceil(this.#scroller.clientHeight / this.#height) + 2 * MARGIN;
    const visible = new Map(
      this.#items.slice(first, first + count).map((item, index) => [item, first + index]));
    for (const [item, row] of this.#drawn) {
      if (visible.has(item)) continue;
      if (row.contains(document.activeElement) && this.#items.includes(item)) {
        // A row with the focus keeps it, outside the visible part.
        row.style.top = `${this.#items.indexOf(item) * this.#height}px`;
        continue;
      }
      row.remove();
      this.#drawn.delete(item);
    }
    // In the order for reading and for the tab key.
    let next = this.#rows.firstChild;
    for (const [item, index] of visible) {
      let row = this.#drawn.get(item);
      if (!row) {
        row = this.#draw(item);
        this.#drawn.set(item, row);
        this.#rows.insertBefore(row, next);
      } else {
        next = row.nextSibling;
      }
      row.style.top = `${index * this.#height}px`;
      row.setAttribute("aria-posinset", index + 1);
      row.setAttribute("aria-setsize", this.#items.length);
    }
  }
}
