import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createContext, runInContext } from 'node:vm';

const script = readFileSync(new URL('../scripts/control.js', import.meta.url), 'utf8');
const ADDRESS = 'ws://127.0.0.1:9001/ws';

/** The page's control of a server that lets in whoever has its token, and what the page opened and asked for. */
function page({ token = 'abc', served = true } = {}) {
    const server = { token };
    const opened = [];
    const connections = [];
    let known = token;
    let renewals = 0;

    class Connection extends EventTarget {
        static async open(url) {
            opened.push(url);
            if (!url.endsWith(`token=${server.token}`)) throw new Error(`\`${url}\` did not come about. Is it right?`);
            const connection = new Connection();
            connections.push(connection);
            return connection;
        }
        #ended = new Promise((resolve) => {
            this.end = (code) => resolve({ code });
        });
        closed() {
            return this.#ended;
        }
        free() {}
        async sendJson({ id }) {
            const answer = new Event('message');
            answer.data = JSON.stringify({ id, ok: true });
            queueMicrotask(() => this.dispatchEvent(answer));
        }
    }

    const events = new EventTarget();
    const talk = { events, status: 'open', attempt: { address: ADDRESS }, closed: null };
    const Crosswire = {
        talk,
        home: {
            served,
            server: 'ws://127.0.0.1:9001',
            originOf: (address) => address.split('/').slice(0, 3).join('/'),
            controlOf: () => `ws://127.0.0.1:9001/control?token=${known}`,
            tokenFor: () => known,
            async renew() {
                renewals += 1;
                if (!served || known === server.token) return false;
                known = server.token;
                return true;
            },
        },
    };
    const context = {
        Crosswire,
        crosswire: { ready: Promise.resolve(), Connection },
        EventTarget,
        setTimeout,
        clearTimeout,
    };
    runInContext(script, createContext(context));
    const become = (status, closed = null) => {
        Object.assign(talk, { status, closed });
        events.dispatchEvent(new Event('change'));
    };
    const ask = () => Crosswire.control.ask(ADDRESS, 'x', [{ seen: true }]);
    return { server, opened, connections, become, ask, control: Crosswire.control, renewals: () => renewals };
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

test('one connection serves for all that is asked, and one that has ended is followed by another', async () => {
    const { ask, opened, connections } = page();
    await Promise.all([ask(), ask()]);
    await ask();
    assert.equal(opened.length, 1);
    connections[0].end(1006);
    await settled();
    await ask();
    assert.equal(opened.length, 2);
});

test('a server that may be gone is not connected to, only to ask what it saw', async () => {
    for (const closed of [{ code: 1001 }, { code: 1006 }, null]) {
        const { ask, opened, become } = page();
        become('closed', closed);
        await assert.rejects(ask(), /may be gone/);
        assert.deepEqual(opened, []);
    }
    const { ask, opened, become } = page();
    become('closed', { code: 1000 });
    await ask();
    assert.equal(opened.length, 1);
});

test('what cut the conversation is asked for over the connection that is still there', async () => {
    const { ask, opened, become } = page();
    await ask();
    become('closed', { code: 1006 });
    await ask();
    assert.equal(opened.length, 1);
});

test('a server that was started anew is shown its new token, and never the old one', async () => {
    const { ask, opened, connections, become, server, renewals } = page();
    await ask();
    connections[0].end(1001);
    become('closed', { code: 1001 });
    await settled();
    server.token = 'new';
    become('open');
    await ask();
    assert.deepEqual(
        opened.map((url) => url.split('=')[1]),
        ['abc', 'new'],
    );
    await ask();
    assert.equal(renewals(), 1);
});

test('who is not let in is told so without the token', async () => {
    const { ask, server } = page({ served: false });
    server.token = 'new';
    await assert.rejects(ask(), ({ message }) => {
        assert.match(message, /open the link that it prints now/);
        assert.match(message, /`ws:\/\/127\.0\.0\.1:9001\/control` did not come about\. Is it right\?/);
        assert.doesNotMatch(message, /abc|token=/);
        return true;
    });
});
