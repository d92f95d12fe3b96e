// The driver protocol, with each library.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Reference } from './reference.js';
import { Speaking, speaking, within } from './speaking.js';

const MEBIBYTE = 2 ** 20;
const SHA256_OF_FIVE_MILLION = 'd9b380b7e7b4216832cfebb75dbef64d95d592bcad101548204a03d9e0ddce70';

const server = new Reference();

for (const library of ['ws', 'undici']) {
  describe(library, { concurrency: 4 }, () => {
    /** @param {string} name @param {(driver: Speaking) => Promise<unknown>} run */
    const drives = (name, run) =>
      test(name, () =>
        speaking(library, async (driver) => {
          await run(driver);
          await driver.finish();
        }),
      );
    const tagged = (/** @type {string} */ path, /** @type {Speaking} */ driver) =>
      server.at(`${path}?tag=${library}-${driver.process.pid}`);
    const seen = (/** @type {Speaking} */ driver, /** @type {object} */ until) =>
      server.seen(`${library}-${driver.process.pid}`, until);

    drives('introduces itself as often as it is asked', async (driver) => {
      for (let i = 0; i < 2; i++) {
        driver.write('{"cmd":"hello","protocol":1}');
        const { hello } = await driver.line();
        assert.deepEqual([hello.language, hello.origin], ['javascript', null]);
        assert(hello.capabilities.includes('abandon'));
      }
      driver.write('{"cmd":"hello","protocol":2}');
      assert.equal((await driver.line()).error.message, '`hello`: `protocol`: 2 is not 1');
    });

    drives('speaks as the example does', async (driver) => {
      driver.tell('open', { on: 'a', url: server.at('/echo'), within_ms: 2000 });
      driver.tell('send', { on: 'a', text: 'hello' });
      const lines = [await driver.line(), await driver.line(), await driver.line()];
      driver.tell('close', { on: 'a', code: 1000, reason: '', within_ms: 2000 });
      lines.push(await driver.line(), await driver.line());
      const events = lines.map(({ event: { ms, ...event } }) => {
        assert(ms >= 0);
        return event;
      });
      assert.deepEqual(events, [
        { seq: 1, n: 1, c: 1, on: 'a', is: 'opened', subprotocol: null, extensions: [] },
        { seq: 1, n: 2, c: 2, on: 'a', is: 'done' },
        { seq: 1, n: 3, on: 'a', is: 'received', text: 'hello' },
        { seq: 1, n: 4, c: 3, on: 'a', is: 'done' },
        { seq: 1, n: 5, on: 'a', is: 'closed', code: 1000, reason: '', clean: true },
      ]);
    });

    drives('sends every payload', async (driver) => {
      await driver.open('a', server.at('/echo'));
      for (const [payload, received] of [
        [{ text: 'ä😀\0' }, { text: 'ä😀\0' }],
        [{ text: '' }, { text: '' }],
        [{ base64: 'AP8=' }, { base64: 'AP8=' }],
        [{ base64: '' }, { base64: '' }],
        [{ fill: { len: 28, as: 'text' } }, { text: 'abcdefghijklmnopqrstuvwxyzab' }],
        [{ fill: { len: 3, as: 'binary' } }, { base64: 'AAEC' }],
      ]) {
        await driver.done('send', { on: 'a', ...payload });
        const { text, base64 } = await driver.event('received');
        assert.deepEqual({ text, base64 }, { text: undefined, base64: undefined, ...received });
      }
    });

    drives('tells long messages by their hash', async (driver) => {
      await driver.open('a', server.at('/echo'), { max_message: 6_000_000 });
      await driver.done('send', { on: 'a', fill: { len: 5_000_000, as: 'binary' } });
      const { kind, len, sha256, head, ...more } = await driver.event('received');
      assert.deepEqual([kind, len, sha256, head.length], ['binary', 5_000_000, SHA256_OF_FIVE_MILLION, 128]);
      assert(!('text' in more || 'base64' in more));
      await driver.done('send', { on: 'a', fill: { len: 4096, as: 'text' } });
      assert.equal((await driver.event('received')).text.length, 4096);
      await driver.open('full', server.at('/echo'), { data: 'full', max_message: 3_000_000 });
      await driver.done('send', { on: 'full', fill: { len: 2_000_000, as: 'text' } });
      assert.equal((await driver.event('received')).text.length, 2_000_000);
    });

    drives('pings and shows pongs', async (driver) => {
      await driver.open('a', server.at('/echo'));
      await driver.done('ping', { on: 'a', hex: '00ff' });
      assert.equal((await driver.event('pong')).hex, '00ff');
    });

    drives('shows what was agreed on', async (driver) => {
      const more = {
        subprotocols: ['chat', 'soap'],
        headers: [
          ['X-One', '1'],
          ['X-Two', 'zwei'],
        ],
      };
      const { subprotocol } = await driver.open('a', tagged('/echo', driver), more);
      assert.equal(subprotocol, 'chat');
      const { headers } = (await seen(driver, {})).handshake;
      const told = headers.filter((/** @type {string[]} */ pair) => pair[0]?.toLowerCase().startsWith('x-'));
      assert.deepEqual(told.map((/** @type {string[]} */ pair) => pair[1]).sort(), ['1', 'zwei']);
    });

    drives('reports why a connection was refused', async (driver) => {
      const { status } = await driver.refused(server.at('/scenario/refuse?status=403'));
      assert.equal(status, library === 'ws' ? 403 : null);
      for (const url of [
        'ws://127.0.0.1:1/',
        'wss://127.0.0.1:1/',
        'nonsense',
        ' ',
        server.at('/scenario/wrong-accept'),
      ]) {
        assert((await driver.refused(url)).error, url);
      }
      assert((await driver.refused(server.at('/ws'), { headers: [['bad name', 'x\r\n']] })).error);
      assert.match(await driver.failed('send', { on: 'refused', text: '' }), /^the connection was refused: /);
    });

    drives('gives up what does not open', async (driver) => {
      const url = server.at('/scenario/no-answer');
      const late = await driver.refused(url, { within_ms: 150 });
      assert.deepEqual([late.error, late.status], ['not open within 150 ms', null]);
      const abandoned = await driver.refused(url, { within_ms: 60_000, abandon: true });
      assert.equal(abandoned.error, 'given up, as it was told');
      await driver.open('a', server.at('/echo'));
      const again = await driver.ask('open', { on: 'a', url, within_ms: 150 });
      assert.deepEqual([again.is, again.error], ['refused', 'the test has a connection `a` already']);
    });

    for (const [code, reason] of /** @type {const} */ ([
      [1000, ''],
      [3000, ''],
      [4999, 'ä'],
    ])) {
      drives(`closes with ${code}`, async (driver) => {
        await driver.open('a', tagged('/echo', driver));
        await driver.done('close', { on: 'a', code, reason, within_ms: 5000 });
        assert.deepEqual(await driver.closed(), [code, reason, true]);
        assert.deepEqual((await seen(driver, { ended: true })).close, { code, reason });
      });
    }

    drives('closes without a code', async (driver) => {
      await driver.open('a', server.at('/echo'));
      await driver.done('close', { on: 'a', within_ms: 5000 });
      assert.deepEqual(await driver.closed(), [1005, '', true]);
    });

    for (const [scenario, code, clean] of /** @type {const} */ ([
      ['close-after-101', 4001, true],
      ['message-then-close', 1000, true],
      ['vanishes', 1006, false],
      ['quiet-end', 1006, false],
      ['reserved-bits', 1006, false],
      ['bad-utf8', 1006, false],
      ['huge-length', 1006, false],
    ])) {
      drives(`reports how ${scenario} has ended`, async (driver) => {
        await driver.open('a', server.at(`/scenario/${scenario}`));
        const [got, , wasClean] = await driver.closed();
        assert.deepEqual([got, wasClean], [code, clean]);
      });
    }

    drives('cuts what does not answer a close', async (driver) => {
      await driver.open('a', server.at('/scenario/never-answers-close'));
      const begun = performance.now();
      await driver.done('close', { on: 'a', code: 1000, within_ms: 200 });
      assert.deepEqual(await driver.closed(), [1006, '', false]);
      assert(performance.now() - begun >= 199);
    });

    drives('cuts nothing by a close that is refused', async (driver) => {
      await driver.open('a', server.at('/echo'));
      await driver.failed('close', { on: 'a', code: 1005, within_ms: 0 });
      await driver.open('later', server.at('/echo'));
      await driver.done('send', { on: 'a', text: 'still there' });
      assert.equal((await driver.event('received')).text, 'still there');
    });

    drives('says in its own words what a driver cannot be told', async (driver) => {
      assert.equal(await driver.failed('send', { on: 'nobody', text: '' }), 'the test has no connection `nobody`');
      await driver.open('a', server.at('/echo'));
      await driver.done('close', { on: 'a', code: 1000, within_ms: 5000 });
      await driver.closed();
      assert.equal(await driver.failed('drop', { on: 'a' }), 'the connection has ended');
      await driver.open('a', server.at('/echo'));
    });

    drives('cuts a connection, whatever is still unsent', async (driver) => {
      await driver.open('a', server.at('/scenario/never-reads'));
      driver.tell('send', { on: 'a', fill: { len: 16 * MEBIBYTE, as: 'binary' } });
      driver.tell('send', { on: 'a', fill: { len: 16 * MEBIBYTE, as: 'binary' } });
      await driver.done('drop', { on: 'a' });
      assert.deepEqual(await driver.closed(), [1006, '', false]);
    });

    drives('reads while it writes', async (driver) => {
      await driver.open('a', server.at('/echo'), { max_message: 2 * MEBIBYTE });
      for (let i = 0; i < 32; i++) driver.tell('send', { on: 'a', fill: { len: MEBIBYTE, as: 'binary' } });
      for (let i = 0; i < 32; i++) assert.equal((await driver.event('received')).len, MEBIBYTE);
    });

    drives('reads commands while nobody reads its events', async (driver) => {
      await driver.open('a', server.at('/echo'));
      // More than any pipe holds in either direction, and not a byte of the answers is read until all of it is written.
      const text = 'x'.repeat(4000);
      for (let i = 0; i < 2000; i++) driver.tell('send', { on: 'a', text });
      await within(new Promise((written) => driver.input.write('', written)), 'the driver does not read on');
      for (let i = 0; i < 2000; i++) assert.equal((await driver.event('received')).text, text);
    });

    drives('reacts to the next message once', async (driver) => {
      await driver.open('a', server.at('/echo'));
      await driver.done('react', { on: 'a', then: [{ cmd: 'send', c: 1001, text: 'reaction' }] });
      await driver.done('send', { on: 'a', text: 'action' });
      assert.equal((await driver.event('received')).text, 'action');
      assert.equal((await driver.answer(1001)).is, 'done');
      assert.equal((await driver.event('received')).text, 'reaction');
      const then = [{ cmd: 'close', c: 1002, code: 4000, reason: 'enough', within_ms: 5000 }];
      await driver.done('react', { on: 'a', then });
      await driver.done('send', { on: 'a', text: 'action' });
      assert.equal((await driver.answer(1002)).is, 'done');
      assert.deepEqual(await driver.closed(), [4000, 'enough', true]);

      await driver.open('b', server.at('/echo'));
      await driver.done('react', { on: 'b', then: [{ cmd: 'send', c: 1003, text: '' }] });
      await driver.done('close', { on: 'b', code: 1000, within_ms: 5000 });
      assert.equal((await driver.answer(1003)).error, 'no message came');
    });

    drives('lets each of many senders send in its order', async (driver) => {
      await driver.open('a', server.at('/echo'));
      const messages = Array.from({ length: 100 }, (_, i) => ({ text: `${i}` }));
      await driver.done('send_many', { on: 'a', senders: 7, messages });
      /** @type {number[]} */
      const last = Array(7).fill(-1);
      for (let n = 0; n < 100; n++) {
        const i = Number((await driver.event('received')).text);
        assert(Number(last[i % 7]) < i);
        last[i % 7] = i;
      }
      await driver.done('send_many', { on: 'a', senders: 3, messages: [] });
    });

    drives('closes behind the last of many messages', async (driver) => {
      for (const [on, senders] of Object.entries({ a: 1, b: 7 })) {
        await driver.open(on, server.at('/echo'));
        const messages = Array.from({ length: 100 }, (_, i) => ({ text: `${i}` }));
        const many = driver.tell('send_many', { on, senders, messages });
        driver.tell('close', { on, code: 1000, within_ms: 5000 });
        const sent = await driver.answer(many);
        assert.equal(sent.is, 'done', sent.error);
        assert.deepEqual(await driver.closed(), [1000, '', true]);
      }
    });

    test('keeps connections and tests apart', () =>
      speaking(library, async (driver) => {
        const stuck = { on: 'stuck', url: server.at('/scenario/no-answer'), within_ms: 60_000 };
        for (const seq of [1, 2]) {
          driver.seq = seq;
          driver.tell('open', stuck);
          driver.tell('send', { on: 'stuck', text: 'waits' });
          await driver.open('a', server.at('/echo'));
          await driver.done('send', { on: 'a', text: `${seq}` });
        }
        for (const seq of [2, 1]) {
          driver.seq = seq;
          assert.equal((await driver.event('received')).text, `${seq}`);
        }
        await driver.end();
        driver.seq = 2;
        await driver.done('send', { on: 'a', text: 'still there' });
        assert.equal((await driver.event('received')).text, 'still there');
      }));

    drives('listens to whether something listens', async (driver) => {
      const listened = await driver.ask('listen', { url: server.at('/ws') });
      assert.equal(listened.is, 'listened');
      assert(!('on' in listened));
      for (const url of ['ws://127.0.0.1:1/', 'nonsense here', '/path', 'ws://127.0.0.1:99999/']) {
        assert.equal((await driver.ask('listen', { url })).is, 'failed', url);
      }
    });

    drives('answers what is no command and goes on', async (driver) => {
      for (const [line, numbers] of /** @type {[string | Buffer, object][]} */ ([
        ['{"cmd":"fly","seq":7,"c":9}', { seq: 7, c: 9 }],
        ['{"cmd":"send","seq":7,"c":9,"on":"a","text":"","loudly":true}', { seq: 7, c: 9 }],
        ['{"cmd":"end","seq":7}', { seq: 7 }],
        ['{"seq":-1,"c":9}', { c: 9 }],
        ['garbage', {}],
        ['', {}],
        [Buffer.of(0xff), {}],
        ['x'.repeat(5 * MEBIBYTE), {}],
        [`{"cmd":${'['.repeat(6000)}${']'.repeat(6000)},"seq":7,"c":9}`, { seq: 7, c: 9 }],
        ['{"cmd":"end","seq":1,"seq":2,"c":1}', {}],
        ['{"cmd":"end","seq":1e3,"c":1}', { c: 1 }],
      ])) {
        driver.write(line);
        const { message, ...got } = (await driver.line()).error;
        assert(message);
        assert.deepEqual(got, numbers);
      }
      await driver.open('a', server.at('/echo'));
    });

    test('ends a test with connections open', () =>
      speaking(library, async (driver) => {
        await driver.open('a', tagged('/scenario/pings', driver));
        driver.tell('open', { on: 'stuck', url: server.at('/scenario/no-answer'), within_ms: 60_000 });
        await driver.end();
        assert.equal((await seen(driver, { ended: true })).ended, 'vanished');
        driver.write('{"cmd":"bye"}');
        assert.equal(await driver.exitCode(), 0);
      }));

    test('ends with its standard input', () =>
      speaking(library, async (driver) => {
        await driver.open('a', server.at('/scenario/pings'));
        driver.input.end();
        assert.equal(await driver.exitCode(), 0);
      }));
  });
}

