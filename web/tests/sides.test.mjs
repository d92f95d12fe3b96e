import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './page.mjs';

const { compareSides, refusal } = load('format', 'seen');

const counts = { text: 1, binary: 0, bytes: 5 };
const talk = {
    attempt: { address: 'ws://127.0.0.1:9001/ws?tag=page-1', subprotocols: [], seconds: 10 },
    opened: true,
    status: 'closed',
    subprotocol: null,
    received: counts,
    sent: counts,
    closed: { code: 1000, reason: '', clean: true },
};
const seen = {
    handshake: { target: '/ws', subprotocol: null },
    received: { ...counts, ping: 0, pong: 0 },
    sent: { ...counts, ping: 0, pong: 0 },
    close: { code: 1000 },
    open: false,
    ended: 'clean',
};
const end = (change) => compareSides(talk, { ...seen, ...change }).at(-1);

test('what the server saw of the end says who sent the close frame, whoever’s column it stands in', () => {
    assert.deepEqual(end({}), {
        what: 'end',
        browser: '1000, clean',
        server: 'clean; close frame 1000 came from the browser',
        agrees: true,
    });
    assert.equal(end({ close: {} }).server, 'clean; close frame without a code came from the browser');
    assert.deepEqual(
        [end({ close: null, ended: 'cut' }).server, end({ close: null, ended: 'cut' }).agrees],
        ['cut by the server; no close frame came from the browser', false],
    );
});

test('a browser that refuses what no browser may take is told to be right', () => {
    const after = (path, opened) =>
        refusal({ ...talk, opened, attempt: { ...talk.attempt, address: `ws://127.0.0.1:9001${path}` } });
    for (const name of ['wrong-accept', 'unasked-subprotocol', 'unasked-extension']) {
        assert.match(after(`/scenario/${name}?tag=page-1`, false), /^Refused by this browser, as it should be/, name);
        assert.equal(after(`/scenario/${name}`, true), '', `${name}, which was taken all the same`);
    }
    assert.equal(after('/scenario/no-answer', false), '');
    assert.equal(after('/ws', false), '');
});
