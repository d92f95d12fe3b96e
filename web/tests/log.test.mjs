import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './page.mjs';

const { entries, format, inSlices, Latencies, Ring, Selection } = load(
    'hex',
    'format',
    'ring',
    'selection',
    'slices',
    'entries',
    'latencies',
);

test('a ring holds the newest entries and counts what it left out', () => {
    const ring = new Ring({ entries: 3, bytes: 1000 });
    for (let index = 0; index < 5; index += 1) assert.equal(ring.push({ held: 10, index }), index);
    assert.deepEqual([ring.first, ring.next, ring.length, ring.leftOut, ring.bytes], [2, 5, 3, 2, 30]);
    assert.equal(ring.at(1), undefined);
    assert.deepEqual([ring.at(2).index, ring.at(4).index], [2, 4]);
    assert.equal(ring.at(5), undefined);
});

test('a ring is bounded by bytes too, and keeps the newest entry whatever its size', () => {
    const ring = new Ring({ entries: 100, bytes: 100 });
    for (let index = 0; index < 4; index += 1) ring.push({ held: 40 });
    assert.deepEqual([ring.length, ring.bytes], [2, 80]);
    ring.push({ held: 5000 });
    assert.deepEqual([ring.length, ring.bytes, ring.leftOut], [1, 5000, 4]);
    ring.push({ held: 1 });
    assert.deepEqual([ring.length, ring.bytes], [1, 1]);
});

test('what was cleared is not called left out', () => {
    const ring = new Ring({ entries: 2, bytes: 100 });
    for (let index = 0; index < 3; index += 1) ring.push({ held: 1 });
    ring.clear();
    assert.deepEqual([ring.length, ring.leftOut, ring.bytes], [0, 0, 0]);
    for (let index = 0; index < 3; index += 1) ring.push({ held: 1 });
    assert.deepEqual([ring.length, ring.leftOut], [2, 1]);
});

test('a ring holds no entry that it has let go of', () => {
    const ring = new Ring({ entries: 1000, bytes: 50 });
    for (let index = 0; index < 5000; index += 1) ring.push({ held: 10 });
    assert.equal(ring.places.filter((entry) => entry !== undefined).length, ring.length);
});

test('a selection knows its rows while its front goes away', () => {
    const selection = new Selection();
    for (let number = 0; number < 20000; number += 2) selection.push(number);
    assert.deepEqual(
        [selection.length, selection.at(0), selection.at(9999), selection.at(10000)],
        [10000, 0, 19998, undefined],
    );
    assert.equal(selection.dropBefore(15001), 7501);
    assert.deepEqual(
        [selection.length, selection.at(0), selection.rowOf(15004), selection.at(-1)],
        [2499, 15002, 1, undefined],
    );
    assert.equal(selection.dropBefore(15001), 0);
    selection.push(20000);
    assert.equal(selection.at(selection.length - 1), 20000);
    assert.equal(selection.dropBefore(99999), 2500);
    assert.equal(selection.length, 0);
});

test('the size of a text is that of its UTF-8', () => {
    for (const text of ['', 'a', 'é', '€', '😀', 'a😀é€'.repeat(100)]) {
        assert.equal(entries.bytesOf(text), new TextEncoder().encode(text).length, text.slice(0, 10));
    }
});

test('of a message that is very long the beginning is kept, and its size told', () => {
    const text = entries.message('in', 'x'.repeat(entries.LONGEST + 1));
    assert.deepEqual([text.size, text.data.length, text.cut], [entries.LONGEST + 1, entries.LONGEST, true]);
    const bytes = entries.message('in', new ArrayBuffer(entries.LONGEST + 1));
    assert.deepEqual([bytes.size, bytes.data.length, bytes.cut], [entries.LONGEST + 1, entries.LONGEST, true]);
    assert.equal(entries.message('out', 'short').cut, false);
});

test('what was not kept of a message is known to the byte', () => {
    const gone = (data) => entries.bytesGone(entries.message('in', data));
    assert.equal(gone(new ArrayBuffer(10 << 20)), 6 << 20);
    assert.equal(gone('é'.repeat(entries.LONGEST + 5)), 10);
    assert.deepEqual([gone('é'), gone(new ArrayBuffer(5))], [0, 0]);
});

test('half of a character that stands alone is found, and whole ones are not', () => {
    assert.equal(entries.loneHalf('a\ud800b'), 1);
    assert.equal(entries.loneHalf('😀\udc00'), 2);
    assert.equal(entries.loneHalf('😀é€'), -1);
});

test('an entry is told in one line', () => {
    const line = (data) => entries.line(entries.message('in', data));
    assert.equal(line('a\n\tb\u0000c'), 'a b c');
    assert.equal(line(''), '(empty)');
    assert.equal(line(Uint8Array.of(0, 255).buffer), '00 ff ');
    assert.ok(line('x'.repeat(1e6)).length < 300 && line('x'.repeat(1e6)).endsWith('…'));
    assert.ok(line(new ArrayBuffer(1e6)).length < 300);
});

test('a filter looks at direction, kind and what is said, be it text or bytes', () => {
    const all = { search: '', direction: '', kind: '' };
    const hello = entries.message('in', 'Hello');
    const bytes = entries.message('out', Uint8Array.of(0x10, 0x01, 0x48, 0x69).buffer);
    const finds = (filter, entry) => entries.matcher({ ...all, ...filter })(entry);
    assert.ok(finds({}, hello) && finds({ search: 'hELL' }, hello) && finds({ direction: 'in', kind: 'text' }, hello));
    assert.ok(
        !finds({ direction: 'out' }, hello) && !finds({ kind: 'binary' }, hello) && !finds({ search: 'bye' }, hello),
    );
    assert.ok(finds({ search: '01 48' }, bytes) && finds({ search: '0148' }, bytes) && finds({ search: 'hi' }, bytes));
    // Half of one byte and half of the next are no byte.
    assert.ok(!finds({ search: '00' }, bytes));
});

