// Servers that send what nobody may send, or nothing: each driver says how that ended, and goes on.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { answerOf, frame, rawServer } from './raw.js';
import { Reference } from './reference.js';
import { speaking, within } from './speaking.js';

/**
 * @import { Socket } from 'node:net'
 * @import { Speaking } from './speaking.js'
 */

const server = new Reference();

for (const library of ['ws', 'undici']) {
  describe(library, { concurrency: 4 }, () => {
    /**
     * @param {string} name
     * @param {(socket: Socket) => unknown} handler
     * @param {(driver: Speaking, url: string) => Promise<unknown>} run
     */
    const meets = (name, handler, run) =>
      test(name, () =>
        speaking(library, async (driver) => {
          await rawServer(handler, async (url) => {
            await run(driver, url);
            await driver.end();
          });
          driver.seq += 1;
          await driver.open('a', server.at('/echo'));
          await driver.done('send', { on: 'a', text: 'well' });
          assert.equal((await driver.event('received')).text, 'well');
          driver.write('{"cmd":"bye"}');
          assert.equal(await driver.exitCode(), 0);
        }),
      );

    for (const garbage of ['\0'.repeat(100), 'SSH-2.0-OpenSSH_9\r\n', 'HTTP/1.1 101\r\n\r\n', 'x'.repeat(100_000)]) {
      meets(
        `${JSON.stringify(garbage.slice(0, 20))} is no handshake`,
        (socket) => socket.end(garbage),
        async (driver, url) => assert((await driver.refused(url)).error),
      );
    }

    meets(
      'nothing at all is given up',
      () => {},
      async (driver, url) => {
        assert.equal((await driver.refused(url, { within_ms: 100 })).error, 'not open within 100 ms');
      },
    );

    meets(
      'an answer that comes at a byte a moment, and never ends, is given up',
      async (socket) => {
        socket.write('HTTP/1.1 101 Switching Protocols\r\nX: ');
        while (!socket.destroyed) {
          socket.write('x');
          await setTimeout(10);
        }
      },
      async (driver, url) => {
        assert.equal((await driver.refused(url, { within_ms: 200 })).error, 'not open within 200 ms');
      },
    );

    for (let seed = 0; seed < 8; seed++) {
      meets(
        `random bytes end a connection (${seed})`,
        async (socket) => socket.end(Buffer.concat([await answerOf(socket), noise(seed)])),
        async (driver, url) => {
          await driver.open('a', url);
          const [, , clean] = await driver.closed();
          assert.equal(clean, false);
        },
      );
    }

    /** @type {() => void} */
    let hear = () => {};
    const heard = new Promise((done) => {
      hear = () => done(null);
    });
    meets(
      'a message of more than the limit is refused at its header',
      async (socket) => {
        const header = Buffer.from('827f0000000006400000', 'hex'); // a hundred mebibytes
        socket.write(Buffer.concat([await answerOf(socket), header, Buffer.from('begun')]));
        // What comes is a close frame, or the end: nobody waits for the other hundred megabytes.
        await Promise.race([once(socket, 'data'), once(socket, 'close')]);
        hear();
      },
      async (driver, url) => {
        await driver.open('a', url, { max_message: 1_000_000 });
        await within(heard, 'the peer heard nothing');
        assert.deepEqual(await driver.closed(), [1006, '', false]);
      },
    );

    meets(
      'a peer that breaks off within a message is gone',
      async (socket) => socket.end(Buffer.concat([await answerOf(socket), frame(0x81, 'whole'), frame(0x01, 'half')])),
      async (driver, url) => {
        await driver.open('a', url);
        assert.equal((await driver.event('received')).text, 'whole');
        assert.deepEqual(await driver.closed(), [1006, '', false]);
      },
    );

    meets(
      'a message in pieces of a byte is whole',
      async (socket) => {
        socket.setNoDelay();
        const [first, second] = [Buffer.from('ä').subarray(0, 1), Buffer.from('ä').subarray(1)];
        const bytes = Buffer.concat([await answerOf(socket), frame(0x01, first), frame(0x80, second)]);
        for (const byte of bytes) await new Promise((written) => socket.write(Buffer.of(byte), written));
      },
      async (driver, url) => {
        await driver.open('a', url);
        assert.equal((await driver.event('received')).text, 'ä');
      },
    );

    meets(
      'the end of a test does not wait for a peer that waits',
      async (socket) => socket.write(await answerOf(socket)),
      async (driver, url) => {
        await driver.open('a', url);
        driver.tell('send', { on: 'a', fill: { len: 8 * 2 ** 20, as: 'binary' } });
        driver.tell('close', { on: 'a', code: 1000, within_ms: 60_000 });
      },
    );
  });
}

/**
 * Bytes that look random, the same in every run.
 * @param {number} seed
 */
function noise(seed) {
  const pieces = Array.from({ length: 600 }, (_, i) => createHash('sha256').update(`${seed} ${i}`).digest());
  return Buffer.concat(pieces);
}
