// What the driver can be told. A line is read strictly: nothing is carried out of a command that is unknown, has a field
// that is unknown, lacks one, or has a value of the wrong kind.
import { inspect } from 'node:util';
import { readStrictly } from './strict.js';

/**
 * @typedef {{ seq: number, c: number }} OfTest
 * @typedef {OfTest & { on: string }} OfConnection
 * @typedef {{ len: number, as: 'text' | 'binary' }} Fill
 * @typedef {{ text?: string, base64?: string, fill?: Fill, invalid_text?: string }} Payload
 * @typedef {{ cmd: 'hello', protocol: 1 }} Hello
 * @typedef {{ cmd: 'bye' }} Bye
 * @typedef {{ cmd: 'end' } & OfTest} End
 * @typedef {{ cmd: 'listen', url: string } & OfTest} Listen
 * @typedef {{ cmd: 'open', url: string, within_ms: number, subprotocols?: string[], headers?: [string, string][],
 *   max_message?: number, reading?: boolean, data?: 'full', abandon?: boolean } & OfConnection} Open
 * @typedef {{ cmd: 'send', fragments?: number[] } & OfConnection & Payload} Send
 * @typedef {{ cmd: 'send_many', senders: number, messages: Payload[] } & OfConnection} SendMany
 * @typedef {{ cmd: 'ping' | 'pong', hex: string } & OfConnection} PingOrPong
 * @typedef {{ cmd: 'close', within_ms: number, code?: number, reason?: string } & OfConnection} Close
 * @typedef {{ cmd: 'drop' | 'stop_reading' | 'start_reading' } & OfConnection} Bare
 * @typedef {{ cmd: 'react', then: (Send | Close)[] } & OfConnection} React
 * @typedef {Send | SendMany | PingOrPong | Close | Bare | React} Order
 * @typedef {Hello | Bye | End | Listen | Open | Order} Command
 */

const LONGEST_FILL = 256 * 2 ** 20; // bytes; it is made in memory
const MOST_SENDERS = 10_000;
const SHOWN = 60; // characters of a value that is wrong
const LONGEST_WORDS = 400; // characters, whatever a line says
const PAYLOADS = ['text', 'base64', 'fill', 'invalid_text'];

/** A line that is no command, with what it has of the command's numbers. */
export class Mistake extends Error {
  /** @param {string} message @param {unknown} [line] */
  constructor(message, line) {
    super(message.slice(0, LONGEST_WORDS).toWellFormed());
    const given = isObject(line) ? line : {};
    /** @type {Record<string, unknown>} */
    this.numbers = Object.fromEntries(
      ['seq', 'c'].filter((name) => isCount(given[name])).map((name) => [name, given[name]]),
    );
  }
}

/** @param {unknown} value @returns {value is Record<string, unknown>} */
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
/** @param {unknown} value */
const isCount = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
/** @param {unknown} value @returns {value is string} */
const isText = (value) => typeof value === 'string' && value.isWellFormed();
/** @param {unknown} value */
const isHex = (value) => isText(value) && /^([0-9a-f]{2})*$/i.test(value);
/** @param {(item: unknown) => boolean} is */
const listOf = (is) => (/** @type {unknown} */ value) => Array.isArray(value) && value.every(is);
/** @param {unknown} value */
const isPayload = (value) =>
  isObject(value) && Object.keys(value).every((name) => PAYLOADS.includes(name)) && wrongIn(value, PAYLOADS) === null;

/**
 * What each field is, in words and by a look at its value.
 * @type {Record<string, [string, (value: unknown) => boolean]>}
 */
const FIELDS = {
  protocol: ['1', (value) => value === 1],
  seq: ['a whole number from 0', isCount],
  c: ['a whole number from 0', isCount],
  within_ms: ['a whole number from 0', isCount],
  max_message: ['a whole number from 0', isCount],
  senders: ['a whole number from 1', (value) => isCount(value) && Number(value) >= 1 && Number(value) <= MOST_SENDERS],
  code: ['a number of two bytes', (value) => isCount(value) && Number(value) <= 0xffff],
  on: ['a text', isText],
  url: ['a text', isText],
  reason: ['a text', isText],
  text: ['a text', isText],
  base64: ['a text in base64', (value) => isText(value) && Buffer.from(value, 'base64').toString('base64') === value],
  invalid_text: ['a text of hexadecimal digits', isHex],
  hex: ['a text of hexadecimal digits', isHex],
  fill: [
    `{"len":n,"as":"text" or "binary"}, of at most ${LONGEST_FILL} bytes`,
    (value) =>
      isObject(value) &&
      Object.keys(value).length === 2 &&
      isCount(value.len) &&
      Number(value.len) <= LONGEST_FILL &&
      (value.as === 'text' || value.as === 'binary'),
  ],
  fragments: ['a list of sizes', listOf(isCount)],
  messages: ['a list of payloads, each exactly one of `text`, `base64`, `fill` and `invalid_text`', listOf(isPayload)],
  subprotocols: ['a list of texts', listOf(isText)],
  headers: [
    'a list of pairs of texts',
    listOf((pair) => listOf(isText)(pair) && /** @type {any} */ (pair).length === 2),
  ],
  reading: ['true or false', (value) => typeof value === 'boolean'],
  abandon: ['true or false', (value) => typeof value === 'boolean'],
  data: ['"full"', (value) => value === 'full'],
  then: ['a list of commands', Array.isArray],
};