test('ws sends in frames of these sizes', () =>
  speaking('ws', async (driver) => {
    await driver.open('a', server.at('/echo'));
    for (const [text, fragments] of /** @type {const} */ ([
      ['abc', [1, 0, 2]],
      ['ä', [1, 1]],
      ['', [0]],
    ])) {
      await driver.done('send', { on: 'a', text, fragments });
      assert.equal((await driver.event('received')).text, text);
    }
    const failed = await driver.failed('send', { on: 'a', text: 'abc', fragments: [1, 1] });
    assert.equal(failed, 'the sizes of the fragments do not add up to 3 bytes');
    await driver.finish();
  }));

test('ws reads nothing until it is told to', () =>
  speaking('ws', async (driver) => {
    await driver.open('a', server.at('/ws'), { reading: false });
    await driver.open('b', server.at('/echo'));
    await driver.done('send', { on: 'b', text: 'meanwhile' });
    assert.equal((await driver.event('received')).on, 'b');
    await driver.done('start_reading', { on: 'a' });
    assert.equal((await driver.event('received')).on, 'a');
    await driver.finish();
  }));

test('ws says in its own words that a connection is over', () =>
  speaking('ws', async (driver) => {
    await driver.open('a', server.at('/echo'));
    await driver.done('close', { on: 'a', code: 1000, within_ms: 5000 });
    assert.match(await driver.failed('send', { on: 'a', text: 'late' }), /^WebSocket is not open: readyState /);
    await driver.closed();
    assert.match(await driver.failed('ping', { on: 'a', hex: '' }), /^WebSocket is not open: readyState /);
    await driver.finish();
  }));

test('undici says what it cannot do, and is still there', () =>
  speaking('undici', async (driver) => {
    await driver.open('a', server.at('/echo'));
    for (const [cmd, more] of /** @type {const} */ ([
      ['send', { text: 'a', fragments: [1] }],
      ['send', { invalid_text: 'ff' }],
      ['pong', { hex: '' }],
      ['stop_reading', {}],
    ])) {
      assert.match(await driver.failed(cmd, { on: 'a', ...more }), /^undici /);
    }
    await driver.done('send', { on: 'a', text: 'it is still there' });
    assert.equal((await driver.event('received')).text, 'it is still there');
    await driver.finish();
  }));

for (const args of [[], ['nothing'], ['ws', 'undici']]) {
  test(`the driver is not started with ${args.join(' ') || 'no argument'}`, async () => {
    const driver = new Speaking(...args);
    assert.equal(await driver.exitCode(), 2);
  });
}
