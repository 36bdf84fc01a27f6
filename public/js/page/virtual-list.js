// A list of rows of one height, of which only the visible ones are in the document. One row at a time
// can be reached with the tab key; the arrow keys move between the rows.

const MARGIN = 8;

export class VirtualList {
  #scroller;
  #rows;
  #height;
  #draw;
  #items = [];
  #drawn = new Map();
  /** The item that the tab key reaches. */
  #reached;
  #isScheduled = false;

  /**
   * @param {HTMLElement} scroller  the element that scrolls
   * @param {() => number} height   of a row, pixels
   * @param {(item: any) => HTMLElement} draw  a row; its `.open` button is what the keys reach
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
    scroller.addEventListener("keydown", (event) => this.#key(event));
    scroller.addEventListener("focusin", ({ target }) => {
      const item = this.#itemOf(target);
      if (item) this.#reached = item;
    });
    new ResizeObserver(() => this.#schedule()).observe(scroller);
  }

  /**
   * Shows these items.
   * @param {any[]} items
   * @param {number} added  the number of new items at the top: the visible rows keep their place
   */
  show(items, added = 0) {
    this.#items = items;
    const height = this.#height();
    this.#rows.style.height = `${items.length * height}px`;
    if (added && this.#scroller.scrollTop > height) this.#scroller.scrollTop += added * height;
    this.#schedule();
  }

  /** Draws the rows again that fit a condition; the focus stays. */
  redraw(condition = () => true) {
    for (const [item, row] of this.#drawn) {
      if (!condition(item)) continue;
      const hadFocus = row.contains(document.activeElement);
      const fresh = this.#draw(item);
      row.replaceWith(fresh);
      this.#drawn.set(item, fresh);
      if (hadFocus) opener(fresh)?.focus({ preventScroll: true });
    }
    this.#render();
  }

  /** Moves the focus to a row. */
  focus(item) {
    const index = this.#items.indexOf(item);
    if (index < 0) return;
    this.reveal(item);
    opener(this.#drawn.get(item))?.focus({ preventScroll: true });
  }

  /** Scrolls until a row is in sight. */
  reveal(item) {
    const [top, height] = [this.#items.indexOf(item) * this.#height(), this.#height()];
    const { scrollTop, clientHeight } = this.#scroller;
    if (top < scrollTop) this.#scroller.scrollTop = top;
    else if (top + height > scrollTop + clientHeight) this.#scroller.scrollTop = top + height - clientHeight;
    this.#reached = item;
    this.#render();
  }

  #itemOf(element) {
    for (const [item, row] of this.#drawn) if (row.contains(element)) return item;
    return undefined;
  }

  #key(event) {
    const page = Math.max(1, Math.floor(this.#scroller.clientHeight / this.#height()) - 1);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    const step = steps[event.key];
    if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const current = this.#items.indexOf(this.#itemOf(document.activeElement));
    // The list itself has the focus: it scrolls.
    if (current < 0) return;
    event.preventDefault();
    const last = this.#items.length - 1;
    let index = Math.min(last, Math.max(0, current + step));
    // Marks cannot be opened.
    while (index > 0 && index < last && this.#items[index].mark) index += Math.sign(step);
    this.focus(this.#items[index]);
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
    const height = this.#height();
    const first = Math.max(0, Math.floor(this.#scroller.scrollTop / height) - MARGIN);
    const count = Math.ceil(this.#scroller.clientHeight / height) + 2 * MARGIN;
    const visible = new Map(
      this.#items.slice(first, first + count).map((item, index) => [item, first + index]));
    for (const [item, row] of this.#drawn) {
      if (visible.has(item)) continue;
      if (row.contains(document.activeElement) && this.#items.includes(item)) {
        // A row with the focus keeps it, outside the visible part.
        row.style.top = `${this.#items.indexOf(item) * height}px`;
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
      row.style.top = `${index * height}px`;
      row.setAttribute("aria-posinset", index + 1);
      row.setAttribute("aria-setsize", this.#items.length);
    }
    this.#setReach([...visible.keys()]);
  }

  #setReach(visible) {
    const reached = this.#drawn.has(this.#reached) ? this.#reached : visible.find((item) => !item.mark);
    for (const [item, row] of this.#drawn) {
      const button = opener(row);
      if (button) button.tabIndex = item === reached ? 0 : -1;
    }
  }
}

const opener = (row) => row?.querySelector(".open");
