// Every test of the list as a row of node:test. `crosswire step` steps and judges a test whenever a row asks for it; this
// process is the driver.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Driver } from '../src/driver.js';
import { lines } from '../src/stdio.js';
import { crosswire, FOLDER, LIST } from './reference.js';

/** @import { Library } from '../src/library.js' */

/**
 * @typedef {{ id: string, unsupported: string | null, known: { reason: string, link: string } | null }} Row
 * @typedef {{ seq: number, outcome: string, message: string }} Verdict
 */

const AT_ONCE = 8; // rows wait more than they work
const TIME_SCALE = 2; // only waits that run out take longer

/** A stepper, and the driver that it tells what to do. */
class Stepper {
  /** @type {Map<number, (verdict: Verdict | null) => void>} */
  #verdicts = new Map();

  /** @param {Library} library */
  constructor(library) {
    const args = ['step', '--client', join(FOLDER, 'impl.json'), '--time-scale', String(TIME_SCALE)];
    this.process = spawn(crosswire(), args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.driver = new Driver(library, { put: (line) => this.put(line) });
    this.ready = this.#listen();
  }

  /** @param {object} line */
  put(line) {
    this.process.stdin.write(`${JSON.stringify(line)}\n`);
  }

  /** @param {string} test @returns {Promise<Verdict | null>} */
  judge(test) {
    const seq = this.#verdicts.size + 1;
    return new Promise((judged) => {
      this.#verdicts.set(seq, judged);
      this.put({ start: { seq, test } });
    });
  }

  async end() {
    this.driver.letGo();
    this.process.stdin.end();
    if (this.process.exitCode === null) await once(this.process, 'exit');
  }

  /** Hears everything that the stepper says. @returns {Promise<Map<string, Row>>} */
  #listen() {
    return new Promise((ready, failed) => {
      const listen = async () => {
        for await (const line of lines(this.process.stdout)) {
          const said = JSON.parse(String(line));
          if (said.ready) ready(new Map(said.ready.tests.map((/** @type {Row} */ row) => [row.id, row])));
          else if (said.verdict) this.#verdicts.get(said.verdict.seq)?.(said.verdict);
          else this.driver.take(line);
        }
        failed(new Error('`crosswire step` has ended before it was ready; what it said is above'));
        for (const judged of this.#verdicts.values()) judged(null);
      };
      listen().catch(failed);
    });
  }
}

/**
 * The rows of a library.
 * @param {Library} library
 */
export function rows(library) {
  describe(library.client, { concurrency: AT_ONCE }, () => {
    /** @type {Stepper} */
    let stepper;
    /** @type {Map<string, Row>} */
    let ready;
    before(async () => {
      stepper = new Stepper(library);
      ready = await stepper.ready;
    });
    after(() => stepper?.end());

    test('every test of the list is a row', () => {
      assert.deepEqual([...ready.keys()].sort(), LIST.map(({ id }) => id).sort());
    });

    for (const { id } of LIST) {
      test(id, async (row) => {
        const { unsupported, known } = /** @type {Row} */ (ready.get(id));
        if (unsupported) return row.skip(unsupported);
        const verdict = await stepper.judge(id);
        assert(verdict, '`crosswire step` has ended; what it said is above');
        if (verdict.outcome === 'ok') return;
        // A row that is known to fail, and does, is left to do: by the library.
        if (verdict.outcome === 'known') row.todo(`${known?.reason} (${known?.link})`);
        const message = verdict.outcome === 'known' ? known?.reason : verdict.message;
        assert.fail(message || `${verdict.outcome}: it passes, and is listed as known`);
      });
    }
  });
}
