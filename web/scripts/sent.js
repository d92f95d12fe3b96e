// @ts-check
// What was sent before, to go back to and forward again. What was being written is kept at the end.

(() => {
  'use strict';

  class Sent {
    /** @param {number} most */
    constructor(most) {
      this.most = most;
      /** @type {string[]} */
      this.texts = [];
      this.place = 0;
      this.draft = '';
    }

    /** @param {string} text */
    add(text) {
      if (text !== '' && this.texts.at(-1) !== text) this.texts.push(text);
      if (this.texts.length > this.most) this.texts.shift();
      this.place = this.texts.length;
      this.draft = '';
    }

    /** The one before; null where there is none. @param {string} current */
    earlier(current) {
      if (this.place === 0) return null;
      if (this.place === this.texts.length) this.draft = current;
      this.place -= 1;
      return this.texts[this.place] ?? null;
    }

    /** The one behind, or what was being written. */
    later() {
      if (this.place >= this.texts.length) return null;
      this.place += 1;
      return this.place === this.texts.length ? this.draft : (this.texts[this.place] ?? null);
    }
  }

  Crosswire.Sent = Sent;
})();
