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
  /** So much is looked through at once: some milliseconds' worth. */
  const PIECE = 128 * 1024;

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

  /** How many bytes of it were not kept. @param {{ data: string | Uint8Array, size: number, cut: boolean }} entry */
  function bytesGone({ data, size, cut }) {
    if (!cut) return 0;
    return Math.max(size - (typeof data === 'string' ? bytesOf(data) : data.length), 0);
  }

  /** Where half of a character stands alone, which no UTF-8 can carry; -1 where none does. @param {string} text */
  const loneHalf = (text) => text.search(/\p{Surrogate}/u);

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

  /** A filter as a function that looks through an entry piece by piece, gives its turn back between them, and returns whether
   * the entry matches. Texts are searched without regard to case; bytes by hex digits, or as UTF-8.
   * @param {{ search: string, direction: string, kind: string }} filter */
  function looker({ search, direction, kind }) {
    const wanted = search.toLowerCase();
    const parsed = /^(?:[0-9a-f]{2}\s*)+$/.test(wanted) ? Crosswire.parseHex(wanted) : null;
    const bytes = parsed !== null && 'bytes' in parsed ? parsed.bytes : null;
    /** @param {{ direction: string, kind: string, data: string | Uint8Array }} entry @returns {Generator<undefined, boolean>} */
    return function* ({ direction: way, kind: sort, data }) {
      if (direction !== '' && way !== direction) return false;
      if (kind !== '' && sort !== kind) return false;
      if (wanted === '') return true;
      if (typeof data === 'string') return yield* holdsText(piecesOf(data), wanted);
      if (bytes !== null && (yield* holdsBytes(data, bytes))) return true;
      return yield* holdsText(decoded(data), wanted);
    };
  }

  /** The same for an entry that is looked through at once. @param {{ search: string, direction: string, kind: string }} filter */
  function matcher(filter) {
    const look = looker(filter);
    return (/** @type {{ direction: string, kind: string, data: string | Uint8Array }} */ entry) => {
      const looking = look(entry);
      for (;;) {
        const { done, value } = looking.next();
        if (done === true) return value;
      }
    };
  }

  /** @param {string} text */
  function* piecesOf(text) {
    for (let at = 0; at < text.length;) {
      let end = Math.min(at + PIECE, text.length);
      // Half of a character has no lower case.
      if (end < text.length && (text.charCodeAt(end - 1) & 0xfc00) === 0xd800) end -= 1;
      yield text.slice(at, end);
      at = end;
    }
  }

  /** @param {Uint8Array} bytes */
  function* decoded(bytes) {
    const pieces = new TextDecoder();
    for (let at = 0; at < bytes.length; at += PIECE)
      yield pieces.decode(bytes.subarray(at, at + PIECE), { stream: at + PIECE < bytes.length });
  }

  /** @param {Iterable<string>} pieces @param {string} wanted in lower case @returns {Generator<undefined, boolean>} */
  function* holdsText(pieces, wanted) {
    let before = '';
    for (const piece of pieces) {
      const text = before + piece.toLowerCase();
      if (text.includes(wanted)) return true;
      before = text.slice(Math.max(text.length - wanted.length + 1, 0));
      yield;
    }
    return false;
  }

  /** @param {Uint8Array} bytes @param {Uint8Array} wanted @returns {Generator<undefined, boolean>} */
  function* holdsBytes(bytes, wanted) {
    for (let at = 0; at < bytes.length; at += PIECE) {
      if (Crosswire.indexOfBytes(bytes.subarray(at, at + PIECE + wanted.length - 1), wanted) >= 0) return true;
      yield;
    }
    return false;
  }

  /** An entry as a line of a file, in pieces that are each made in no time.
   * @param {any} entry @returns {Generator<string, void>} */
  function* jsonOf({ direction, kind, time, size, data, cut }) {
    const isText = typeof data === 'string';
    const json = JSON.stringify({
      time: new Date(time).toISOString(),
      direction,
      kind,
      ...(kind === 'note' ? {} : { size }),
      ...(isText ? { text: data } : { hex: '' }),
      ...(cut ? { cut } : {}),
    });
    if (isText) return yield json;
    const start = '"hex":"';
    const at = json.indexOf(start) + start.length;
    yield json.slice(0, at);
    for (let from = 0; from < data.length; from += PIECE) yield Crosswire.hexOf(data.subarray(from, from + PIECE));
    yield json.slice(at);
  }

  Crosswire.entries = { message, note, line, looker, matcher, jsonOf, bytesOf, bytesGone, loneHalf, LONGEST };
})();
