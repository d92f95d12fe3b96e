// @ts-check
// Bytes as people write and read them.

(() => {
  'use strict';

  const BETWEEN = /[\s,:;_-]/;

  /** The bytes of a text such as `00 ff`, `0x00,0xff` or `00ff`; or where it is none, and why.
   * @param {string} text
   * @returns {{ bytes: Uint8Array<ArrayBuffer> } | { at: number, problem: string }} */
  function parseHex(text) {
    const bytes = new Uint8Array(Math.ceil(text.length / 2));
    let length = 0;
    let high = -1;
    let highAt = 0;
    for (let at = 0; at < text.length; at += 1) {
      const character = text.charAt(at);
      if (BETWEEN.test(character)) {
        if (high >= 0) return { at: highAt, problem: 'one digit stands alone; a byte has two' };
        continue;
      }
      if (high < 0 && character === '0' && /x/i.test(text.charAt(at + 1))) {
        at += 1;
        continue;
      }
      const digit = /[0-9a-f]/i.test(character) ? parseInt(character, 16) : -1;
      if (digit < 0) return { at, problem: `“${[...text.slice(at)][0] ?? ''}” is no hexadecimal digit` };
      if (high < 0) {
        high = digit;
        highAt = at;
      } else {
        bytes[length] = high * 16 + digit;
        length += 1;
        high = -1;
      }
    }
    if (high >= 0) return { at: highAt, problem: 'the last byte has one digit; it needs two' };
    return { bytes: bytes.slice(0, length) };
  }

  const DIGITS = new TextEncoder().encode('0123456789abcdef');
  const latin = new TextDecoder('latin1');

  /** @param {Uint8Array} bytes @param {number} [most] */
  function hexOf(bytes, most = bytes.length) {
    const length = Math.min(Math.floor(most), bytes.length);
    // A text that grows digit by digit takes a hundred times as long as one that is made of bytes at once.
    const digits = new Uint8Array(length * 2);
    for (let at = 0; at < length; at += 1) {
      const byte = bytes[at] ?? 0;
      digits[at * 2] = DIGITS[byte >> 4] ?? 0;
      digits[at * 2 + 1] = DIGITS[byte & 15] ?? 0;
    }
    return latin.decode(digits);
  }

  /** Where these bytes stand among others; -1 where they do not. At least one is wanted.
   * @param {Uint8Array} bytes @param {Uint8Array} wanted */
  function indexOfBytes(bytes, wanted) {
    const last = bytes.length - wanted.length;
    for (let at = 0; at <= last; at += 1) {
      if (bytes[at] !== wanted[0]) continue;
      let same = 1;
      while (same < wanted.length && bytes[at + same] === wanted[same]) same += 1;
      if (same === wanted.length) return at;
    }
    return -1;
  }

  /** Sixteen bytes a line: where, what, and as characters.
   * @param {Uint8Array} bytes */
  function hexDump(bytes) {
    const lines = [];
    for (let at = 0; at < bytes.length; at += 16) {
      const part = bytes.subarray(at, at + 16);
      const digits = [...part].map((byte) => byte.toString(16).padStart(2, '0'));
      const halves = `${digits.slice(0, 8).join(' ')}  ${digits.slice(8).join(' ')}`;
      const letters = [...part].map((byte) => (byte > 0x1f && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
      lines.push(`${at.toString(16).padStart(8, '0')}  ${halves.padEnd(48)}  ${letters}`);
    }
    return lines.join('\n');
  }

  Crosswire.parseHex = parseHex;
  Crosswire.hexOf = hexOf;
  Crosswire.indexOfBytes = indexOfBytes;
  Crosswire.hexDump = hexDump;
})();
