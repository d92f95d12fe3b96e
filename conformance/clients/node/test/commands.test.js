// What a line may say, and what is said about one that may not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Mistake, understand } from '../src/commands.js';
import { InvalidText, messageOf, pieces } from '../src/payload.js';

const SEND = '{"cmd":"send","seq":7,"c":9,"on":"a",';
const SEND_NO_TEST = '{"cmd":"send","on":"a",';
const CLOSE = '{"cmd":"close","seq":7,"c":9,"on":"a","within_ms":1,';
const REACT = '{"cmd":"react","seq":7,"c":9,"on":"a","then":';

/** What is wrong with a line. @param {string} line @returns {Mistake} */
function mistakeIn(line) {
  try {
    understand(Buffer.from(line));
  } catch (mistake) {
    if (mistake instanceof Mistake) return mistake;
    throw mistake;
  }
  return assert.fail(`nothing is wrong with ${line.slice(0, 60)}`);
}

for (const [form, message] of /** @type {const} */ ([
  ['"text":"ä"', 'ä'],
  ['"base64":"AP8="', Buffer.of(0, 255)],
  ['"fill":{"len":28,"as":"text"}', 'abcdefghijklmnopqrstuvwxyzab'],
  ['"fill":{"len":252,"as":"binary"}', Buffer.from([...Array(251).keys(), 0])],
  ['"fill":{"len":0,"as":"binary"}', Buffer.alloc(0)],
  ['"invalid_text":"c3"', new InvalidText(Buffer.of(0xc3))],
])) {
  test(`a payload may be ${form}`, () => {
    const command = understand(Buffer.from(`${SEND}${form}}`));
    assert.deepEqual(messageOf(/** @type {any} */ (command)), message);
  });
}

test('a message is cut into pieces that add up', () => {
  assert.deepEqual(pieces('aä', [1, 1, 0, 1]).map(String), ['a', '\ufffd', '', '\ufffd']);
  assert.throws(() => pieces('abc', [1, 1]), { message: 'the sizes of the fragments do not add up to 3 bytes' });
  assert.throws(() => pieces('', []), { message: 'the sizes of the fragments do not add up to 0 bytes' });
});

test('what a reaction does belongs to its connection', () => {
  const then = '[{"cmd":"send","c":10,"text":""},{"cmd":"close","c":11,"within_ms":5,"on":"a"}]';
  const { then: read } = /** @type {any} */ (understand(Buffer.from(`${REACT}${then}}`)));
  assert.deepEqual(
    read.map((/** @type {any} */ { seq, c, on }) => [seq, c, on]),
    [
      [7, 10, 'a'],
      [7, 11, 'a'],
    ],
  );
});

for (const [line, words] of /** @type {const} */ ([
  ['', 'this line is no JSON'],
  ['{', 'this line is no JSON'],
  ['\ufeff{"cmd":"bye"}', 'this line is no JSON'],
  ['[]', 'there is no command without a name'],
  ['[1e3]', 'there is no command without a name'],
  ['{"cmd":"bye","cmd":"bye"}', 'this line is no JSON: the key "cmd" is there twice in one object'],
  [
    '{"cmd":"end","seq":1,"s\\u0065q":2,"c":1}',
    'this line is no JSON: the key "s\\u0065q" is there twice in one object',
  ],
  [`${SEND_NO_TEST}"fill":{"len":1,"as":"text","len":2}}`, 'the key "len" is there twice in one object'],
  ['{"cmd":7}', 'there is no command 7'],
  ['{"cmd":"toString"}', 'there is no command "toString"; there are hello, bye, '],
  ['{"cmd":"bye","now":true}', '`bye`: there is no field `now`'],
  ['{"cmd":"end","seq":7}', '`end`: the field `c` is missing'],
  ['{"cmd":"end","seq":7,"c":true}', '`end`: `c`: true is not a whole number from 0'],
  ['{"cmd":"end","seq":7,"c":1.5}', '`end`: `c`: 1.5 is not a whole number from 0'],
  ['{"cmd":"end","seq":7,"c":1e3}', '`end`: `c`: 1e3 is not a whole number in digits alone'],
  ['{"cmd":"end","seq":7,"c":1.0}', '`end`: `c`: 1.0 is not a whole number in digits alone'],
  ['{"cmd":"end","seq":7,"c":-0}', '`end`: `c`: -0 is not a whole number in digits alone'],
  ['{"cmd":"hello","protocol":1e0}', '`hello`: `protocol`: 1e0 is not a whole number in digits alone'],
  [`${SEND}"fill":{"len":1e1,"as":"text"}}`, '`send`: `fill`: 1e1 is not a whole number in digits alone'],
  [`${SEND}"text":"","fragments":[0,0.0]}`, '`send`: `fragments`: 0.0 is not a whole number in digits alone'],
  ['{"cmd":"end","seq":7,"c":-1}', '`end`: `c`: -1 is not a whole number from 0'],
  ['{"cmd":"hello","protocol":2}', '`hello`: `protocol`: 2 is not 1'],
  [`${SEND}"text":7}`, '`send`: `text`: 7 is not a text'],
  [`${SEND}"text":"\\ud800"}`, 'is not a text'],
  [`${SEND}"text":"","loudly":true}`, '`send`: there is no field `loudly`'],
  [`${SEND}"text":"","base64":""}`, 'a payload is exactly one of'],
  [`${SEND}"fragments":[1]}`, 'a payload is exactly one of'],
  [`${SEND}"base64":"A"}`, '`base64`: "A" is not a text in base64'],
  [`${SEND}"fill":{"len":3}}`, '`fill`'],
  [`${SEND}"fill":{"len":3,"as":"letters"}}`, '`fill`'],
  [`${SEND}"fill":{"len":900000000000,"as":"text"}}`, 'of at most 268435456 bytes'],
  [`${SEND}"text":"","fragments":1}`, '`fragments`: 1 is not a list of sizes'],
  ['{"cmd":"ping","seq":7,"c":9,"on":"a","hex":"0 0"}', '`ping`: `hex`: '],
  [`${CLOSE}"reason":""}`, 'no `reason` without a `code`'],
  [`${CLOSE}"code":65536,"reason":""}`, 'a number of two bytes'],
  ['{"cmd":"send_many","seq":7,"c":9,"on":"a","senders":0,"messages":[]}', 'a whole number from 1'],
  ['{"cmd":"send_many","seq":7,"c":9,"on":"a","senders":1,"messages":[{}]}', '`messages`'],
  [`${REACT}[{"cmd":"drop","c":1}]}`, 'there are send, close'],
  [`${REACT}[{"cmd":"send","c":1,"on":"b","text":""}]}`, 'belongs to its connection'],
  [`${REACT}[7]}`, '`then` is a list of commands'],
])) {
  test(`says what is wrong with ${JSON.stringify(line)}`, () => {
    assert.throws(
      () => understand(Buffer.from(line)),
      (/** @type {unknown} */ mistake) => {
        assert(mistake instanceof Mistake);
        assert(mistake.message.includes(words), mistake.message);
        if (line.includes('"seq":7,')) assert.equal(mistake.numbers.seq, 7);
        return true;
      },
    );
  });
}

