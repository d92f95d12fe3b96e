// A connection from its handshake on, and for a while after its end: its journal, and what can be done to it.
import { EventEmitter, once } from 'node:events';
import { WebSocket } from 'ws';
import { Tally } from './journal.js';

const MARK = 256 * 1024; // bytes that TCP has not taken, above which nothing is read and nothing more is sent
const WRITE_TIMEOUT = 30_000; // ms that a client may take nothing
const CLOSE_TIMEOUT = 5_000; // ms that a close frame may stay unanswered
const NO_CODE = 1005; // of a close frame that has none
const NO_FRAME = 1006; // where none came

/** The connection is closing, or has ended. */
export class NotOpen extends Error {}
/** The client has taken nothing for too long. */
export class NoRoom extends Error {}
/** What was waited for did not happen in time. */
export class NotReached extends Error {}

/** @typedef {'clean' | 'vanished' | 'violation' | 'timed_out' | 'cut'} Ended */

export class Session extends EventEmitter {
  received = new Tally();
  sent = new Tally();
  /** @type {Ended | null} */
  ended = null;
  /** @type {string | null} */
  #lastPong = null;
  /** @type {{ code: number | null, reason: string } | null} */
  #close = null;
  #isFull = false;
  #isToldToStop = false;
  /** @type {Ended | null} */
  #ending = null;
  /** @type {NodeJS.Timeout | undefined} */
  #deadline;

  /**
   * @param {string} name
   * @param {string | null} tag
   * @param {import('node:http').IncomingMessage} request
   * @param {WebSocket} socket
   * @param {(message: string | Buffer) => void} hear is told every message
   * @param {() => void} free gives place and tag back, before anybody can see that it has ended
   */
  constructor(name, tag, request, socket, hear, free) {
    super();
    this.setMaxListeners(0); // whoever looks at it listens
    this.name = name;
    this.tag = tag;
    this.request = request;
    this.socket = socket;
    socket.on('message', (data, isBinary) => {
      const bytes = /** @type {Buffer} */ (data);
      const message = isBinary ? bytes : bytes.toString();
      this.received.add(message);
      this.emit('change');
      hear(message);
    });
    socket.on('ping', () => {
      this.received.ping += 1;
      this.sent.pong += 1; // which the library answers by itself
      this.emit('change');
    });
    socket.on('pong', (content) => {
      this.received.pong += 1;
      this.#lastPong = content.toString('hex');
      this.emit('change');
    });
    socket.on('error', (error) => {
      if ('code' in error && String(error.code).startsWith('WS_ERR_')) this.#ending ??= 'violation';
    });
    socket.on('close', (code, reason) => {
      clearTimeout(this.#deadline);
      const hasCome = code !== NO_FRAME;
      if (hasCome) this.#close = { code: code === NO_CODE ? null : code, reason: reason.toString() };
      free();
      this.ended = this.#ending ?? (hasCome ? 'clean' : 'vanished');
      this.emit('change');
    });
  }

  /**
   * Sends a message, in frames of these sizes where they are given.
   * @param {string | Buffer} message
   * @param {number[]} [sizes]
   * @param {boolean} [pingBetween]
   */
  send(message, sizes, pingBetween = false) {
    this.#needsOpen();
    this.sent.add(message);
    const binary = typeof message !== 'string';
    if (sizes === undefined) {
      this.socket.send(message, { binary }, () => this.#drained());
    } else {
      let begin = 0;
      sizes.forEach((size, i) => {
        if (pingBetween && i > 0) this.ping(Buffer.alloc(0));
        const frame = Buffer.from(message).subarray(begin, begin + size);
        begin += size;
        this.socket.send(frame, { binary, fin: i === sizes.length - 1 }, () => this.#drained());
      });
    }
    this.#isFull ||= this.socket.bufferedAmount > MARK;
    this.#read();
    this.emit('change');
  }

  /** Waits until there is room for another message. */
  async room() {
    if (this.#isFull && this.ended === null) {
      if (!(await this.until(() => !this.#isFull || this.ended !== null, WRITE_TIMEOUT))) throw new NoRoom();
    }
  }

  /** @param {Buffer} content */
  ping(content) {
    this.#needsOpen();
    this.socket.ping(content);
    this.sent.ping += 1;
    this.emit('change');
  }

  /** @param {Buffer} content */
  pong(content) {
    this.#needsOpen();
    this.socket.pong(content);
    this.sent.pong += 1;
    this.emit('change');
  }

  /**
   * Begins the closing handshake, and does not wait for its end.
   * @param {number} [code]
   * @param {string} [reason]
   */
  close(code, reason) {
    this.#needsOpen();
    this.socket.close(code, reason);
    this.#deadline = setTimeout(() => {
      this.#ending ??= 'timed_out';
      this.socket.terminate();
    }, CLOSE_TIMEOUT);
  }

  /** Cuts TCP, once what was sent before is out. */
  async drop() {
    this.#needsOpen();
    this.#ending ??= 'cut';
    await new Promise((out) => this.socket.ping(Buffer.alloc(0), false, out));
    this.socket.terminate();
  }

  /** @param {boolean} isReading */
  read(isReading) {
    this.#isToldToStop = !isReading;
    this.#read();
  }

  /** The server's side of the story. */
  seen() {
    const { rawHeaders: raw, url: target } = this.request;
    const headers = raw.flatMap((name, i) => (i % 2 === 0 ? [[name, raw[i + 1]]] : []));
    const { protocol, extensions } = this.socket;
    return {
      handshake: { target, headers, subprotocol: protocol || null, extensions: extensions ? [extensions] : [] },
      received: this.received.told(),
      sent: this.sent.told(),
      last_pong: this.#lastPong,
      close: this.#close,
      open: this.ended === null,
      ended: this.ended,
    };
  }

  /**
   * Waits until something is true. Says whether it has become true in time.
   * @param {() => boolean} isReached
   * @param {number} within
   */
  async until(isReached, within) {
    const signal = AbortSignal.timeout(within);
    while (!isReached()) {
      if (!(await once(this, 'change', { signal }).catch(() => null))) return false;
    }
    return true;
  }

  #needsOpen() {
    if (this.socket.readyState !== WebSocket.OPEN) throw new NotOpen();
  }

  #drained() {
    if (!this.#isFull || this.socket.bufferedAmount > MARK) return;
    this.#isFull = false;
    this.#read();
    this.emit('change');
  }

  #read() {
    if (this.#isFull || this.#isToldToStop) this.socket.pause();
    else this.socket.resume();
  }
}
