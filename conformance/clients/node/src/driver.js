// Commands to where they belong. None waits for another.
import { connect } from 'node:net';
import { Mistake, understand } from './commands.js';
import { Connection } from './connection.js';
import { Test, wordsOf } from './events.js';
import { LONGEST_LINE } from './stdio.js';

/**
 * @import { Listen, Open, Order } from './commands.js'
 * @import { Lines } from './events.js'
 * @import { Library } from './library.js'
 * @import { Socket } from 'node:net'
 */

const MAX_CONCURRENT = 64;
const LISTEN_WITHIN = 2000; // ms; the command says no time of its own

/** A test that has not ended. */
class Running {
  /** @type {Map<string, Connection>} */
  connections = new Map();
  /** @type {Set<Connection | { letGo: () => void }>} */
  held = new Set();

  /** @param {Test} test */
  constructor(test) {
    this.test = test;
  }

  letGo() {
    for (const each of this.held) each.letGo();
  }
}

/** Does with a library what it is told. */
export class Driver {
  /** @type {Map<number, Running>} */
  #tests = new Map();

  /** @param {Library} library @param {Lines} output */
  constructor(library, output) {
    this.library = library;
    this.output = output;
  }

  /**
   * Begins what a line says; null is one that was too long. Says whether there may be another one.
   * @param {Buffer | null} line
   */
  take(line) {
    try {
      if (line === null) throw new Mistake(`a line is at most ${LONGEST_LINE} bytes long`);
      return this.#begin(understand(line));
    } catch (error) {
      if (!(error instanceof Mistake)) throw error;
      this.output.put({ error: { message: error.message, ...error.numbers } });
      return true;
    }
  }

  /** Lets go of every test. */
  letGo() {
    for (const running of this.#tests.values()) running.letGo();
  }

  /** How the driver introduces itself. */
  hello() {
    return {
      client: this.library.client,
      language: 'javascript',
      runtime: `node ${process.versions.node}`,
      library: this.library.version,
      max_concurrent: MAX_CONCURRENT,
      origin: null,
      capabilities: this.library.capabilities,
    };
  }

  /** @param {import('./commands.js').Command} command */
  #begin(command) {
    if (command.cmd === 'bye') return false;
    if (command.cmd === 'hello') {
      this.output.put({ hello: this.hello() });
      return true;
    }
    const running = this.#tests.get(command.seq) ?? new Running(new Test(command.seq, this.output));
    this.#tests.set(command.seq, running);
    switch (command.cmd) {
      case 'end':
        this.#tests.delete(command.seq);
        running.test.report('ended', { c: command.c });
        running.letGo();
        break;
      case 'listen':
        listen(command, running);
        break;
      case 'open':
        this.#open(command, running);
        break;
      default:
        order(command, running);
    }
    return true;
  }

  /** @param {Open} command @param {Running} running */
  #open(command, running) {
    const { c, on } = command;
    const before = running.connections.get(on);
    if (before && !before.isOver) {
      running.test.report('refused', { c, on, error: `the test has a connection \`${on}\` already`, status: null });
      return;
    }
    const connection = new Connection(this.library, command, running.test);
    running.connections.set(on, connection);
    running.held.add(connection);
  }
}

/** @param {Order} command @param {Running} running */
function order(command, running) {
  const { c, on } = command;
  const connection = running.connections.get(on);
  if (connection) connection.take(command);
  else running.test.report('failed', { c, on, error: `the test has no connection \`${on}\`` });
}

/**
 * Connects to the address of a URL, and ends the connection.
 * @param {Listen} command
 * @param {Running} running
 */
function listen({ c, url }, { test, held }) {
  /** @type {Socket | undefined} */
  let socket;
  let isAnswered = false;
  const over = { letGo: () => socket?.destroy() };
  /** @param {unknown} [error] */
  const answer = (error) => {
    if (!isAnswered) test.report(error ? 'failed' : 'listened', error ? { c, error: wordsOf(error) } : { c });
    isAnswered = true;
    socket?.destroy();
    held.delete(over);
  };
  held.add(over);
  try {
    const { hostname, port } = new URL(url);
    if (!hostname) throw new Error(`${url} names no host`);
    socket = connect({ host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port || 80) });
    socket.setTimeout(LISTEN_WITHIN, () => answer(new Error(`no connection within ${LISTEN_WITHIN} ms`)));
    socket.on('connect', () => answer());
    socket.on('error', answer);
  } catch (error) {
    answer(error);
  }
}
