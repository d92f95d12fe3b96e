// @ts-check
// Times of round trips: counted in bins that grow by a fifth each for the picture, and kept for exact percentiles.

(() => {
  'use strict';

  const SHORTEST = 0.01;
  const GROWTH = 1.2;
  const BINS = 90;

  class Latencies {
    /** @param {number} most as many as will be recorded */
    constructor(most) {
      this.times = new Float64Array(most);
      this.bins = new Uint32Array(BINS);
      this.count = 0;
      this.sum = 0;
    }

    /** @param {number} milliseconds */
    record(milliseconds) {
      if (this.count === this.times.length) return;
      this.times[this.count] = milliseconds;
      this.count += 1;
      this.sum += milliseconds;
      const bin = Math.floor(Math.log(Math.max(milliseconds, SHORTEST) / SHORTEST) / Math.log(GROWTH));
      const place = Math.min(bin, BINS - 1);
      this.bins[place] = (this.bins[place] ?? 0) + 1;
    }

    /** The times below which these shares of all lie, by the nearest rank. @param {number[]} shares */
    percentiles(shares) {
      const sorted = this.times.slice(0, this.count).sort();
      return shares.map((share) => sorted[Math.max(Math.ceil(share * this.count) - 1, 0)] ?? NaN);
    }

    /** Where a bin begins. @param {number} bin */
    static start(bin) {
      return SHORTEST * GROWTH ** bin;
    }

    /** The bins that hold something, and those between them. */
    range() {
      let first = this.bins.findIndex((bin) => bin > 0);
      if (first < 0) first = 0;
      let last = this.bins.length - 1;
      while (last > first && this.bins[last] === 0) last -= 1;
      return { first, last };
    }
  }

  Crosswire.Latencies = Latencies;
})();
