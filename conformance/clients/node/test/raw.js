// Servers made of bytes, which no library would let one write.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** @import { Socket } from 'node:net' */

/**
 * Serves each connection with a handler, and runs a test with the address. At the end nothing is left of any.
 * @param {(socket: Socket) => unknown} handler
 * @param {(url: string) => Promise<unknown>} test
 */
export async function rawServer(handler, test) {
  /** @type {Set<Socket>} */
  const sockets = new Set();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}); // the peer is what is tested
    socket.on('close', () => sockets.delete(socket));
    Promise.resolve(handler(socket)).catch((error) => socket.destroy(error));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  try {
    await test(`ws://127.0.0.1:${port}/`);
  } finally {
    server.close();
    for (const socket of sockets) socket.destroy();
  }
}

/**
 * The answer that agrees to the handshake that comes.
 * @param {Socket} socket
 */
export async function answerOf(socket) {
  let head = '';
  while (!head.includes('\r\n\r\n')) {
    const [chunk] = await once(socket, 'data');
    head += chunk.toString('latin1');
  }
  const key = /sec-websocket-key: *(\S+)/i.exec(head)?.[1];
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  return Buffer.from(
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
}

/**
 * A short frame, unmasked as a server's is.
 * @param {number} first
 * @param {string | Buffer} payload
 */
export function frame(first, payload) {
  const bytes = Buffer.from(/** @type {string} */ (payload));
  return Buffer.concat([Buffer.from([first, bytes.length]), bytes]);
}
