import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './page.mjs';

const { testServer } = load('tests-server');

test('a server that was not seen to echo is said to be so first, and may be told to', () => {
    const { can, remarks, found, mayEcho } = testServer.toldOf({ can: [], notes: ['It said “NO”.'] }, []);
    assert.deepEqual(can, []);
    assert.match(found, /^The server did not send back what it was sent/);
    assert.equal(mayEcho, true);
    assert.deepEqual(remarks, ['Asked, it shows nothing that tests can rely on.', 'It said “NO”.']);
});

test('a server is held to what is ticked, whatever it showed', () => {
    const { can, remarks, found, mayEcho } = testServer.toldOf({ can: ['welcome'], notes: [] }, ['welcome', 'echo']);
    assert.deepEqual(can, ['welcome', 'echo']);
    assert.equal(found, '');
    assert.equal(mayEcho, false);
    assert.match(remarks.at(-1), /^It is held to echo all the same/);
});

test('of a server that shows all that is ticked nothing more is said', () => {
    const { can, remarks, found } = testServer.toldOf({ can: ['echo'], notes: [] }, ['echo']);
    assert.deepEqual([can, remarks.length, found], [['echo'], 1, '']);
});

test('a server can be told what its one address can do, and a test in a browser needs', () => {
    const needing = (server, lacks = []) => ({ lacks, needs: { client: [], server } });
    const tests = [needing(['echo', 'control']), needing(['scenarios', 'echo']), needing(['subprotocols'], ['ping'])];
    assert.deepEqual(testServer.canBeTold(tests), ['echo']);
});
