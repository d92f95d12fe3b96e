// The server as a program: how it starts, what it refuses, what it says about commands, and how it stops.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';

const MAIN = fileURLToPath(new URL('../src/main.js', import.meta.url));
const DEADLINE = 20_000; // ms: nothing takes longer

/** A server that runs. */
class Running {
  /** @param {import('node:child_process').ChildProcess} process @param {any} ready */
  constructor(process, ready) {
    this.process = process;
    this.ready = ready;
  }

  /** @param {string[]} flags */
  static async with(...flags) {
    const process = started(...flags);
    let said = '';
    for await (const chunk of process.stdout) {
      said += chunk;
      if (said.endsWith('\n')) break;
    }
    return new Running(process, JSON.parse(said).ready);
  }

  /** @param {string} path @param {string[]} subprotocols @param {object} options */
  async open(path, subprotocols = [], options = {}) {
    const client = new WebSocket(this.ready.url + path, subprotocols, options);
    await once(client, 'open', { signal: AbortSignal.timeout(DEADLINE) });
    return client;
  }

  /** What a refusal says. @param {string} path @param {string[]} subprotocols @param {object} options */
  async refused(path, subprotocols = [], options = {}) {
    const client = new WebSocket(this.ready.url + path, subprotocols, options);
    client.on('error', () => {});
    const [, response] = await once(client, 'unexpected-response', { signal: AbortSignal.timeout(DEADLINE) });
    let body = '';
    for await (const chunk of response) body += chunk;
    client.terminate();
    return [response.statusCode, JSON.parse(body).error];
  }

  /** What a command is answered. @param {string} command */
  async control(command) {
    const client = new WebSocket(this.ready.control);
    await once(client, 'open', { signal: AbortSignal.timeout(DEADLINE) });
    client.send(command);
    const [answer] = await once(client, 'message', { signal: AbortSignal.timeout(DEADLINE) });
    client.close();
    return String(answer);
  }

  /** Ends its standard input, and gives its exit code. */
  async stop() {
    this.process.stdin?.end();
    const [code] = await once(this.process, 'exit', { signal: AbortSignal.timeout(DEADLINE) });
    return code;
  }
}

/** @param {string[]} flags */
function started(...flags) {
  return spawn(process.execPath, [MAIN, ...flags], { stdio: ['pipe', 'pipe', 'pipe'] });
}

/** @param {(server: Running) => Promise<unknown>} run @param {string[]} flags */
async function serving(run, ...flags) {
  const server = await Running.with(...flags);
  try {
    await run(server);
    assert.equal(await server.stop(), 0);
  } finally {
    server.process.kill('SIGKILL');
  }
}

