// @ts-check
// What the log holds: the newest entries, within a bound of their number and of their bytes. What is left out is counted.

(() => {
  'use strict';

  /** @template {{ held: number }} T */
  class Ring {
    /** @param {{ entries: number, bytes: number }} limits */
    constructor(limits) {
      this.limits = limits;
      /** @type {(T | undefined)[]} */
      this.places = new Array(limits.entries);
      /** Entries have numbers from 0; those from `first` on, and less than `next`, are there. */
      this.first = 0;
      this.next = 0;
      this.bytes = 0;
    }

    get length() {
      return this.next - this.first;
    }

    /** How many entries were let go of to make room, since the log was cleared. */
    get leftOut() {
      return this.first - this.cleared;
    }

    /** The number under which clearing left off. */
    cleared = 0;

    /** Takes an entry that holds so many bytes in memory, and gives its number.
     * @param {T} entry */
    push(entry) {
      const number = this.next;
      if (this.length === this.limits.entries) this.shift();
      this.places[number % this.limits.entries] = entry;
      this.next += 1;
      this.bytes += entry.held;
      // The newest one stays, whatever its size.
      while (this.bytes > this.limits.bytes && this.length > 1) this.shift();
      return number;
    }

    shift() {
      const place = this.first % this.limits.entries;
      this.bytes -= this.places[place]?.held ?? 0;
      this.places[place] = undefined;
      this.first += 1;
    }

    /** @param {number} number @returns {T | undefined} */
    at(number) {
      return number < this.first || number >= this.next ? undefined : this.places[number % this.limits.entries];
    }

    clear() {
      this.places.fill(undefined);
      this.first = this.next;
      this.cleared = this.next;
      this.bytes = 0;
    }
  }

  Crosswire.Ring = Ring;
})();
