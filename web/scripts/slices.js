// @ts-check
// Long work in slices, between which the page draws, scrolls and listens.

(() => {
  'use strict';

  /** Milliseconds, of which nobody notices a few more. */
  const SLICE = 12;

  /** Goes on with the work until it is done, and says so; or until it is no longer wanted. What is short is done when this returns.
   * @param {Iterator<unknown>} work gives its turn back wherever it can wait @param {() => boolean} [isWanted] */
  async function inSlices(work, isWanted = () => true) {
    for (;;) {
      const end = performance.now() + SLICE;
      do {
        if (work.next().done === true) return true;
      } while (performance.now() < end);
      await new Promise((resolve) => setTimeout(resolve));
      if (!isWanted()) return false;
    }
  }

  Crosswire.inSlices = inSlices;
})();
