// Who is let in, and what is spoken with whom.
import { STATUS_CODES } from 'node:http';
import { createRequire } from 'node:module';
import { WebSocketServer } from 'ws';
import { answer } from './control.js';
import { NotOpen, Session } from './session.js';

/**
 * @import { IncomingMessage, ServerResponse } from 'node:http'
 * @import { Duplex } from 'node:stream'
 */

export const { version } = createRequire(import.meta.url)('ws/package.json');

const PLAIN = 'crosswire.v1.plain';
const ECHO_LIMIT = 16 * 2 ** 20; // bytes of a message on /echo and /control
const KEPT = 60_000; // ms that what was seen of a connection is kept behind its end
const MOST_KEPT = 10_000;

/** What a client can do about it, as HTTP says that. @type {Record<string, Record<string, string>>} */
const REMEDY = {
  405: { Allow: 'GET, HEAD' },
  426: { Connection: 'upgrade, close', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13' },
  503: { 'Retry-After': '1' },
};

/** @typedef {{ maxMessage: number, maxSessions: number, origins: string[] }} Limits */

/** Why a handshake is refused. */
class Refusal extends Error {
  /** @param {number} status @param {string} error @param {string} message */
  constructor(status, error, message) {
    super(message);
    this.status = status;
    this.body = JSON.stringify({ error, message });
    this.headers = { Connection: 'close', 'Content-Type': 'application/json', ...REMEDY[status] };
  }
}

/** Every connection by its names, and what is done with a new one. */
export class Server {
  #count = 0;
  /** @type {Set<Session>} */
  #open = new Set();
  /** @type {Set<string>} */
  #tags = new Set();
  /** @type {Map<string, Session>} */
  #named = new Map();
  /** @type {Session[]} */
  #ended = [];
  #isStopping = false;

  /** @param {Limits} limits @param {string} host */
  constructor(limits, host) {
    this.limits = limits;
    this.origins = [`http://${host}`, ...limits.origins];
    const first = (/** @type {Set<string>} */ offered) => [...offered][0] ?? false;
    const plain = (/** @type {Set<string>} */ offered) => offered.has(PLAIN) && PLAIN;
    const more = { noServer: true, maxPayload: Math.max(ECHO_LIMIT, limits.maxMessage), handleProtocols: first };
    this.doors = new Map([
      ['/ws', new WebSocketServer({ noServer: true, maxPayload: limits.maxMessage, handleProtocols: plain })],
      ['/echo', new WebSocketServer(more)],
      ['/control', new WebSocketServer(more)],
    ]);
  }

  /**
   * Judges a handshake; the library looks at the rest of it.
   * @param {IncomingMessage} request @param {Duplex} socket @param {Buffer} head
   */
  upgrade(request, socket, head) {
    // Whoever leaves in the middle of a handshake is nobody's loss.
    socket.on('error', () => {});
    try {
      const { pathname, searchParams } = addressOf(request);
      const door = this.#door(request, pathname);
      if (request.headers.upgrade?.toLowerCase() !== 'websocket') throw notAnUpgrade();
      const tag = this.#judge(request, pathname, searchParams);
      door.handleUpgrade(request, socket, head, (opened) => this.#welcome(request, pathname, tag, opened));
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      refuse(socket, refusal);
    }
  }

  /**
   * Answers a request that is no handshake.
   * @param {IncomingMessage} request @param {ServerResponse} response
   */
  turnAway(request, response) {
    try {
      this.#door(request, addressOf(request).pathname);
      throw notAnUpgrade();
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      response.writeHead(refusal.status, refusal.headers).end(refusal.body);
    }
  }

  /**
   * Ends everything with 1001, and cuts what is left after a while.
   * @param {number} last ms that clients have to take their leave
   */
  async stop(last) {
    this.#isStopping = true;
    for (const session of this.#open) session.socket.close(1001, 'the server is going away');
    const left = [...this.#open].map((session) => session.until(() => session.ended !== null, last));
    await Promise.all(left);
    for (const session of this.#open) session.socket.terminate();
  }

  /**
   * What is behind a path.
   * @param {IncomingMessage} request @param {string} path
   */
  #door({ method = '' }, path) {
    const door = this.doors.get(path);
    if (!door) throw new Refusal(404, 'unknown_path', `there is no ${path} here`);
    if (!['GET', 'HEAD'].includes(method)) {
      throw new Refusal(405, 'method', `the method ${method} has no meaning here; use GET`);
    }
    return door;
  }

  /**
   * The tag that a connection will have.
   * @param {IncomingMessage} request @param {string} path @param {URLSearchParams} query
   */
  #judge(request, path, query) {
    if (request.headers['sec-websocket-version'] === '8') {
      // The library lets a draft in that was before the standard.
      throw new Refusal(426, 'version', 'only version 13 of WebSocket is spoken here');
    }
    const { origin } = request.headers;
    // No page may control: it would need a token, and there is none.
    if (origin !== undefined && (path === '/control' || !this.origins.includes(origin))) {
      throw new Refusal(403, 'origin', 'pages of this origin may not connect; --allow-origin lets them');
    }
    const offered = request.headers['sec-websocket-protocol'];
    if (path === '/ws' && offered !== undefined && !offered.split(',').some((each) => each.trim() === PLAIN)) {
      throw new Refusal(400, 'subprotocol', `none of these subprotocols is known here, but ${PLAIN}`);
    }
    const [tag = null, ...more] = query.getAll('tag');
    if (more.length > 0 || (tag !== null && !/^[A-Za-z0-9._-]{1,64}$/.test(tag))) {
      throw new Refusal(400, 'bad_tag', 'a tag is 1 to 64 of A-Z a-z 0-9 - _ . and there is at most one');
    }
    if (tag !== null && this.#tags.has(tag)) throw new Refusal(409, 'tag_in_use', 'another connection has this tag');
    if (this.#isStopping) throw new Refusal(503, 'draining', 'the server is going away');
    const { maxSessions } = this.limits;
    if (this.#open.size >= maxSessions) {
      throw new Refusal(503, 'full', `all ${maxSessions} sessions are taken; try again later`);
    }
    return tag;
  }

  /**
   * Gives a connection its names. The library has written its answer, but nobody can have read it yet.
   * @param {IncomingMessage} request @param {string} path @param {string | null} tag @param {import('ws').WebSocket} opened
   */
  #welcome(request, path, tag, opened) {
    this.#count += 1;
    const hear = path === '/control' ? this.#control() : echo;
    const session = new Session(
      `~${this.#count}`,
      tag,
      request,
      opened,
      (message) => hear(session, message),
      () => this.#free(session),
    );
    this.#open.add(session);
    this.#named.set(session.name, session);
    if (tag !== null) {
      this.#tags.add(tag);
      this.#named.set(tag, session);
    }
    if (path === '/ws') {
      session.send(JSON.stringify({ type: 'welcome', connection: session.name, server: `ws/${version}` }));
    }
  }

  /** The next command is looked at when the last one has been answered. */
  #control() {
    let last = Promise.resolve();
    return (/** @type {Session} */ session, /** @type {string | Buffer} */ message) => {
      session.read(false);
      last = last.then(async () => {
        echo(session, await answer(message, (name) => this.#named.get(name)));
        session.read(true);
      });
    };
  }

  /**
   * Gives the place and the tag of a connection back. What was seen of it is kept for a while.
   * @param {Session} session
   */
  #free(session) {
    this.#open.delete(session);
    if (session.tag !== null) this.#tags.delete(session.tag);
    this.#ended.push(session);
    setTimeout(() => this.#forget(session), KEPT).unref();
    if (this.#ended.length > MOST_KEPT) this.#forget(this.#ended[0]);
  }

  /** @param {Session | undefined} session */
  #forget(session) {
    if (session === undefined || this.#ended[0] !== session) return;
    this.#ended.shift();
    for (const name of [session.name, session.tag]) {
      if (name !== null && this.#named.get(name) === session) this.#named.delete(name);
    }
  }
}

/**
 * @param {Session} session
 * @param {string | Buffer} message
 */
function echo(session, message) {
  try {
    session.send(message);
  } catch (error) {
    // What has come before a close frame is still read when there is nobody left to send to.
    if (!(error instanceof NotOpen)) throw error;
  }
}

/** @param {IncomingMessage} request */
function addressOf(request) {
  try {
    const address = new URL(request.url ?? '/', 'ws://here');
    // In a query a plus is a plus.
    const searchParams = new URLSearchParams(address.search.replaceAll('+', '%2B'));
    return { pathname: decodeURIComponent(address.pathname), searchParams };
  } catch {
    throw new Refusal(404, 'unknown_path', `there is no ${request.url} here`);
  }
}

function notAnUpgrade() {
  const words = 'this is a WebSocket endpoint; a handshake has the header `Upgrade: websocket`';
  return new Refusal(426, 'not_an_upgrade', words);
}

/** @param {Duplex} socket @param {Refusal} refusal */
function refuse(socket, { status, headers, body }) {
  const lines = Object.entries({ ...headers, 'Content-Length': Buffer.byteLength(body) });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head}\r\n${body}`);
}
