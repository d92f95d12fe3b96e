// What the driver reports.

/** @typedef {{ put: (line: object) => void }} Lines */

/** The events of one test: numbered without a gap, and none behind its end. */
export class Test {
  #events = 0;
  #isOver = false;

  /** @param {number} seq @param {Lines} output */
  constructor(seq, output) {
    this.seq = seq;
    this.output = output;
  }

  /**
   * Reports what happened; with `c` it answers a command.
   * @param {string} is
   * @param {{ c?: number, on?: string, [name: string]: unknown }} more
   */
  report(is, { c, on, ...more }) {
    if (this.#isOver) return;
    const ms = Math.round(performance.now() * 1000) / 1000;
    const event = { seq: this.seq, n: ++this.#events, c, ms, on, is, ...more };
    this.output.put({ event });
    this.#isOver = is === 'ended';
  }
}

/**
 * What an error says; its name, where it says nothing. The cause knows more than whoever passes it on.
 * @param {unknown} error
 * @returns {string}
 */
export function wordsOf(error) {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.errors.length > 0) return wordsOf(error.errors[0]);
  const cause = error.cause === undefined ? '' : `: ${wordsOf(error.cause)}`;
  return `${error.message || error.name}${cause}`;
}