/**
 * What each command needs, and what it may have besides.
 * @type {Record<string, [string[], string[]]>}
 */
const COMMANDS = {
  hello: [['protocol'], []],
  bye: [[], []],
  end: [['seq', 'c'], []],
  listen: [['seq', 'c', 'url'], []],
  open: [
    ['seq', 'c', 'on', 'url', 'within_ms'],
    ['subprotocols', 'headers', 'max_message', 'reading', 'data', 'abandon'],
  ],
  send: [
    ['seq', 'c', 'on'],
    [...PAYLOADS, 'fragments'],
  ],
  send_many: [['seq', 'c', 'on', 'senders', 'messages'], []],
  ping: [['seq', 'c', 'on', 'hex'], []],
  pong: [['seq', 'c', 'on', 'hex'], []],
  close: [
    ['seq', 'c', 'on', 'within_ms'],
    ['code', 'reason'],
  ],
  drop: [['seq', 'c', 'on'], []],
  stop_reading: [['seq', 'c', 'on'], []],
  start_reading: [['seq', 'c', 'on'], []],
  react: [['seq', 'c', 'on', 'then'], []],
};

/**
 * Reads a line.
 * @param {Buffer} line
 * @returns {Command}
 */
export function understand(line) {
  let read;
  try {
    read = readStrictly(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(line));
  } catch (error) {
    throw new Mistake(`this line is no JSON: ${/** @type {Error} */ (error).message}`);
  }
  const { odd } = read;
  const given = /** @type {any} */ (read.value);
  const wrong =
    wrongWith(given, Object.keys(COMMANDS)) ??
    (odd && `\`${given.cmd}\`: \`${odd.field}\`: ${odd.number} is not a whole number in digits alone`);
  if (wrong === null) return given;
  if (odd !== null) delete given[odd.field]; // what it may mean is not told as what is there
  throw new Mistake(wrong, given);
}

/**
 * What is wrong with something that should be one of these commands. What a `react` does belongs to its connection.
 * @param {unknown} given
 * @param {string[]} known
 * @returns {string | null}
 */
function wrongWith(given, known) {
  const name = isObject(given) ? given.cmd : undefined;
  if (!isObject(given) || typeof name !== 'string' || !known.includes(name)) {
    const called = name === undefined ? 'without a name' : beginningOf(name);
    return `there is no command ${called}; there are ${known.join(', ')}`;
  }
  const [needed, more] = /** @type {[string[], string[]]} */ (COMMANDS[name]);
  for (const field of needed) if (!(field in given)) return `\`${name}\`: the field \`${field}\` is missing`;
  const wrong = wrongIn(given, ['cmd', ...needed, ...more]);
  if (wrong !== null) return `\`${name}\`: ${wrong}`;
  if (name === 'close' && 'reason' in given && !('code' in given))
    return '`close`: there is no `reason` without a `code`';
  for (const order of name === 'react' ? /** @type {unknown[]} */ (given.then) : []) {
    if (!isObject(order)) return '`react`: `then` is a list of commands';
    for (const field of ['seq', 'on']) {
      order[field] ??= given[field];
      if (order[field] !== given[field]) return '`react`: what `then` does belongs to its connection';
    }
    const wrong = wrongWith(order, ['send', 'close']);
    if (wrong !== null) return `\`react\`: ${wrong}`;
  }
  return null;
}

/**
 * The beginning of a value. `JSON.stringify` would go as deep as the value does, and run out of stack.
 * @param {unknown} value
 */
function beginningOf(value) {
  const isDeep = typeof value === 'object' && value !== null;
  const words = isDeep
    ? inspect(value, { depth: 1, maxArrayLength: 9, maxStringLength: SHOWN })
    : JSON.stringify(value);
  return words.replace(/\s+/g, ' ').slice(0, SHOWN);
}

/**
 * What is wrong with fields of which there are these.
 * @param {Record<string, unknown>} given
 * @param {string[]} known
 */
function wrongIn(given, known) {
  for (const [field, value] of Object.entries(given)) {
    if (!known.includes(field)) return `there is no field \`${field}\``;
    const [words, is] = FIELDS[field] ?? ['', () => true];
    if (!is(value)) return `\`${field}\`: ${beginningOf(value)} is not ${words}`;
  }
  const forms = PAYLOADS.filter((form) => form in given);
  if (known.includes('text') && forms.length !== 1) return `a payload is exactly one of \`${PAYLOADS.join('`, `')}\``;
  return null;
}
