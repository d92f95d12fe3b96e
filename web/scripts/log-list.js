// @ts-check
// A list of which only the rows in sight exist. Every row is as high as the next, so that the place of each is known.

(() => {
  'use strict';

  /** As high as `--row` in the stylesheet. */
  const ROW = 28;
  /** Rows beyond the edges, so that scrolling shows no gap before the next frame. */
  const BEYOND = 6;
  const NEARLY_AT_THE_END = ROW / 2;

  /**
   * @typedef {object} Source
   * @property {() => number} length how many rows there are
   * @property {(row: HTMLElement, index: number) => void} fill writes a row
   */

  class LogList {
    /** @type {HTMLElement[]} */
    #pool = [];
    #drawing = false;
    #programmatic = false;

    /** @param {HTMLElement} list @param {HTMLElement} rows @param {Source} source */
    constructor(list, rows, source) {
      this.list = list;
      this.rows = rows;
      this.source = source;
      /** Whether the newest row is kept in sight. */
      this.follows = true;
      /** The row that is chosen; -1 for none. */
      this.chosen = -1;
      list.addEventListener('scroll', () => {
        if (!this.#programmatic) this.follows = this.#isAtTheEnd();
        this.#programmatic = false;
        this.draw();
      });
      new ResizeObserver(() => this.draw()).observe(list);
    }

    #isAtTheEnd() {
      return this.list.scrollTop + this.list.clientHeight >= this.list.scrollHeight - NEARLY_AT_THE_END;
    }

    /** Draws before the next frame, however often it is asked for. */
    draw() {
      if (this.#drawing) return;
      this.#drawing = true;
      requestAnimationFrame(() => {
        this.#drawing = false;
        this.#draw();
      });
    }

    #draw() {
      const { list, rows, source } = this;
      const length = source.length();
      const height = list.clientHeight;
      if (height === 0) return;
      rows.style.height = `${length * ROW}px`;
      if (this.follows) this.#scrollTo(length * ROW - height);
      const first = Math.max(Math.floor(list.scrollTop / ROW) - BEYOND, 0);
      const last = Math.min(Math.ceil((list.scrollTop + height) / ROW) + BEYOND, length);
      while (this.#pool.length < last - first) {
        const row = Crosswire.make('div', 'log-row');
        row.setAttribute('role', 'option');
        this.#pool.push(row);
        rows.append(row);
      }
      // A row that stays in sight keeps its element, so that scrolling by one writes one.
      const places = this.#pool.length;
      for (const [place, row] of this.#pool.entries()) {
        const index = first + ((((place - first) % places) + places) % places);
        row.hidden = index >= last;
        if (row.hidden) continue;
        row.style.transform = `translateY(${index * ROW}px)`;
        row.id = `log-row-${index}`;
        row.dataset['row'] = String(index);
        row.setAttribute('aria-posinset', String(index + 1));
        row.setAttribute('aria-setsize', String(length));
        row.setAttribute('aria-selected', String(index === this.chosen));
        source.fill(row, index);
      }
      const inSight = this.chosen >= first && this.chosen < last;
      if (inSight) list.setAttribute('aria-activedescendant', `log-row-${this.chosen}`);
      else list.removeAttribute('aria-activedescendant');
    }

    /** @param {number} top */
    #scrollTo(top) {
      const wanted = Math.max(Math.round(top), 0);
      if (Math.abs(this.list.scrollTop - wanted) < 1) return;
      this.#programmatic = true;
      this.list.scrollTop = wanted;
    }

    /** Rows have left at the front: what is in sight stays there. @param {number} dropped */
    dropped(dropped) {
      if (dropped === 0) return;
      if (this.chosen >= 0) this.chosen = Math.max(this.chosen - dropped, -1);
      if (!this.follows) this.#scrollTo(this.list.scrollTop - dropped * ROW);
    }

    /** @param {number} row */
    bringIntoSight(row) {
      const { list } = this;
      if (row * ROW < list.scrollTop) list.scrollTop = row * ROW;
      else if ((row + 1) * ROW > list.scrollTop + list.clientHeight)
        list.scrollTop = (row + 1) * ROW - list.clientHeight;
      this.draw();
    }

    /** The first row that is wholly in sight. */
    top() {
      return Math.ceil(this.list.scrollTop / ROW);
    }

    /** How many rows fit. */
    page() {
      return Math.max(Math.floor(this.list.clientHeight / ROW) - 1, 1);
    }
  }

  Crosswire.LogList = LogList;
})();
