import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './page.mjs';

const { verdicts } = load('format', 'verdicts');

test('a known failure is shown as one, and so is one that is over', () => {
    assert.equal(verdicts.shown({ verdict: 'fail', outcome: 'known' }), 'known');
    assert.equal(verdicts.shown({ verdict: 'pass', outcome: 'fixed' }), 'fixed');
    assert.equal(verdicts.shown({ verdict: 'fail', outcome: 'regression' }), 'fail');
    assert.equal(verdicts.shown({ verdict: 'unsupported', outcome: 'ok' }), 'unsupported');
});

test('no two verdicts look alike but those that are failures', () => {
    const signs = new Map();
    for (const verdict of verdicts.ALL)
        signs.set(verdicts.sign(verdict), [...(signs.get(verdicts.sign(verdict)) ?? []), verdict]);
    const alike = [...signs.values()].filter((those) => those.length > 1);
    assert.deepEqual(alike, [['fail', 'crash', 'harness_error']]);
});

test('a run is told in a sentence whose sum is right', () => {
    const told = (list, seconds = 1.23) => verdicts.sentence(verdicts.sums(list), seconds);
    assert.equal(told(Array(9).fill('pass'), 0.84), '9 of 9 tests passed in 0.8 s.');
    assert.equal(
        told(['pass', 'fail', 'known', 'unsupported', 'unsupported', 'not_run', 'harness_error']),
        '1 of 4 tests passed in 1.2 s; 1 failed as known of this browser; 1 failed; 1 harness error; 1 was not run; 2 could not be run here.',
    );
    assert.equal(told(['unsupported']), 'None of the tests could be run; 1 could not be run here.');
    assert.equal(told(['fail'], 61), '0 of 1 test passed in 61 s; 1 failed.');
});

test('what differs is what lies between the first difference and the last', () => {
    for (const [want, got, of, than] of [
        ['text "hello"', 'text "hallo"', 'e', 'a'],
        ['aaa', 'aa', 'a', ''],
        ['', 'x', '', 'x'],
        ['same', 'same', '', ''],
        ['a😀b', 'a😁b', '😀', '😁'],
        ['abab', 'ab', 'ab', ''],
    ]) {
        const parts = verdicts.difference(want, got);
        assert.deepEqual([parts.want[1], parts.got[1]], [of, than], `${want} ${got}`);
        assert.deepEqual([parts.want.join(''), parts.got.join('')], [want, got]);
    }
});

test('a step is told by its verb, its connection, its fields, and the steps within', () => {
    const inner = [{ do: 'connect', on: 'a' }];
    assert.deepEqual(verdicts.stepParts({ do: 'repeat', times: 2, steps: inner }), {
        verb: 'repeat',
        on: '',
        rest: ['times 2'],
        inner: [['steps', inner]],
    });
    assert.deepEqual(verdicts.stepParts({ do: 'expect', on: 'a', text: 'hi' }).rest, ['text "hi"']);
});

test('a test is found by all of the words, in its id or its title', () => {
    const tests = [
        { id: 'core/echo', title: 'A client gets it back' },
        { id: 'edges/close-twice', title: 'Both close' },
    ];
    const found = (text) => verdicts.withWords(tests, text).map(({ id }) => id);
    assert.deepEqual(found(''), ['core/echo', 'edges/close-twice']);
    assert.deepEqual(found('ECHO client'), ['core/echo']);
    assert.deepEqual(found('close core'), []);
});

test('other languages have a verdict each, the worst of their rounds, against one server', () => {
    const last = {
        clients: [{ name: 'go' }, { name: 'python' }],
        servers: [{ name: 'crosswire' }, { name: 'node' }],
        tests: [{ id: 'core/echo', rev: 'r1' }],
        results: [
            [0, 0, 0, 'pass', 'ok'],
            [0, 0, 0, 'fail', 'regression'],
            [0, 0, 0, 'pass', 'ok'],
            [1, 0, 0, 'fail', 'known'],
            [1, 1, 0, 'crash', 'regression'],
            [7, 0, 0, 'crash', 'regression'],
        ],
    };
    assert.deepEqual(verdicts.others(last, 'crosswire').get('core/echo'), [
        { client: 'go', verdict: 'fail', rev: 'r1' },
        { client: 'python', verdict: 'known', rev: 'r1' },
    ]);
    assert.equal(verdicts.others(last, 'nobody').size, 0);
});

test('browsers are told by name and version', () => {
    const brands = [
        { brand: 'Not)A;Brand', version: '8' },
        { brand: 'Chromium', version: '156' },
        { brand: 'Google Chrome', version: '156' },
    ];
    assert.deepEqual(verdicts.browser('', brands), { name: 'chrome', runtime: 'Google Chrome 156' });
    assert.deepEqual(verdicts.browser('', brands.slice(0, 2)), { name: 'chromium', runtime: 'Chromium 156' });
    for (const [userAgent, name, runtime] of [
        ['Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0', 'firefox', 'Firefox 153'],
        [
            'Mozilla/5.0 (X11) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.0.0 Safari/537.36',
            'chromium',
            'Chromium 156',
        ],
        [
            'Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15',
            'safari',
            'Safari 26',
        ],
        ['lynx', 'browser', 'a browser that does not tell its name'],
    ]) {
        assert.deepEqual(verdicts.browser(userAgent), { name, runtime }, userAgent);
    }
});

test('a command can be pasted into a shell, whatever an address holds', () => {
    assert.equal(
        verdicts.tryCommand('core/echo', 'go-gorilla', 'ws://127.0.0.1:9001/ws'),
        'crosswire try core/echo --client go-gorilla --server-url ws://127.0.0.1:9001/ws',
    );
    assert.equal(verdicts.tryCommand('core/echo', 'go', ''), 'crosswire try core/echo --client go');
    assert.match(verdicts.tryCommand('a/b', 'go', "ws://h/?a=$(x)'"), /'ws:\/\/h\/\?a=\$\(x\)'\\'''$/);
});

test('only what was run and passed as it should is green', () => {
    assert.equal(verdicts.isGreen(undefined), false);
    assert.equal(verdicts.isGreen({ verdict: 'pass', outcome: 'ok' }), true);
    for (const [verdict, outcome] of [
        ['pass', 'fixed'],
        ['fail', 'known'],
        ['fail', 'regression'],
        ['not_run', 'ok'],
        ['unsupported', 'ok'],
    ])
        assert.equal(verdicts.isGreen({ verdict, outcome }), false, `${verdict} ${outcome}`);
});

test('a list that is empty says why', () => {
    assert.equal(verdicts.whyEmpty({ chosen: 9, words: '', elsewhere: 0 }), 'All of these were run and are green.');
    const none = { chosen: 0, words: ' pings ' };
    assert.match(
        verdicts.whyEmpty({ ...none, elsewhere: 0 }),
        /^None of these tests has “pings” in its title or its id\.$/,
    );
    assert.match(verdicts.whyEmpty({ ...none, elsewhere: 1 }), /Under “All” there is one\.$/);
    assert.match(verdicts.whyEmpty({ ...none, elsewhere: 12 }), /Under “All” there are 12\.$/);
});

test('a summary begins with what was found out of the server', () => {
    const counts = [
        ['pass', 2],
        ['unsupported', 7],
    ];
    assert.equal(
        verdicts.sentence(counts, 0.1, 'The server did not echo.'),
        'The server did not echo. 2 of 2 tests passed in 0.1 s; 7 could not be run here.',
    );
});
