// undici's WebSocket, which is the one of browsers, as its users have it by default, but for what a command says.
import { channel } from 'node:diagnostics_channel';
import { createRequire } from 'node:module';
import { Agent, buildConnector, ping, WebSocket } from 'undici';
import { extensionsOf, Unsupported } from './library.js';
import { InvalidText } from './payload.js';

/** @import { Library, Listener } from './library.js' */

const { version } = createRequire(import.meta.url)('undici/package.json');

/** @type {WeakMap<WebSocket, Listener>} */
const listeners = new WeakMap();
channel('undici:websocket:pong').subscribe((told) => {
  const { websocket, payload } = /** @type {{ websocket: WebSocket, payload: Buffer }} */ (told);
  listeners.get(websocket)?.pong(payload);
});

/** @type {Library} */
export const library = {
  client: 'node-undici',
  version: `undici ${version}`,
  // Of what can be done to a socket only what WebSocket itself can do: the socket is the driver's, to keep its deadlines.
  capabilities: [
    'ping',
    'headers',
    'close-without-code',
    'many-senders',
    'react',
    'message-limit',
    'abandon',
    'extensions-shown',
    'waits-for-tcp-end',
  ],

  connect({ url, subprotocols = [], headers = [], max_message }, listener) {
    /** @type {import('node:net').Socket | null} */
    let transport = null;
    let isCut = false;
    const connect = buildConnector({});
    const limit = max_message === undefined ? {} : { webSocket: { maxPayloadSize: max_message } };
    const dispatcher = new Agent({
      connect(options, made) {
        connect(options, (...outcome) => {
          transport = outcome[1];
          if (isCut) transport?.destroy();
          made(...outcome);
        });
      },
      ...limit,
    });
    const socket = new WebSocket(url, { protocols: subprotocols, headers, dispatcher });
    listeners.set(socket, listener);
    socket.binaryType = 'arraybuffer';

    socket.addEventListener('open', () => listener.opened(socket.protocol || null, extensionsOf(socket.extensions)));
    socket.addEventListener('error', ({ error, message }) => listener.refused(error ?? message));
    socket.addEventListener('message', ({ data }) =>
      listener.received(typeof data === 'string' ? data : Buffer.from(data)),
    );
    socket.addEventListener('close', ({ code, reason, wasClean }) => {
      listener.ended({ code, reason, isClean: wasClean && !isCut });
      dispatcher.destroy().catch(() => {});
    });

    return {
      send(message, fragments, answered) {
        if (fragments !== undefined) throw new Unsupported('undici sends every message in one frame');
        if (message instanceof InvalidText) throw new Unsupported('undici sends strings alone as text');
        socket.send(message);
        answered();
      },
      ping(payload, answered) {
        ping(socket, payload);
        answered();
      },
      pong() {
        throw new Unsupported('undici sends no pong that nobody asked for');
      },
      close: (code, reason) => (code === undefined ? socket.close() : socket.close(code, reason)),
      read() {
        throw new Unsupported('undici reads for as long as a connection is open');
      },
      cut() {
        isCut = true;
        if (socket.readyState === WebSocket.CONNECTING) socket.close();
        transport?.destroy();
        dispatcher.destroy().catch(() => {});
      },
    };
  },
};
