// @ts-check
// Which entries of the log are shown, and in which row: their numbers, in order. Those that are let go of leave at the front.

(() => {
  'use strict';

  /** So many rows may be gone at the front before the list is made shorter. */
  const SLACK = 4096;

  class Selection {
    /** @type {number[]} */
    #numbers = [];
    #gone = 0;

    get length() {
      return this.#numbers.length - this.#gone;
    }

    /** @param {number} number */
    push(number) {
      this.#numbers.push(number);
    }

    /** @param {number} row @returns {number | undefined} */
    at(row) {
      return row < 0 ? undefined : this.#numbers[this.#gone + row];
    }

    /** The row of an entry, or of the first one behind it. @param {number} number */
    rowOf(number) {
      let low = this.#gone;
      let high = this.#numbers.length;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if ((this.#numbers[middle] ?? 0) < number) low = middle + 1;
        else high = middle;
      }
      return low - this.#gone;
    }

    /** Lets go of what is older than this, and says how many rows that were. @param {number} first */
    dropBefore(first) {
      const dropped = this.rowOf(first);
      this.#gone += dropped;
      if (this.#gone > SLACK && this.#gone * 2 > this.#numbers.length) {
        this.#numbers = this.#numbers.slice(this.#gone);
        this.#gone = 0;
      }
      return dropped;
    }

    clear() {
      this.#numbers = [];
      this.#gone = 0;
    }
  }

  Crosswire.Selection = Selection;
})();
