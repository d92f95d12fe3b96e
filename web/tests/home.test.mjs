import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createContext, runInContext } from 'node:vm';

const script = readFileSync(new URL('../scripts/home.js', import.meta.url), 'utf8');

/** The page's home, opened at an address, with these metas and what the tab has kept; `goTo` is the address bar. */
function open(href, metas = {}, session = new Map()) {
    const location = new URL(href);
    const shown = [];
    const listeners = [];
    let loads = 0;
    location.reload = () => {
        loads += 1;
    };
    const replaceState = (_state, _title, next) => {
        location.href = new URL(next, location).href;
        shown.push(location.href);
    };
    const context = createContext({
        URL,
        URLSearchParams,
        location,
        document: {
            querySelector: (selector) => {
                const content = metas[/name="([^"]+)"/.exec(selector)[1]];
                return content === undefined ? null : { getAttribute: () => content };
            },
        },
        history: { replaceState },
        addEventListener: (kind, listener) => listeners.push([kind, listener]),
        sessionStorage: {
            getItem: (key) => session.get(key) ?? null,
            setItem: (key, value) => session.set(key, value),
        },
        Crosswire: {},
    });
    runInContext(script, context);
    const goTo = (hash) => {
        location.hash = hash;
        for (const [kind, listener] of listeners) if (kind === 'hashchange') listener();
        return loads;
    };
    return { home: context.Crosswire.home, shown, session, location, goTo };
}

const served = { crosswire: 'crosswire/0.1.0', 'crosswire-token': 'abc' };

test('a page that was sent with a token has it for the server that sent it', () => {
    const { home } = open('http://127.0.0.1:9001/', served);
    assert.equal(home.server, 'ws://127.0.0.1:9001');
    assert.equal(home.tokenFor('ws://127.0.0.1:9001/ws?tag=x'), 'abc');
    assert.equal(home.controlOf('ws://127.0.0.1:9001/ws'), 'ws://127.0.0.1:9001/control?token=abc');
});

test('no other server is shown the token', () => {
    const { home } = open('http://127.0.0.1:9001/', served);
    for (const other of [
        'ws://127.0.0.1:9002/ws',
        'ws://localhost:9001/ws',
        'wss://127.0.0.1:9001/ws',
        'ws://127.0.0.1:9001.evil.example/',
        'ws://127.0.0.1:9001@evil.example/',
        'ws://evil.example/?ws://127.0.0.1:9001',
        'nonsense',
        '',
    ]) {
        assert.equal(home.tokenFor(other), null, other);
        assert.equal(home.controlOf(other), null, other);
    }
});

test('a token in the address leaves it at once, and is for the server beside it', () => {
    const { home, shown, session } = open('file:///lab/index.html#address=ws://127.0.0.1:9001/ws&token=xyz', {
        crosswire: 'disk',
    });
    assert.equal(home.served, false);
    assert.equal(home.tokenFor('ws://127.0.0.1:9001/echo'), 'xyz');
    assert.equal(shown.length, 1);
    assert.ok(!shown[0].includes('xyz') && shown[0].includes('address='), shown[0]);
    // The tab is loaded again, without the token.
    const again = open(shown[0], { crosswire: 'disk' }, session);
    assert.equal(again.home.tokenFor('ws://127.0.0.1:9001/ws'), 'xyz');
    assert.equal(again.home.tokenFor('ws://127.0.0.1:9002/ws'), null);
});

test('a link that is opened in the tab of the page leaves no token in the address bar, and loads the page again', () => {
    const disk = { crosswire: 'disk' };
    const { goTo, location, session } = open('file:///lab/index.html#address=ws://127.0.0.1:9001/ws&token=old', disk);
    assert.equal(goTo('#address=ws://127.0.0.1:9001/ws&token=new'), 1);
    assert.ok(!location.href.includes('new') && location.hash.includes('address='), location.href);
    assert.equal(open(location.href, disk, session).home.tokenFor('ws://127.0.0.1:9001/ws'), 'new');
    // Without a token it is another setting all the same.
    assert.equal(goTo('#address=ws://127.0.0.1:9002/ws'), 2);
    // A view is shown by the page that is there.
    assert.equal(goTo('#view=measure'), 2);
});

test('a link to another server opened in a page that was sent has its token when the page is loaded again', () => {
    const { goTo, location, session } = open('http://127.0.0.1:9001/', served);
    assert.equal(goTo('#address=ws://127.0.0.1:9002/ws&token=xyz'), 1);
    const again = open(location.href, served, session).home;
    assert.equal(again.tokenFor('ws://127.0.0.1:9002/ws'), 'xyz');
    // What the page is told of its own server is newer than what the tab has kept.
    assert.equal(goTo('#token=old'), 2);
    assert.equal(open(location.href, served, session).home.tokenFor('ws://127.0.0.1:9001/ws'), 'abc');
});

test('a page that others can reach has the token from its link, for its own server', () => {
    const { home } = open('http://10.0.0.1:9001/#token=xyz', { crosswire: 'crosswire/0.1.0' });
    assert.equal(home.tokenFor('ws://10.0.0.1:9001/ws'), 'xyz');
});

test('a page from disk without a link, or from another server, has no token', () => {
    for (const [href, metas] of [
        ['file:///lab/index.html', { crosswire: 'disk' }],
        ['file:///lab/index.html#token=xyz', { crosswire: 'disk' }],
        ['http://127.0.0.1:8000/', { crosswire: 'disk' }],
        ['http://10.0.0.1:9001/', { crosswire: 'crosswire/0.1.0' }],
    ]) {
        const { home } = open(href, metas);
        for (const address of ['ws://127.0.0.1:9001/ws', 'ws://127.0.0.1:8000/', 'ws://10.0.0.1:9001/ws', '']) {
            assert.equal(home.tokenFor(address), null, `${href} ${address}`);
        }
    }
});

test('what is kept that is no token is no token', () => {
    for (const kept of ['', 'x', '5', '"a"', '{}', 'null']) {
        const { home } = open('file:///lab/index.html', { crosswire: 'disk' }, new Map([['crosswire.token', kept]]));
        assert.equal(home.tokenFor('ws://127.0.0.1:9001/ws'), null, kept);
        assert.equal(home.tokenFor('undefined'), null, kept);
        assert.equal(home.server, '', kept);
    }
});
