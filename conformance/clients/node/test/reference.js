// The reference server, and the program that has it inside.
import { spawn } from 'node:child_process';
import { accessSync, constants, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { lines } from '../src/stdio.js';

export const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
export const FOLDER = fileURLToPath(new URL('..', import.meta.url));
export const DEADLINE = 20_000; // ms: nothing takes longer

/** @param {string} path */
export const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

/** Every test of the list. */
export const LIST = readdirSync(join(ROOT, 'conformance/suites'))
  .sort()
  .flatMap((file) => /** @type {any[]} */ (readJson(join(ROOT, 'conformance/suites', file)).tests));

/** The program: named by CROSSWIRE, built in this repository, or in the path. */
export function crosswire() {
  const built = join(ROOT, 'target/release/crosswire');
  const named = process.env.CROSSWIRE;
  const inPath = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'crosswire'));
  const found = (named ? [named] : [built, ...inPath]).find(isProgram);
  if (found) return found;
  const said = named ? `CROSSWIRE names ${named}, which is no program` : 'crosswire is not built';
  throw new Error(`${said}; ./justw build builds ${built}`);
}

/** @param {string} path */
function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A reference server for the tests of a file. It stops when its standard input ends. */
export class Reference {
  #url = '';
  #control = '';

  constructor() {
    /** @type {import('node:child_process').ChildProcess | undefined} */
    let program;
    before(async () => {
      const started = spawn(crosswire(), ['serve', '--under-test', '--journal'], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      program = started;
      const { value } = await lines(started.stdout).next();
      const { ready } = JSON.parse(String(value));
      this.#url = ready.url;
      this.#control = ready.control;
      started.stdout.resume();
    });
    after(() => program?.stdin?.end());
  }

  /** @param {string} path */
  at(path) {
    return this.#url + path;
  }

  /**
   * Has the server do something to a connection, and gives its answer.
   * @param {string} to
   * @param {object[]} act
   * @returns {Promise<any>}
   */
  async act(to, ...act) {
    const control = new WebSocket(this.#control);
    try {
      const answer = await new Promise((answered, failed) => {
        control.on('error', failed);
        control.on('message', (data) => answered(JSON.parse(String(data))));
        control.on('open', () => control.send(JSON.stringify({ id: 1, to, act })));
      });
      if (!answer.ok) throw new Error(JSON.stringify(answer));
      return answer;
    } finally {
      control.close();
    }
  }

  /**
   * What the server saw of a connection, once something is true of it.
   * @param {string} to
   * @param {object} until
   */
  async seen(to, until) {
    return (await this.act(to, { seen: { until, within_ms: 10_000 } })).seen;
  }
}
