// ws, as its users have it by default, but for what a command says.
import { createRequire } from 'node:module';
import { WebSocket } from 'ws';
import { extensionsOf, NO_FRAME } from './library.js';
import { bytesOf, InvalidText, pieces } from './payload.js';

/** @import { Library } from './library.js' */

const { version } = createRequire(import.meta.url)('ws/package.json');

/** @type {Library} */
export const library = {
  client: 'node-ws',
  version: `ws ${version}`,
  // All there are but `waits-for-tcp-end`: behind the close frames it ends its side of TCP at once.
  capabilities: [
    'ping',
    'pong',
    'abort',
    'headers',
    'handshake-status',
    'close-any-code',
    'close-without-code',
    'fragments',
    'many-senders',
    'stop-reading',
    'react',
    'message-limit',
    'invalid-text',
    'abandon',
    'extensions-shown',
  ],

  connect({ url, subprotocols, headers = [], max_message, reading = true }, listener) {
    /** @type {Record<string, string[]>} */
    const named = {};
    for (const [name, value] of headers) named[name] = [...(named[name] ?? []), value];
    const limit = max_message === undefined ? {} : { maxPayload: max_message };
    const socket = new WebSocket(url, subprotocols, { headers: /** @type {any} */ (named), ...limit });
    /** @type {string | undefined} */
    let agreed;
    let isCut = false;

    socket.on('upgrade', (response) => {
      agreed = response.headers['sec-websocket-extensions'];
    });
    socket.on('unexpected-response', (_, response) => {
      listener.refused(`Unexpected server response: ${response.statusCode}`, response.statusCode);
      socket.terminate();
    });
    socket.on('open', () => {
      if (!reading) socket.pause();
      listener.opened(socket.protocol || null, extensionsOf(agreed));
    });
    socket.on('error', (error) => listener.refused(error));
    socket.on('message', (data, isBinary) => {
      const bytes = /** @type {Buffer} */ (data);
      listener.received(isBinary ? bytes : bytes.toString());
    });
    socket.on('pong', (payload) => listener.pong(payload));
    socket.on('close', (code, reason) => {
      listener.ended({ code, reason: reason.toString(), isClean: code !== NO_FRAME && !isCut });
    });

    /**
     * What is open takes everything at once. What is not says so in a moment.
     * @param {(answered?: (error?: Error | null) => void) => void} act
     * @param {(error?: Error | null) => void} answered
     */
    const hand = (act, answered) => {
      if (socket.readyState !== WebSocket.OPEN) return act(answered);
      act();
      answered();
    };

    return {
      send(message, fragments, answered) {
        const binary = Buffer.isBuffer(message);
        if (fragments === undefined) {
          const data = message instanceof InvalidText ? message.bytes : message;
          return hand((done) => socket.send(data, { binary }, done), answered);
        }
        const frames = pieces(message, fragments);
        const last = frames.pop() ?? bytesOf('');
        for (const frame of frames) socket.send(frame, { binary, fin: false });
        hand((done) => socket.send(last, { binary, fin: true }, done), answered);
      },
      ping: (payload, answered) => hand((done) => socket.ping(payload, true, done), answered),
      pong: (payload, answered) => hand((done) => socket.pong(payload, true, done), answered),
      close: (code, reason) => (code === undefined ? socket.close() : socket.close(code, reason)),
      read: (isReading) => (isReading ? socket.resume() : socket.pause()),
      cut() {
        isCut = true;
        socket.terminate();
      },
    };
  },
};
