import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './page.mjs';

const { address, findJsonMistake, hexDump, hexOf, parseHex, Sent } = load('hex', 'json-mistake', 'sent', 'address');

test('bytes are understood as people write them', () => {
    for (const text of ['00ffA5', '00 ff a5', '0x00,0xFF,0xa5', '00:ff:a5', '00-ff-a5', ' 00\nff\ta5 ', '0x00ffa5']) {
        const parsed = parseHex(text);
        assert.ok('bytes' in parsed, `${text}: ${JSON.stringify(parsed)}`);
        assert.deepEqual([...parsed.bytes], [0, 255, 165], text);
    }
    assert.deepEqual([...parseHex('').bytes], []);
});

test('what is no byte is told with its place', () => {
    assert.deepEqual(parseHex('00 zz'), { at: 3, problem: '“z” is no hexadecimal digit' });
    assert.deepEqual(parseHex('00 f'), { at: 3, problem: 'the last byte has one digit; it needs two' });
    assert.deepEqual(parseHex('0 ff'), { at: 0, problem: 'one digit stands alone; a byte has two' });
    assert.deepEqual(parseHex('00 😀'), { at: 3, problem: '“😀” is no hexadecimal digit' });
});

test('every byte survives being written and read', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    assert.deepEqual(parseHex(hexOf(bytes)).bytes, bytes);
    assert.equal(hexOf(bytes, 3), '000102');
});

test('a dump has sixteen bytes a line, and their characters', () => {
    const lines = hexDump(new TextEncoder().encode('Hello, world! \u00e9\n.')).split('\n');
    assert.deepEqual(lines, [
        '00000000  48 65 6c 6c 6f 2c 20 77  6f 72 6c 64 21 20 c3 a9  Hello, world! ..',
        '00000010  0a 2e                                             ..',
    ]);
    assert.equal(hexDump(new Uint8Array()), '');
});

test('JSON is told from what is none exactly as the browser does', () => {
    const pieces = [
        '{',
        '}',
        '[',
        ']',
        ',',
        ':',
        '"a"',
        '"\\n"',
        '"\\x"',
        '"',
        "'",
        '1',
        '-',
        '-0',
        '01',
        '1.',
        '.5',
        '1e5',
        '1e',
        'true',
        'nul',
        ' ',
        '\n',
        '\t',
        '\\',
        '"\u0001"',
    ];
    let seed = 7;
    const random = (below) => {
        seed = (seed * 1103515245 + 12345) & 0x7fffffff;
        return seed % below;
    };
    let valid = 0;
    for (let round = 0; round < 50000; round += 1) {
        const text = Array.from({ length: 1 + random(6) }, () => pieces[random(pieces.length)]).join('');
        let isJson = true;
        try {
            JSON.parse(text);
        } catch {
            isJson = false;
        }
        if (isJson) valid += 1;
        const mistake = findJsonMistake(text);
        if ((mistake === null) !== isJson) assert.fail(`${JSON.stringify(text)}: ${JSON.stringify(mistake)}`);
    }
    assert.ok(valid > 500, `${valid} of them were JSON`);
});

test('a mistake in JSON is told with its line, its column and what is wanted', () => {
    for (const [text, line, column, words] of [
        ['{"a":1,\n "b" 2}', 2, 6, /colon/],
        ['{"a":1,}', 1, 8, /name in double quotes/],
        ['[1,2,]', 1, 6, /no comma/],
        ['[1,2', 1, 1, /never closed/],
        ['{"a":\n"b', 2, 1, /closing quote/],
        ["['a']", 1, 2, /double quotes/],
        ['["😀", x]', 1, 7, /value begins/],
        ['1 2', 1, 3, /follows the end/],
        ['', 1, 1, /nothing yet/],
        ['[01]', 1, 3, /number/],
        ['"a\nb"', 1, 3, /line break/],
    ]) {
        const mistake = findJsonMistake(text);
        assert.ok(mistake !== null, text);
        assert.deepEqual([mistake.line, mistake.column], [line, column], text);
        assert.match(mistake.problem, words, text);
    }
});

test('JSON that is very deep is told so, and does not end the page', () => {
    assert.match(findJsonMistake('['.repeat(100000)).problem, /deeper/);
});

test('what was sent is found again, and so is what was being written', () => {
    const sent = new Sent(3);
    assert.equal(sent.earlier('draft'), null);
    for (const text of ['one', 'two', 'two', '', 'three', 'four']) sent.add(text);
    assert.deepEqual([sent.earlier('draft'), sent.earlier('four'), sent.earlier('three')], ['four', 'three', 'two']);
    assert.equal(sent.earlier('two'), null);
    assert.deepEqual([sent.later(), sent.later(), sent.later(), sent.later()], ['three', 'four', 'draft', null]);
});

test('an address is understood as it is typed', () => {
    for (const [typed, meant] of [
        ['ws://127.0.0.1:9001/ws', 'ws://127.0.0.1:9001/ws'],
        ['  127.0.0.1:9001/echo ', 'ws://127.0.0.1:9001/echo'],
        ['localhost:9001', 'ws://localhost:9001/'],
        [':9001/ws', 'ws://127.0.0.1:9001/ws'],
        ['http://lab:9001/ws?a=b', 'ws://lab:9001/ws?a=b'],
        ['https://lab/ws', 'wss://lab/ws'],
        ['[::1]:9001', 'ws://[::1]:9001/'],
    ]) {
        assert.deepEqual(address.understand(typed), { address: meant });
    }
    assert.deepEqual(address.understand('lab/ws', { secure: true }), { address: 'wss://lab/ws' });
});

test('what is no address is told why', () => {
    for (const [typed, words] of [
        ['', /Type the address/],
        ['ws://', /no address/],
        ['no address', /a space in/],
        ['ws://a:99999', /no address/],
        ['ftp://a', /ftp:\/\/ is no WebSocket/],
        ['ws://a/#x', /behind #/],
        ['ws://me:secret@a/', /name and password/],
    ]) {
        assert.match(address.understand(typed).problem, words, typed);
    }
});

test('an address to share can be read, has what makes the connection, and no token', () => {
    const hash = address.toHash({
        address: 'ws://a:1/ws?x=1&y=#',
        subprotocols: ['a', 'b'],
        seconds: 3,
        connect: true,
    });
    const back = new URLSearchParams(hash);
    assert.deepEqual(Object.fromEntries(back), {
        address: 'ws://a:1/ws?x=1&y=#',
        subprotocols: 'a,b',
        deadline: '3',
        connect: '1',
    });
    assert.match(hash, /^address=ws:\/\/a:1\/ws/);
});

test('subprotocols stand between commas or spaces', () => {
    assert.deepEqual(address.subprotocols(' a, b  c,,'), ['a', 'b', 'c']);
});
