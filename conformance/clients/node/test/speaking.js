// The driver as the runner speaks with it: a program, told lines and telling lines. What it says of a test is held to be
// without gaps, and each command to be answered once.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { lines } from '../src/stdio.js';
import { DEADLINE, FOLDER } from './reference.js';

/** @typedef {Record<string, any>} Event */

/** A driver that runs, and what it has said that nobody has asked about yet. */
export class Speaking {
  seq = 1;
  #lastC = 0;
  /** @type {Set<string>} */
  #told = new Set();
  /** @type {Map<number, number>} */
  #lastN = new Map();
  /** @type {Event[]} */
  #unread = [];

  /** @param {string[]} args */
  constructor(...args) {
    this.process = spawn(process.execPath, [join(FOLDER, 'src/main.js'), ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.input = this.process.stdin;
    this.lines = lines(this.process.stdout);
    // What is still written when the driver has ended is of no use to anybody.
    this.input.on('error', () => {});
  }

  /** @param {string | Buffer} line */
  write(line) {
    this.input.write(line);
    this.input.write('\n');
  }

  /**
   * Tells a command, and does not wait for its answer.
   * @param {string} cmd
   * @param {Event} fields
   */
  tell(cmd, fields = {}) {
    const c = ++this.#lastC;
    for (const told of [c, ...(fields.then ?? []).map((/** @type {Event} */ order) => order.c)]) {
      this.#told.add(`${this.seq} ${told}`);
    }
    this.write(JSON.stringify({ cmd, seq: this.seq, c, ...fields }));
    return c;
  }

  /** The next line. */
  async line() {
    const { value, done } = await within(this.lines.next(), 'no line came');
    assert(!done, 'the driver has ended');
    const said = JSON.parse(String(value));
    const { event } = said;
    if (event) {
      assert.equal(event.n, (this.#lastN.get(event.seq) ?? 0) + 1);
      this.#lastN.set(event.seq, event.n);
      if ('c' in event) assert(this.#told.delete(`${event.seq} ${event.c}`), `an answer too many: ${value}`);
    }
    return said;
  }

  /**
   * The next event of this test of which something is true. Others are kept.
   * @param {(event: Event) => boolean} isWanted
   */
  async find(isWanted) {
    const isOurs = (/** @type {Event} */ event) => event.seq === this.seq && isWanted(event);
    const kept = this.#unread.findIndex(isOurs);
    if (kept >= 0) return /** @type {Event} */ (this.#unread.splice(kept, 1)[0]);
    for (;;) {
      const { event } = await this.line();
      if (isOurs(event)) return /** @type {Event} */ (event);
      this.#unread.push(event);
    }
  }

  /** @param {string} is */
  event(is) {
    return this.find((event) => event.is === is);
  }

  /** @param {number} c */
  answer(c) {
    return this.find((event) => event.c === c);
  }

  /** @param {string} cmd @param {Event} [fields] */
  ask(cmd, fields) {
    return this.answer(this.tell(cmd, fields));
  }

  /** @param {string} cmd @param {Event} fields */
  async done(cmd, fields) {
    const answer = await this.ask(cmd, fields);
    assert.equal(answer.is, 'done', JSON.stringify(answer));
  }

  /** @param {string} cmd @param {Event} fields */
  async failed(cmd, fields) {
    const answer = await this.ask(cmd, fields);
    assert.equal(answer.is, 'failed', JSON.stringify(answer));
    return String(answer.error);
  }

  /** @param {string} on @param {string} url @param {Event} more */
  async open(on, url, more = {}) {
    const opened = await this.ask('open', { on, url, within_ms: 10_000, ...more });
    assert.equal(opened.is, 'opened', JSON.stringify(opened));
    return opened;
  }

  /** @param {string} url @param {Event} more */
  async refused(url, more = {}) {
    const refused = await this.ask('open', { on: 'refused', url, within_ms: 5000, ...more });
    assert.equal(refused.is, 'refused', JSON.stringify(refused));
    return refused;
  }

  /** How the next connection that is over has ended. */
  async closed() {
    const { code, reason, clean } = await this.event('closed');
    return [code, reason, clean];
  }

  async end() {
    const ended = await this.ask('end');
    assert.equal(ended.is, 'ended');
    assert(!('on' in ended));
  }

  /** Ends the test, says goodbye, and holds the driver to have answered everything. */
  async finish() {
    await this.end();
    assert.deepEqual([...this.#told], []);
    this.write('{"cmd":"bye"}');
    assert.equal(await this.exitCode(), 0);
  }

  /** Waits until the driver has ended by itself. */
  async exitCode() {
    if (this.process.exitCode === null) await within(once(this.process, 'exit'), 'the driver did not end');
    return this.process.exitCode;
  }
}

/**
 * Runs with a driver, and ends it where the test has not.
 * @param {string} library
 * @param {(driver: Speaking) => Promise<unknown>} test
 */
export async function speaking(library, test) {
  const driver = new Speaking(library);
  try {
    await test(driver);
  } finally {
    if (driver.process.exitCode === null) driver.process.kill('SIGKILL');
  }
}

/**
 * @template T
 * @param {Promise<T>} awaited
 * @param {string} complaint
 * @returns {Promise<T>}
 */
export async function within(awaited, complaint) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const late = new Promise((_, failed) => {
    timer = setTimeout(() => failed(new Error(`${complaint} in ${DEADLINE} ms`)), DEADLINE);
  });
  try {
    return await Promise.race([awaited, /** @type {Promise<never>} */ (late)]);
  } finally {
    clearTimeout(timer);
  }
}
