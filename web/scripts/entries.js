// @ts-check
// One entry of the log: made from a message or from something that happened, told in a line, and matched by a filter.

(() => {
  'use strict';

  /** Of a message longer than this, only the beginning is kept. */
  const LONGEST = 4 * 1024 * 1024;
  /** What an entry costs beside its data. */
  const OVERHEAD = 128;
  /** So much of a message stands in its row. */
  const LINE = 240;

  const encoder = new TextEncoder();
  const decoder = new TextDecoder();

  /** How many bytes a text has in UTF-8, without making them where it is short.
   * @param {string} text */
  function bytesOf(text) {
    let bytes = text.length;
    for (let at = 0; at < text.length; at += 1) {
      const unit = text.charCodeAt(at);
      if (unit > 0x7ff) {
        bytes += 2;
        // Two halves of a character have four bytes together, of which two are counted by now as halves.
        if (unit >= 0xd800 && unit < 0xdc00) {
          at += 1;
        }
      } else if (unit > 0x7f) bytes += 1;
    }
    return bytes;
  }

  /** The beginning of a text, without the rest staying in memory behind it.
   * @param {string} text */
  const beginning = (text) => decoder.decode(encoder.encode(text.slice(0, LONGEST)));

  /** @param {'in' | 'out'} direction @param {string | ArrayBuffer} data @param {number} [time] @returns {Page.Entry} */
  function message(direction, data, time = Date.now()) {
    if (typeof data === 'string') {
      const kept = data.length > LONGEST ? beginning(data) : data;
      return {
        direction,
        kind: 'text',
        time,
        size: bytesOf(data),
        data: kept,
        cut: kept !== data,
        held: OVERHEAD + kept.length * 2,
      };
    }
    const cut = data.byteLength > LONGEST;
    const kept = new Uint8Array(cut ? data.slice(0, LONGEST) : data);
    return { direction, kind: 'binary', time, size: data.byteLength, data: kept, cut, held: OVERHEAD + kept.length };
  }

  /** @param {string} text @param {Page.Tone} [tone] @returns {Page.Entry} */
  function note(text, tone = 'neutral') {
    return {
      direction: 'note',
      kind: 'note',
      time: Date.now(),
      size: 0,
      data: text,
      cut: false,
      tone,
      held: OVERHEAD + text.length * 2,
    };
  }

  /** The entry in a line. @param {{ data: string | Uint8Array }} entry */
  function line({ data }) {
    if (typeof data !== 'string') {
      const digits = Crosswire.hexOf(data, LINE / 3).replace(/../g, '$& ');
      return data.length === 0 ? '(empty)' : digits + (data.length > LINE / 3 ? '…' : '');
    }
    if (data === '') return '(empty)';
    const start = data.slice(0, LINE).replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ');
    return data.length > LINE ? `${start}…` : start;
  }

  /** A filter as a function. Texts are searched without regard to case; bytes by hex digits, or as UTF-8.
   * @param {{ search: string, direction: string, kind: string }} filter */
  function matcher({ search, direction, kind }) {
    const wanted = search.toLowerCase();
    const digits = /^(?:[0-9a-f]{2}\s*)+$/.test(wanted) ? wanted.replace(/\s+/g, '') : '';
    return (/** @type {{ direction: string, kind: string, data: string | Uint8Array }} */ entry) => {
      if (direction !== '' && entry.direction !== direction) return false;
      if (kind !== '' && entry.kind !== kind) return false;
      if (wanted === '') return true;
      if (typeof entry.data === 'string') return entry.data.toLowerCase().includes(wanted);
      if (digits !== '' && indexOfByte(Crosswire.hexOf(entry.data), digits) >= 0) return true;
      return decoder.decode(entry.data).toLowerCase().includes(wanted);
    };
  }

  /** Where whole bytes begin in hex digits. @param {string} text @param {string} digits */
  function indexOfByte(text, digits) {
    let at = text.indexOf(digits);
    while (at % 2 === 1) at = text.indexOf(digits, at + 1);
    return at;
  }

  /** An entry as a line of a file. @param {any} entry */
  function toJson({ direction, kind, time, size, data, cut }) {
    const content = typeof data === 'string' ? { text: data } : { hex: Crosswire.hexOf(data) };
    return JSON.stringify({
      time: new Date(time).toISOString(),
      direction,
      kind,
      ...(kind === 'note' ? {} : { size }),
      ...content,
      ...(cut ? { cut } : {}),
    });
  }

  Crosswire.entries = { message, note, line, matcher, toJson, bytesOf, LONGEST };
})();
