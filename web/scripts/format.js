// @ts-check
// Sizes, times and numbers as people read them.

(() => {
  'use strict';

  const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

  /** @param {number} number */
  const count = (number) => grouped.format(number);

  /** @param {number} number @param {string} one @param {string} [many] */
  const plural = (number, one, many = `${one}s`) => `${count(number)} ${number === 1 ? one : many}`;

  /** @param {number} bytes */
  function size(bytes) {
    if (bytes < 1024) return `${bytes} B`;
    const units = ['KiB', 'MiB', 'GiB'];
    let value = bytes / 1024;
    let unit = 0;
    // What would be rounded up to 1024 is one of the next.
    while (value >= 1023.5 && unit < units.length - 1) {
      value /= 1024;
      unit += 1;
    }
    return `${value < 9.95 ? value.toFixed(1) : value.toFixed(0)} ${units[unit]}`;
  }

  /** @param {number} milliseconds */
  function duration(milliseconds) {
    if (milliseconds < 1) return `${(milliseconds * 1000).toFixed(0)} µs`;
    if (milliseconds < 10) return `${milliseconds.toFixed(2)} ms`;
    if (milliseconds < 100) return `${milliseconds.toFixed(1)} ms`;
    if (milliseconds < 9999.5) return `${milliseconds.toFixed(0)} ms`;
    return `${(milliseconds / 1000).toFixed(1)} s`;
  }

  /** Hours to milliseconds, as the person's own clock shows them. @param {number} time */
  function clock(time) {
    const date = new Date(time);
    const two = (/** @type {number} */ part) => String(part).padStart(2, '0');
    const whole = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
    return `${whole}.${String(date.getMilliseconds()).padStart(3, '0')}`;
  }

  Crosswire.format = { count, plural, size, duration, clock };
})();
