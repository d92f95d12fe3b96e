// The study's nine tests, as a user of undici's WebSocket would write them, and of that in a browser: no list, no driver.
import assert from 'node:assert/strict';
import { on, once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { WebSocket } from 'undici';
import { theseAreTheNine } from './nine.js';
import { Reference } from './reference.js';

const server = new Reference();

test('core/listens', async () => {
  const { hostname, port } = new URL(server.at(''));
  const socket = connect({ host: hostname, port: Number(port) });
  await once(socket, 'connect');
  socket.end();
});

test('core/connects', async () => {
  const client = new WebSocket(server.at('/ws'));
  await once(client, 'open');
  assert.equal(client.readyState, WebSocket.OPEN);
  client.close();
});

test('core/welcome', async () => {
  const client = await Client.at('/ws');
  const { type, connection, server: name } = JSON.parse(String(await client.next()));
  assert.deepEqual([type, typeof connection, typeof name], ['welcome', 'string', 'string']);
  await client.hearsNothingElse();
  await client.close();
});

test('core/echo', async () => {
  const client = await Client.welcomed('/ws');
  for (const message of ['hello', 'ä😀\0', '']) {
    client.socket.send(message);
    assert.equal(await client.next(), message);
  }
  client.socket.send(Buffer.of(0, 255));
  assert.deepEqual(Buffer.from(await client.next()), Buffer.of(0, 255));
  await client.close();
});

test('core/push', async () => {
  const [one, other] = await Promise.all([Client.welcomed('/ws?tag=one'), Client.welcomed('/ws')]);
  await server.act('one', { send: { text: 'news' } });
  assert.equal(await one.next(), 'news');
  await other.hearsNothingElse();
  await Promise.all([one.close(), other.close()]);
});

test('core/close-1000', async () => {
  const client = await Client.welcomed('/ws');
  client.socket.close(1000, 'done');
  const [{ code, reason, wasClean }] = await once(client.socket, 'close');
  assert.deepEqual([code, reason, wasClean], [1000, 'done', true]);
});

test('core/many-to-server', async () => {
  const client = await Client.welcomed('/ws');
  const messages = Array.from({ length: 1000 }, (_, i) => `message ${i}`);
  for (const message of messages) client.socket.send(message);
  for (const message of messages) assert.equal(await client.next(), message);
  await client.hearsNothingElse();
  await client.close();
});

test('core/many-to-client', async () => {
  const client = await Client.welcomed('/ws?tag=many');
  await server.act('many', { send: { text: 'message ${i}', times: 1000 } });
  for (let i = 0; i < 1000; i++) assert.equal(await client.next(), `message ${i}`);
  await client.hearsNothingElse();
  await client.close();
});

test('core/many-clients', async () => {
  const clients = await Promise.all(Array.from({ length: 20 }, (_, i) => Client.welcomed(`/ws?tag=client-${i}`)));
  clients.forEach((client, i) => {
    client.socket.send(`from ${i}`);
  });
  for (const [i, client] of clients.entries()) assert.equal(await client.next(), `from ${i}`);
  const [dropped] = clients.splice(7, 1);
  const closing = once(/** @type {Client} */ (dropped).socket, 'close');
  await server.act('client-7', { drop: true });
  assert.equal((await closing)[0].code, 1006);
  for (const client of clients) {
    await client.hearsNothingElse();
    await client.close();
  }
});

theseAreTheNine(import.meta.url);

/** A WebSocket whose messages are awaited. */
class Client {
  /** @param {WebSocket} socket */
  constructor(socket) {
    this.socket = socket;
    this.socket.binaryType = 'arraybuffer';
    this.messages = on(socket, 'message');
  }

  /** @param {string} path */
  static async at(path) {
    const client = new Client(new WebSocket(server.at(path)));
    await once(client.socket, 'open');
    return client;
  }

  /** @param {string} path */
  static async welcomed(path) {
    const client = await Client.at(path);
    await client.next();
    return client;
  }

  async next() {
    return (await this.messages.next()).value[0].data;
  }

  /** The echo of a last word is the very next message. */
  async hearsNothingElse() {
    this.socket.send('last word');
    assert.equal(await this.next(), 'last word');
  }

  async close() {
    this.socket.close();
    await once(this.socket, 'close');
  }
}