test('texts may look like what is not theirs', () => {
  const text = '{"a":1e3,"a":1.0}\\"\\\\';
  const command = understand(Buffer.from(`${SEND}"text":${JSON.stringify(text)},"fragments":[7, 11]}`));
  assert.equal(messageOf(/** @type {any} */ (command)), text);
});

test('a number that is written as none is not told as one', () => {
  for (const [line, numbers] of /** @type {const} */ ([
    ['{"cmd":"end","seq":1e3,"c":1}', { c: 1 }],
    ['{"cmd":"close","seq":7,"c":9,"on":"a","within_ms":1e3}', { seq: 7, c: 9 }],
  ])) {
    assert.deepEqual(mistakeIn(line).numbers, numbers);
  }
});

const DEEP = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;

for (const [place, line] of [
  ['anywhere', DEEP],
  ['the name of a command', `{"cmd":${DEEP}}`],
  ['a number', `{"cmd":"end","seq":7,"c":${DEEP}}`],
  ['a text', `${SEND}"text":${DEEP}}`],
  ['a list', `${SEND}"text":"","fragments":${DEEP}}`],
  ['a fill', `${SEND}"fill":{"len":${DEEP},"as":"text"}}`],
  ['many messages', `{"cmd":"send_many","seq":7,"c":9,"on":"a","senders":1,"messages":${DEEP}}`],
  ['a reaction', `${REACT}${DEEP}}`],
  ['the name of a reaction', `${REACT}[{"cmd":${DEEP}}]}`],
  ['a field that is unknown', `{"cmd":"bye","x":${DEEP}}`],
  ['what is never closed', `{"cmd":${'['.repeat(200_000)}`],
  ['objects', `{"cmd":${'{"a":'.repeat(200_000)}1${'}'.repeat(200_001)}`],
]) {
  test(`no depth is too great in ${place}`, () => assert(mistakeIn(/** @type {string} */ (line)).message.length < 500));
}

test('what is said of a line is neither long nor half a character', () => {
  const long = '😀'.repeat(100_000);
  for (const text of [long, `x${long}`, '\ud800']) {
    const quoted = JSON.stringify(text);
    for (const line of [`{"cmd":${quoted}}`, `{"cmd":"bye",${quoted}:1}`, `{"cmd":"end","seq":${quoted},"c":1}`]) {
      const { message } = mistakeIn(line);
      assert(message.length < 500 && message.isWellFormed(), message.slice(0, 80));
    }
  }
});

test('a text may be as long as a line', () => {
  for (const text of ['\n'.repeat(2 ** 21 - 100), 'x'.repeat(2 ** 22 - 100), '"'.repeat(2 ** 21 - 100)]) {
    const command = understand(Buffer.from(`${SEND}"text":${JSON.stringify(text)}}`));
    assert.equal(messageOf(/** @type {any} */ (command)), text);
  }
});

test('bytes that are no UTF-8 are no line', () => {
  assert.throws(() => understand(Buffer.of(0xff)), /this line is no JSON/);
});
