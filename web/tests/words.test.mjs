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
    pageOrigin: 'http://127.0.0.1:9001',
    subprotocols: [],
    seconds: 10,
};
const causes = (change) =>
    describeFailure({ code: 'refused', message: '' }, { ...attempt, ...change }).causes.join('\n');

test('a failure names what it can have been, and only that', () => {
    assert.match(causes({}), /Nothing listens on 127\.0\.0\.1:9001/);
    assert.match(causes({}), /--allow-origin http:\/\/127\.0\.0\.1:9001/);
    assert.doesNotMatch(causes({}), /subprotocol|certificate|another origin|TLS/);
    assert.match(causes({ subprotocols: ['a', 'b'] }), /subprotocols a, b/);
    assert.match(causes({ address: 'wss://example.org/' }), /certificate/);
    assert.match(causes({ address: 'ws://example.org/' }), /try wss/);
    assert.match(causes({ pageOrigin: 'null' }), /from disk/);
    assert.match(causes({ address: 'ws://localhost:9001/ws' }), /connect to 127\.0\.0\.1:9001/);
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