describe('node-ws', { concurrency: 4 }, () => {
  test('it says where it listens, and ends what is open with 1001', async () => {
    const server = await Running.with();
    const { url, control, name, version, limits } = server.ready;
    assert.match(url, /^ws:\/\/127\.0\.0\.1:\d+$/);
    assert.deepEqual([control, name, limits], [`${url}/control`, 'node-ws', { max_message: 2 ** 20 }]);
    assert.match(version, /^ws \d/);
    const client = await server.open('/ws');
    const closed = once(client, 'close');
    assert.equal(await server.stop(), 0);
    assert.equal((await closed)[0], 1001);
  });

  test('it stops whatever its clients do', () =>
    serving(async (server) => {
      const silent = connect(Number(new URL(server.ready.url).port), '127.0.0.1');
      silent.on('error', () => {}); // it is cut
      await once(silent, 'connect');
      const deaf = await server.open('/echo');
      deaf.on('error', () => {});
      deaf.pause();
      for (let i = 0; i < 8; i++) deaf.send(Buffer.alloc(2 ** 20));
      const begun = performance.now();
      assert.equal(await server.stop(), 0);
      assert(performance.now() - begun < 10_000);
      deaf.terminate();
      silent.destroy();
      server.stop = async () => 0;
    }));

  test('it refuses', () =>
    serving(async (server) => {
      const taken = await server.open('/ws?tag=taken');
      assert.deepEqual(await server.refused('/nowhere'), [404, 'unknown_path']);
      assert.deepEqual(await server.refused('/'), [404, 'unknown_path']);
      assert.deepEqual(await server.refused('/ws?tag=a%20b'), [400, 'bad_tag']);
      assert.deepEqual(await server.refused('/ws?tag=a&tag=b'), [400, 'bad_tag']);
      assert.deepEqual(await server.refused('/ws?tag=taken'), [409, 'tag_in_use']);
      assert.deepEqual(await server.refused('/ws', ['chat']), [400, 'subprotocol']);
      const foreign = { origin: 'http://evil.example' };
      assert.deepEqual(await server.refused('/ws', [], foreign), [403, 'origin']);
      const own = { origin: server.ready.url.replace('ws:', 'http:') };
      assert.deepEqual(await server.refused('/control', [], own), [403, 'origin']);
      assert.deepEqual(await server.refused('/ws', [], { protocolVersion: 8 }), [426, 'version']);
      taken.close();
      await once(taken, 'close');
    }));

  test('a path that is none is not found', () =>
    serving(async (server) => {
      const client = connect(Number(new URL(server.ready.url).port), '127.0.0.1');
      client.end('GET // HTTP/1.1\r\nHost: here\r\n\r\n');
      let answer = '';
      for await (const chunk of client) answer += chunk;
      assert(answer.startsWith('HTTP/1.1 404 '), answer);
    }));

  test('what is no handshake is told what would be one', () =>
    serving(async (server) => {
      const at = (/** @type {string} */ path) => server.ready.url.replace('ws:', 'http:') + path;
      for (const path of ['/ws', '/ws?tag=a', '/%77s', '/echo', '/control']) {
        const response = await fetch(at(path));
        const { headers } = response;
        assert.equal(response.status, 426);
        assert.deepEqual([headers.get('upgrade'), headers.get('sec-websocket-version')], ['websocket', '13']);
        assert.match(headers.get('connection') ?? '', /\bupgrade\b/);
        assert.equal(/** @type {any} */ (await response.json()).error, 'not_an_upgrade');
      }
      assert.equal((await fetch(at('/ws'), { method: 'HEAD' })).status, 426);
      for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
        const response = await fetch(at('/ws'), { method });
        assert.deepEqual([response.status, response.headers.get('allow')], [405, 'GET, HEAD'], method);
        assert.equal(/** @type {any} */ (await response.json()).error, 'method');
      }
      assert.equal((await fetch(at('/nowhere'), { method: 'POST' })).status, 404);
    }));

  for (const [line, upgrade, status, header] of /** @type {const} */ ([
    ['POST /ws', 'websocket', 405, 'Allow: GET, HEAD'],
    ['GET /ws', 'h2c', 426, 'Upgrade: websocket'],
    ['POST /nowhere', 'websocket', 404, 'Connection: close'],
  ])) {
    test(`${line} that asks for ${upgrade} is answered with ${status}`, () =>
      serving(async (server) => {
        const client = connect(Number(new URL(server.ready.url).port), '127.0.0.1');
        client.end(
          `${line} HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: ${upgrade}\r\n` +
            'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
        );
        let answer = '';
        for await (const chunk of client) answer += chunk;
        assert(answer.startsWith(`HTTP/1.1 ${status} `) && answer.includes(`\r\n${header}\r\n`), answer);
      }));
  }

  test('it chooses subprotocols', () =>
    serving(async (server) => {
      for (const [path, offered, chosen] of /** @type {[string, string[], string][]} */ ([
        ['/ws', ['chat', 'crosswire.v1.plain'], 'crosswire.v1.plain'],
        ['/echo', ['chat', 'crosswire.v1.plain'], 'chat'],
        ['/echo', [], ''],
      ])) {
        const client = await server.open(path, offered);
        assert.equal(client.protocol, chosen);
        client.close();
      }
    }));

  test('it has the limits that it is given', () =>
    serving(
      async (server) => {
        const client = await server.open('/ws', [], { origin: 'http://friend.example' });
        assert.deepEqual(await server.refused('/ws'), [503, 'full']);
        client.send('é'.repeat(501));
        assert.equal((await once(client, 'close'))[0], 1009);
      },
      '--max-message=1000',
      '--max-sessions=1',
      '--allow-origin=http://friend.example',
    ));

  for (const flag of ['--max-message=0', '--max-sessions=many', '--colour=red', 'stray']) {
    test(`it says what is wrong with ${flag}`, async () => {
      const process = started(flag);
      let said = '';
      for await (const chunk of process.stderr) said += chunk;
      assert(said.includes(flag.split('=')[0] ?? ''), said);
      assert.equal(process.exitCode ?? (await once(process, 'exit'))[0], 2);
    });
  }

  test('it says what is wrong with a command', () =>
    serving(async (server) => {
      for (const [command, error, words] of /** @type {const} */ ([
        ['nonsense', 'bad_command', 'a command is one JSON object: '],
        ['[]', 'bad_command', 'a command is one JSON object: it is an object'],
        ['{"to":"a","to":"a","act":[]}', 'bad_command', 'the key "to" is there twice'],
        ['{"to":"a","act":[{"close":{"code":1000,"code":1001}}]}', 'bad_command', 'the key "code" is there twice'],
        ['{"to":"a","act":[{"wait_ms":1e1}]}', 'bad_command', 'act: 1e1 is not a whole number in digits alone'],
        ['{"to":"a","act":[{"send":{"text":"","times":1.0}}]}', 'bad_command', 'act: 1.0 is not a whole number'],
        [`{"to":${'['.repeat(200_000)}${']'.repeat(200_000)},"act":[]}`, 'bad_command', 'to: a text belongs here'],
        [`{"to":"nobody","act":[{"send":{"text":"${'x'.repeat(15 * 2 ** 20)}"}}]}`, 'unknown_connection', 'nobody'],
        [`{"to":"nobody","act":[{"send":{"text":"${'\\n'.repeat(7 * 2 ** 20)}"}}]}`, 'unknown_connection', 'nobody'],
        ['{"act":[]}', 'bad_command', 'to: this field is missing'],
        ['{"to":"a","act":[],"soon":1}', 'bad_command', 'soon: there is no such field here'],
        ['{"to":"a","act":[{"fly":{}}]}', 'bad_command', 'act[0]: this server has no act `fly`'],
        ['{"to":"a","act":[{"toString":{}}]}', 'bad_command', 'act[0]: this server has no act `toString`'],
        ['{"to":"a","act":[{"raw":{"hex":"00"}}]}', 'bad_command', 'act[0]: this server has no act `raw`'],
        ['{"to":"a","act":[{"ping":{}},{"close":{"code":70000}}]}', 'bad_command', 'act[1].close.code: a whole'],
        ['{"to":"a","act":[{"send":{"text":"","hex":""}}]}', 'bad_command', 'act[0].send: give exactly one of'],
        ['{"to":"a","act":[{"send":{"text":"${x}","times":2}}]}', 'bad_command', 'act[0].send.text: `${x}`'],
        ['{"to":"a","act":[{"send":{"hex":"0"}}]}', 'bad_command', 'act[0].send.hex: '],
        ['{"to":"a","act":[{"send":{"fill":{"len":1}}}]}', 'bad_command', 'act[0].send.fill.as: '],
        ['{"to":"a","act":[{"send":{"text":"a","fragments":[2]}}]}', 'bad_command', 'do not add up to 1 bytes'],
        ['{"to":"a","act":[{"drop":false}]}', 'bad_command', 'act[0].drop: only `true`'],
        ['{"to":"a","act":[{"wait_ms":2001}]}', 'bad_command', 'act[0].wait_ms: '],
        ['{"to":"a","act":[{"ping":{"fill":{"len":126,"as":"text"}}}]}', 'bad_command', 'act[0].ping: 125 bytes'],
        ['{"to":"a","act":[{"seen":{"until":{"received":{"words":1}}}}]}', 'bad_command', 'seen.until.received.words'],
        ['{"to":"nobody","act":[]}', 'unknown_connection', 'no connection has the tag or id `nobody`'],
        ['{"to":"a","act":[{"close":{"code":1005}}]}', 'bad_command', 'ws does not do this'],
        ['{"to":"a","act":[{"seen":{"until":{"ended":true},"within_ms":20}}]}', 'not_reached', 'act[0].seen'],
        ['{"to":"a","act":[{"close":{"code":1000}},{"send":{"text":""}}]}', 'not_open', 'act[1]: the connection is'],
      ])) {
        const client = await server.open('/ws?tag=a');
        const answer = JSON.parse(await server.control(command));
        assert.equal(answer.error, error, `${command.slice(0, 99)}: ${answer.message}`);
        assert(answer.message.includes(words), answer.message);
        assert.equal(answer.done, error === 'not_open' ? 1 : 0);
        client.close();
        await once(client, 'close');
        await server.control('{"to":"a","act":[{"seen":{"until":{"ended":true}}}]}');
      }
    }));

  test('an id comes back as it was written', () =>
    serving(async (server) => {
      await server.open('/ws?tag=a');
      for (const id of [
        '7',
        '1.50',
        '1e3',
        '[0.0]',
        '"ä\\u00e4,}"',
        '{ "id" : [1,  2.0] }',
        'null',
        '18446744073709551616',
      ]) {
        const done = await server.control(`{ "to" : "a", "id":${id} ,"act":[] }`);
        assert.equal(done, `{"id":${id},"ok":true}`);
        assert((await server.control(`{"id":${id},"to":7,"act":[]}`)).startsWith(`{"id":${id},"error":"bad_command"`));
      }
    }));

  test('it tells what it saw', () =>
    serving(async (server) => {
      const client = await server.open('/ws?tag=a', [], { perMessageDeflate: false });
      client.send('ä');
      client.ping('p');
      client.close(4000, 'bye');
      await once(client, 'close');
      const story = JSON.parse(
        await server.control('{"id":1,"to":"a","act":[{"seen":{"until":{"ended":true}}}]}'),
      ).seen;
      assert.equal(story.handshake.target, '/ws?tag=a');
      assert(story.handshake.headers.some((/** @type {string[]} */ [name]) => name === 'Sec-WebSocket-Version'));
      const { received, sent, close, open, ended } = story;
      assert.deepEqual([received.text, received.bytes, received.ping, sent.text, sent.pong], [1, 2, 1, 2, 1]);
      assert.deepEqual([close, open, ended], [{ code: 4000, reason: 'bye' }, false, 'clean']);
      // The name is free, and whoever has it now is who is meant.
      await server.open('/ws?tag=a');
      assert.equal(JSON.parse(await server.control('{"id":1,"to":"a","act":[{"seen":true}]}')).seen.open, true);
    }));
});
