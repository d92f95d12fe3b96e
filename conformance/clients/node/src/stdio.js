// Standard input and output, a line each. Reading never waits for writing.

export const LONGEST_LINE = 4 * 2 ** 20;
const MOST_UNREAD = 256 * 2 ** 20; // bytes: whoever reads nothing of so much is not there any more
const MOST_AT_ONCE = 64 * 2 ** 10; // characters
const LAST_WORDS = 3000; // ms that what is left has to be read

/**
 * The lines of a stream; null stands for one that was too long.
 * @param {AsyncIterable<Buffer>} stream
 * @returns {AsyncGenerator<Buffer | null>}
 */
export async function* lines(stream) {
  /** @type {Buffer[]} */
  let begun = [];
  let length = 0;
  const whole = () => {
    const line = length > LONGEST_LINE ? null : Buffer.concat(begun);
    begun = [];
    length = 0;
    return line;
  };
  /** @param {Buffer} piece */
  const add = (piece) => {
    length += piece.length;
    if (length <= LONGEST_LINE) begun.push(piece);
    else begun = [];
  };
  for await (const chunk of stream) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      add(chunk.subarray(from, end));
      yield whole();
      from = end + 1;
    }
    if (from < chunk.length) add(chunk.subarray(from));
  }
  if (length > 0) yield whole();
}

/**
 * Lines on their way to standard output. Those that come up in one round of the event loop are written at once: a line
 * each would cost a system call each, and wake its reader as often. Node keeps what a pipe does not take yet.
 */
export class Output {
  #isEnding = false;
  #ready = '';
  #crash;

  /** @param {(error: Error) => void} crash is called where nobody reads any more */
  constructor(crash) {
    this.#crash = crash;
    process.stdout.on('error', crash);
  }

  /**
   * Writes a line. What comes behind the end, because something is let go of, is nobody's news.
   * @param {object} line
   */
  put(line) {
    if (this.#isEnding) return;
    if (this.#ready === '') setImmediate(() => this.#write());
    this.#ready += `${JSON.stringify(line)}\n`;
    if (this.#ready.length > MOST_AT_ONCE) this.#write();
  }

  /** Writes what is left. Fails where nobody reads it. */
  end() {
    this.#isEnding = true;
    this.#write();
    return new Promise((ended, failed) => {
      setTimeout(() => failed(new Error('nobody has read its end')), LAST_WORDS).unref();
      process.stdout.write('', ended);
    });
  }

  #write() {
    if (this.#ready === '') return;
    process.stdout.write(this.#ready);
    this.#ready = '';
    if (process.stdout.writableLength > MOST_UNREAD)
      this.#crash(new Error(`nobody has read ${MOST_UNREAD} bytes of it`));
  }
}
