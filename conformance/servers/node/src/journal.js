// What the server saw of a connection, in one direction.
import { createHash } from 'node:crypto';

/** Messages, pings and pongs. */
export class Tally {
  text = 0;
  binary = 0;
  ping = 0;
  pong = 0;
  bytes = 0;
  #digest = createHash('sha256');

  /** @param {string | Buffer} message */
  add(message) {
    const isText = typeof message === 'string';
    const content = isText ? Buffer.from(message) : message;
    const length = Buffer.alloc(8);
    length.writeBigUInt64BE(BigInt(content.length));
    this[isText ? 'text' : 'binary'] += 1;
    this.bytes += content.length;
    this.#digest
      .update(isText ? 't' : 'b')
      .update(length)
      .update(createHash('sha256').update(content).digest());
  }

  /** As `seen` tells it. */
  told() {
    const { text, binary, ping, pong, bytes } = this;
    return { text, binary, ping, pong, bytes, sha256: this.#digest.copy().digest('hex') };
  }
}
