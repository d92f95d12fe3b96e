// What is Node's own: waiting that is given up and taken up again, peers that vanish, messages cut in pieces, and what is
// left behind.
import assert from 'node:assert/strict';
import { on, once } from 'node:events';
import { test } from 'node:test';
import { WebSocket as UndiciSocket } from 'undici';
import { WebSocket as WsSocket } from 'ws';
import { Driver } from '../src/driver.js';
import { library as undici } from '../src/with-undici.js';
import { library as ws } from '../src/with-ws.js';
import { answerOf, frame, rawServer } from './raw.js';
import { Reference } from './reference.js';
import { within } from './speaking.js';

const server = new Reference();

/** @param {import('node:net').Socket} socket */
async function halves(socket) {
  socket.write(Buffer.concat([await answerOf(socket), frame(0x01, 'one ')]));
  await once(socket, 'data');
  socket.write(frame(0x80, 'message'));
}

for (const [name, Socket] of /** @type {const} */ ([
  ['ws', WsSocket],
  ['undici', UndiciSocket],
])) {
  test(`${name} loses nothing by a wait that was given up`, () =>
    rawServer(halves, async (url) => {
      const client = new Socket(url);
      const messages = on(/** @type {any} */ (client), 'message');
      await once(/** @type {any} */ (client), 'open');
      const aborted = once(/** @type {any} */ (client), 'message', { signal: AbortSignal.timeout(50) });
      await assert.rejects(aborted, { name: 'AbortError' });
      client.send('go on');
      const [event] = (await messages.next()).value;
      assert.equal(String(event.data ?? event), 'one message');
    }));
}

test('ws says that a peer has vanished by 1006, and no error', async () => {
  const client = new WsSocket(server.at('/scenario/quiet-end'));
  const [code] = await once(client, 'close');
  assert.equal(code, 1006);
});

test('ws says by an error what its peer has broken, and then 1006', async () => {
  const client = new WsSocket(server.at('/scenario/bad-utf8'));
  /** @type {Error[]} */
  const errors = [];
  client.on('error', (error) => errors.push(error));
  const code = await new Promise((closed) => client.on('close', closed));
  assert.deepEqual([code, errors.map((error) => 'code' in error && error.code)], [1006, ['WS_ERR_INVALID_UTF8']]);
});

test('undici says that a peer has vanished by 1006, and an error', async () => {
  const client = new UndiciSocket(server.at('/scenario/quiet-end'));
  const erring = once(client, 'error');
  const [{ code, wasClean }] = await once(client, 'close');
  assert.deepEqual([code, wasClean], [1006, false]);
  await erring;
});

for (const library of [ws, undici]) {
  test(`the end of a test of ${library.client} leaves nothing behind`, async () => {
    const resources = () =>
      process
        .getActiveResourcesInfo()
        .filter((name) => /^(TCP|Timeout|Connect)/.test(name))
        .sort();
    const before = resources();
    /** @type {any[]} */
    const events = [];
    /** @type {() => void} */
    let told = () => {};
    const driver = new Driver(library, {
      put(/** @type {any} */ line) {
        events.push(line.event);
        told();
      },
    });
    const tell = (/** @type {object} */ command) => {
      driver.take(Buffer.from(JSON.stringify({ seq: 1, c: events.length + 1000, ...command })));
    };
    const paths = {
      idle: '/ws',
      opening: '/scenario/no-answer',
      stuck: '/scenario/never-reads',
      closing: '/scenario/never-answers-close',
      pinged: '/scenario/pings',
    };
    for (const [on, path] of Object.entries(paths)) {
      tell({ cmd: 'open', on, url: server.at(path), within_ms: 60_000 });
    }
    tell({ cmd: 'send', on: 'stuck', fill: { len: 16 * 2 ** 20, as: 'binary' } });
    tell({ cmd: 'close', on: 'closing', code: 1000, within_ms: 60_000 });
    tell({ cmd: 'react', on: 'idle', then: [{ cmd: 'send', c: 99, text: '' }] });
    const opened = () => events.filter(({ is }) => is === 'opened').length === 4;
    await within(
      new Promise((done) => {
        told = () => opened() && done(null);
        told();
      }),
      'they were not opened',
    );
    tell({ cmd: 'end' });
    const said = events.length;
    assert.equal(events.at(-1).is, 'ended');
    // Sockets that were cut are gone when the loop has gone round.
    const deadline = performance.now() + 5000;
    while (resources().join() !== before.join() && performance.now() < deadline) {
      await new Promise((round) => setImmediate(round));
    }
    assert.deepEqual(resources(), before);
    assert.equal(events.length, said);
  });
}
