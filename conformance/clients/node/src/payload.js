// Messages: as they are told, as they are sent, and as they are shown.
import { createHash } from 'node:crypto';
import { LONGEST_LINE } from './stdio.js';

/** @import { Payload } from './commands.js' */

const SHOWN_IN_FULL = 4096; // bytes; a longer message is told by its hash, unless it was asked for in full
const HEAD = 64; // bytes of such a message
const AROUND = 1024; // bytes of a line besides the payload

/** The bytes of a text that are no UTF-8. */
export class InvalidText {
  /** @param {Buffer} bytes */
  constructor(bytes) {
    this.bytes = bytes;
  }
}

/** @typedef {string | Buffer | InvalidText} Message */

/**
 * The message that a command tells.
 * @param {Payload} payload
 * @returns {Message}
 */
export function messageOf({ text, base64, fill, invalid_text }) {
  if (text !== undefined) return text;
  if (base64 !== undefined) return Buffer.from(base64, 'base64');
  if (invalid_text !== undefined) return new InvalidText(Buffer.from(invalid_text, 'hex'));
  const { len = 0, as } = fill ?? {};
  if (as === 'text') return Buffer.alloc(len, 'abcdefghijklmnopqrstuvwxyz').toString('latin1');
  return Buffer.alloc(
    len,
    Uint8Array.from({ length: 251 }, (_, i) => i),
  );
}

/**
 * The bytes of a message in pieces of these sizes.
 * @param {Message} message
 * @param {number[]} sizes
 */
export function pieces(message, sizes) {
  const bytes = bytesOf(message);
  const sum = sizes.reduce((sum, size) => sum + size, 0);
  if (sizes.length === 0 || sum !== bytes.length) {
    throw new Error(`the sizes of the fragments do not add up to ${bytes.length} bytes`);
  }
  let begin = 0;
  return sizes.map((size) => {
    begin += size;
    return bytes.subarray(begin - size, begin);
  });
}

/** @param {Message} message */
export function bytesOf(message) {
  if (message instanceof InvalidText) return message.bytes;
  return typeof message === 'string' ? Buffer.from(message) : message;
}

/**
 * How a message is told: whole, or by its hash where that is long, or longer than a line.
 * @param {string | Buffer} message
 * @param {boolean} inFull
 */
export function shown(message, inFull) {
  const bytes = bytesOf(message);
  if (bytes.length <= SHOWN_IN_FULL || inFull) {
    const told = typeof message === 'string' ? { text: message } : { base64: bytes.toString('base64') };
    if (Buffer.byteLength(JSON.stringify(told)) + AROUND <= LONGEST_LINE) return told;
  }
  const kind = typeof message === 'string' ? 'text' : 'binary';
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { kind, len: bytes.length, sha256, head: bytes.subarray(0, HEAD).toString('hex') };
}
