// @ts-check
// Small things that many scripts need: finding a part of the page, making one, and saying something to those who listen.

(() => {
  'use strict';

  /** The part of the page with this id; the page is broken without it.
   * @template {HTMLElement} T
   * @param {string} id @param {{ new (): T, prototype: T }} type @returns {T} */
  function part(id, type) {
    const found = document.getElementById(id);
    if (!(found instanceof type)) throw new Error(`the page has no ${type.name} #${id}`);
    return found;
  }

  /** @template {keyof HTMLElementTagNameMap} K
   * @param {K} tag @param {string} className @param {...(string | Node)} content @returns {HTMLElementTagNameMap[K]} */
  function make(tag, className, ...content) {
    const element = document.createElement(tag);
    if (className !== '') element.className = className;
    element.append(...content);
    return element;
  }

  /** Shows a text, or hides its place where there is none. @param {HTMLElement} place @param {string} text */
  function tell(place, text) {
    if (place.textContent !== text) place.textContent = text;
    place.hidden = text === '';
  }

  /** For a screen reader; it is seen elsewhere. @param {string} text */
  function announce(text) {
    const place = part('announcer', HTMLElement);
    // The same words twice are told twice only where something lies between.
    place.textContent = '';
    requestAnimationFrame(() => {
      place.textContent = text;
    });
  }

  /** Where the browser keeps things; it may be told to keep nothing. */
  const kept = {
    /** @param {string} name */
    read(name) {
      try {
        return localStorage.getItem(`crosswire.${name}`);
      } catch {
        return null;
      }
    },
    /** @param {string} name @param {string} value */
    write(name, value) {
      try {
        localStorage.setItem(`crosswire.${name}`, value);
      } catch {
        // It is typed again next time.
      }
    },
  };

  /** @param {string} text @param {string} done */
  async function copy(text, done) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const field = make('textarea', 'out-of-sight');
      field.value = text;
      document.body.append(field);
      field.select();
      const copied = document.execCommand('copy');
      field.remove();
      if (!copied) return announce('The browser does not let this page copy.');
    }
    announce(done);
  }

  /** Hands a file to the person. @param {string} name @param {BlobPart[]} parts @param {string} type */
  function save(name, parts, type) {
    const link = make('a', '');
    link.href = URL.createObjectURL(new Blob(parts, { type }));
    link.download = name;
    link.click();
    // The download has begun by then, or never will.
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }

  /** What comes of it, unless it is stopped: then nobody waits any longer.
   * @template T
   * @param {Promise<T>} work @param {AbortSignal} stop @returns {Promise<T>} */
  function orStopped(work, stop) {
    /** @type {Promise<never>} */
    const stopped = new Promise((_, reject) => {
      if (stop.aborted) reject(stop.reason);
      stop.addEventListener('abort', () => reject(stop.reason), { once: true });
    });
    return Promise.race([stopped, work]);
  }

  Object.assign(Crosswire, { part, make, tell, announce, kept, copy, save, orStopped });
})();
