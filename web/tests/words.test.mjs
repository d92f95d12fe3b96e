import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './page.mjs';

const { describeClose, describeFailure } = load('close-codes', 'failures');

const closed = (code, clean = true) => ({ code, reason: '', clean });

test('every code of RFC 6455 and of its registry has words of its own', () => {
    const meanings = new Set();
    for (const code of [1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 1015]) {
        const words = describeClose(closed(code));
        assert.match(words.title, new RegExp(String(code)));
        assert.ok(words.meaning.length > 10 && words.advice.length > 10, String(code));
        meanings.add(words.meaning);
    }
    assert.equal(meanings.size, 15);
});

test('every number has words, whether or not it is a close code', () => {
    for (let code = 0; code <= 65535; code += 1) {
        const { title, meaning, advice } = describeClose(closed(code));
        if (title === '' || meaning === '' || advice === '') assert.fail(String(code));
    }
    assert.match(describeClose(closed(999)).meaning, /1000 to 4999/);
    assert.match(describeClose(closed(2000)).meaning, /later versions/);
    assert.match(describeClose(closed(3000)).meaning, /IANA/);
    assert.match(describeClose(closed(65535)).meaning, /none/);
});

test('what 4000 to 4999 advise is told only of a server that says so', () => {
    assert.match(describeClose(closed(4000)).advice, /documentation/);
    assert.match(describeClose(closed(4499), { crosswire: true }).advice, /: connect again/);
    assert.match(describeClose(closed(4500), { crosswire: true }).advice, /do not connect again/);
    assert.match(describeClose(closed(4008), { crosswire: true }).title, /too slow/);
    assert.doesNotMatch(describeClose(closed(4008)).title, /too slow/);
});

test('a close that was not completed is no good news', () => {
    assert.equal(describeClose(closed(1000)).tone, 'good');
    assert.notEqual(describeClose(closed(1000, false)).tone, 'good');
    assert.match(describeClose(closed(1000, false)).meaning, /not completed/);
    assert.equal(describeClose(closed(1006, false)).tone, 'bad');
});

const attempt = {
    address: 'ws://127.0.0.1:9001/ws',
    pageOrigin: 'http://127.0.0.1:9002',
    subprotocols: [],
    seconds: 10,
};
const causes = (change) =>
    describeFailure({ code: 'refused', message: '' }, { ...attempt, ...change }).causes.join('\n');

test('a failure names what it can have been, and only that', () => {
    assert.match(causes({}), /Nothing listens on 127\.0\.0\.1:9001/);
    assert.match(causes({}), /--allow-origin http:\/\/127\.0\.0\.1:9002/);
    assert.doesNotMatch(causes({}), /subprotocol|certificate|another origin|TLS/);
    assert.match(causes({ subprotocols: ['a', 'b'] }), /subprotocols a, b/);
    assert.match(causes({ address: 'wss://example.org/' }), /certificate/);
    assert.match(causes({ address: 'ws://example.org/' }), /try wss/);
    assert.match(causes({ pageOrigin: 'null' }), /from disk/);
    assert.match(causes({ address: 'ws://localhost:9002/ws' }), /connect to 127\.0\.0\.1:9002/);
});

const own = { ...attempt, pageOrigin: 'http://127.0.0.1:9001' };

/** What is told in the end of an attempt at the page's own server, which answers so over HTTP. */
async function told(answer, change = {}) {
    const { fetch } = globalThis;
    const fetched = [];
    globalThis.fetch = async (url) => {
        fetched.push(url);
        if (answer instanceof Error) throw answer;
        return answer;
    };
    try {
        const failure = await describeFailure({ code: 'refused', message: '' }, { ...own, ...change }).ask();
        return failure === null ? null : { fetched, all: [failure.meaning, ...failure.causes].join('\n') };
    } finally {
        globalThis.fetch = fetch;
    }
}
const json = (status, said) => Response.json(said, { status });

test('of the server that sent the page it is not said that nothing listens there, or that it refuses its own pages', () => {
    assert.doesNotMatch(causes(own), /Nothing listens|refuses pages/);
    assert.match(causes(own), /plain HTTP at this path/);
    assert.equal(describeFailure({ code: 'refused', message: '' }, attempt).ask, undefined);
});

test('the server that sent the page is asked over HTTP, and its words are quoted', async () => {
    const nowhere = await told(json(404, { error: 'unknown_path', message: 'nothing is at this path' }), {
        address: 'ws://127.0.0.1:9001/nowhere?a=b',
    });
    assert.deepEqual(nowhere.fetched, ['http://127.0.0.1:9001/nowhere?a=b']);
    assert.match(nowhere.all, /refuses with 404: “nothing is at this path”\.$/);
    assert.match((await told(new Response('no', { status: 503 }))).all, /refuses with 503\.$/);
    assert.match((await told(json(403, ['odd']))).all, /refuses with 403\.$/);
    const health = await told(json(200, { status: 'serving' }), { address: 'ws://127.0.0.1:9001/healthz' });
    assert.match(health.all, /plain HTTP at \/healthz: that is no WebSocket endpoint/);
});

test('an endpoint that takes WebSockets is told from one that does not, with what it may not have liked', async () => {
    const upgrade = () => json(426, { error: 'not_an_upgrade', message: 'this is a WebSocket endpoint' });
    const tag = await told(upgrade(), { address: 'ws://127.0.0.1:9001/ws?tag=%20' });
    assert.match(tag.all, /\/ws is a WebSocket endpoint; but it refused this handshake/);
    assert.match(tag.all, /behind the “\?”: tag=%20/);
    assert.doesNotMatch(tag.all, /subprotocols/);
    assert.match((await told(upgrade(), { subprotocols: ['chat'] })).all, /none of the subprotocols chat/);
});

test('a server that does not answer any more is told, and one that hangs is not taken for it', async () => {
    assert.match(
        (await told(new TypeError('failed to fetch'))).all,
        /any more\.\nNothing listens on 127\.0\.0\.1:9001/,
    );
    assert.equal(await told(new DOMException('', 'TimeoutError')), null);
});

test('a port that browsers refuse is the only cause that is named', () => {
    assert.deepEqual(
        describeFailure({ code: 'refused', message: '' }, { ...attempt, address: 'ws://127.0.0.1:6000/' }).causes,
        ['Browsers connect to port 6000 for no page. Let the server listen on another.'],
    );
});

test('what the client itself found out is told in its words', () => {
    assert.equal(describeFailure({ code: 'bad-url', message: 'words' }, attempt).meaning, 'words');
    assert.match(describeFailure({ code: 'too-slow', message: '' }, attempt).meaning, /within 10 s/);
});