test('what is looked for is found wherever it lies in much, also where two pieces meet', () => {
    const finds = (search, data) => entries.matcher({ search, direction: '', kind: '' })(entries.message('in', data));
    const length = 400_000;
    for (let at = 131_060; at < 131_080; at += 1) {
        const bytes = new Uint8Array(length);
        bytes.set([0xab, 0xc3, 0xa9, 0x48, 0x69, 0xcd], at);
        assert.ok(finds('ab c3a9 48 69 cd', bytes.buffer) && finds('éhi', bytes.buffer), String(at));
        assert.ok(!finds('ba', bytes.buffer) && !finds('éhj', bytes.buffer), String(at));
        // 𐐀 has two halves, which have a lower case together and none alone.
        const text = `${'x'.repeat(at)}𐐀Needle`.padEnd(length, 'y');
        assert.ok(finds('𐐨needley', text) && finds('x𐐀NEEDLE', text) && !finds('needlez', text), String(at));
    }
    assert.ok(finds('yy', 'y'.repeat(131_073)) && finds('00', new ArrayBuffer(1)));
    assert.ok(!finds('00 01', new ArrayBuffer(length)) && !finds('a', '') && !finds('00', new ArrayBuffer(0)));
});

test('what takes long is looked through in pieces', () => {
    const look = entries.looker({ search: 'ff 00 ff', direction: '', kind: '' });
    const looking = look(entries.message('in', new ArrayBuffer(entries.LONGEST)));
    let longest = 0;
    let pieces = 0;
    for (;;) {
        const start = performance.now();
        if (looking.next().done) break;
        longest = Math.max(longest, performance.now() - start);
        pieces += 1;
    }
    assert.ok(pieces > 20, `${pieces} pieces, the longest of ${longest} ms`);
});

test('long work is done in slices, short work at once, and what nobody wants any more is left', async () => {
    const steps = function* (number) {
        for (let step = 0; step < number; step += 1) {
            const end = performance.now() + 5;
            while (performance.now() < end);
            done += 1;
            yield;
        }
    };
    let done = 0;
    const short = inSlices(steps(1));
    assert.equal(done, 1);
    assert.equal(await short, true);
    done = 0;
    const long = inSlices(steps(10));
    assert.ok(done > 0 && done < 10, String(done));
    assert.equal(await long, true);
    assert.equal(done, 10);
    done = 0;
    assert.equal(await inSlices(steps(10), () => false), false);
    assert.ok(done < 10);
});

test('an entry in a file is a line of JSON with all that it holds', () => {
    const line = (entry) => [...entries.jsonOf(entry)].join('');
    const parse = (entry) => JSON.parse(line(entry));
    const { time, ...text } = parse(entries.message('in', 'a\nb', 0));
    assert.equal(time, '1970-01-01T00:00:00.000Z');
    assert.deepEqual(text, { direction: 'in', kind: 'text', size: 3, text: 'a\nb' });
    assert.equal(parse(entries.message('out', Uint8Array.of(1, 2).buffer)).hex, '0102');
    assert.ok(!line(entries.message('in', 'a\nb')).includes('\n'));
    assert.equal(parse(entries.note('opened')).text, 'opened');
    const much = Uint8Array.from({ length: 1e6 }, (_, index) => index * 7);
    assert.deepEqual(Buffer.from(parse(entries.message('in', much.buffer)).hex, 'hex'), Buffer.from(much));
    assert.deepEqual([parse(entries.message('in', new ArrayBuffer(0))).hex], ['']);
});

test('percentiles are exact, by the nearest rank', () => {
    const latencies = new Latencies(100);
    for (let time = 100; time >= 1; time -= 1) latencies.record(time);
    assert.deepEqual(latencies.percentiles([0, 0.5, 0.99, 1]), [1, 50, 99, 100]);
    latencies.record(5000);
    assert.equal(latencies.count, 100, 'what was not asked for is not recorded');
    assert.ok(Number.isNaN(new Latencies(3).percentiles([0.5])[0]));
});

test('each time is in the bin that begins below it and ends above', () => {
    const latencies = new Latencies(1000);
    for (const time of [0, 0.001, 0.011, 0.2, 1, 17, 950, 1e9]) {
        latencies.bins.fill(0);
        latencies.record(time);
        const { first, last } = latencies.range();
        assert.equal(first, last);
        if (time > 0.01 && time < 1e9)
            assert.ok(Latencies.start(first) <= time && time < Latencies.start(first + 1), String(time));
    }
});

test('sizes and times are told with the unit that suits them', () => {
    assert.deepEqual([0, 1023, 1024, 10239, 1024 * 1024 - 1, 5e7, 5e12].map(format.size), [
        '0 B',
        '1023 B',
        '1.0 KiB',
        '10 KiB',
        '1.0 MiB',
        '48 MiB',
        '4657 GiB',
    ]);
    assert.deepEqual([0.25, 1.5, 12.34, 250, 12000].map(format.duration), [
        '250 µs',
        '1.50 ms',
        '12.3 ms',
        '250 ms',
        '12.0 s',
    ]);
    assert.deepEqual([format.plural(1, 'row'), format.plural(20000, 'row')], ['1 row', '20,000 rows']);
});
