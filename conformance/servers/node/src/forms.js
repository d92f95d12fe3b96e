// Values as commands have them. What is wrong with one is an error that begins with its place: `.code: …`.

const LONGEST_FILL = 64 * 2 ** 20;
const LONGEST_CONTROL = 125;

/** What is wrong with a command. */
export class Mistake extends Error {}

/** @typedef {Record<string, unknown>} Fields */

/**
 * An object with some of these fields, and no others.
 * @param {unknown} value
 * @param {string[]} names
 * @returns {Fields}
 */
export function fields(value, ...names) {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Mistake(': an object belongs here');
  const unknown = Object.keys(value).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new Mistake(`.${unknown}: there is no such field here; there are ${names.join(', ')}`);
  }
  return /** @type {Fields} */ (value);
}

/**
 * A whole number from 0 to the most that it may be.
 * @param {unknown} value
 * @param {string} place
 * @param {number} most
 */
export function number(value, place, most) {
  if (!Number.isSafeInteger(value) || Number(value) < 0 || Number(value) > most) {
    throw new Mistake(`${place}: a whole number from 0 to ${most} belongs here`);
  }
  return Number(value);
}

/**
 * A text that UTF-8 has.
 * @param {unknown} value
 * @param {string} place
 */
export function string(value, place) {
  if (typeof value !== 'string' || !value.isWellFormed()) throw new Mistake(`${place}: a text belongs here`);
  return value;
}

/**
 * @param {unknown} value
 * @param {string} place
 */
export function flag(value, place) {
  if (typeof value !== 'boolean') throw new Mistake(`${place}: true or false belongs here`);
  return value;
}

/**
 * What stands behind acts that need no more words.
 * @param {unknown} value
 */
export function onlyTrue(value) {
  if (value !== true) throw new Mistake(': only `true` makes sense here; leave the act out instead');
}

/**
 * The content of a message, in exactly one form.
 * @param {Fields} of
 * @returns {string | Buffer}
 */
export function payload(of) {
  const forms = ['text', 'hex', 'fill'].filter((form) => form in of);
  if (forms.length !== 1) throw new Mistake(': give exactly one of `text`, `hex` and `fill`');
  if ('text' in of) return string(of.text, '.text');
  if ('fill' in of) return filled(of.fill);
  const hex = string(of.hex, '.hex');
  if (!/^([0-9a-f]{2})*$/i.test(hex)) throw new Mistake('.hex: these are not pairs of hexadecimal digits');
  return Buffer.from(hex, 'hex');
}

/** @param {unknown} value */
function filled(value) {
  try {
    const { len, as } = fields(value, 'len', 'as');
    const length = number(len, '.len', LONGEST_FILL);
    if (as === 'text') return Buffer.alloc(length, 'abcdefghijklmnopqrstuvwxyz').toString('latin1');
    if (as === 'binary')
      return Buffer.alloc(
        length,
        Uint8Array.from({ length: 251 }, (_, i) => i),
      );
  } catch (error) {
    throw new Mistake(`.fill${/** @type {Error} */ (error).message}`);
  }
  throw new Mistake('.fill.as: "text" or "binary" belongs here');
}

/**
 * The content of a ping or a pong.
 * @param {unknown} value
 */
export function controlPayload(value) {
  const of = fields(value, 'text', 'hex', 'fill');
  const content = Object.keys(of).length === 0 ? Buffer.alloc(0) : Buffer.from(payload(of));
  if (content.length > LONGEST_CONTROL) {
    throw new Mistake(`: ${LONGEST_CONTROL} bytes fit into a ping or pong, and these are ${content.length}`);
  }
  return content;
}

/**
 * A text of round i: `${i}` is its number, and `$${` is a literal `${`.
 * @param {string} text
 * @param {number} i
 */
export function counted(text, i) {
  return text.replace(/\$\$\{|\$\{(.*?)\}/g, (found, name) => {
    if (found === '$${') return '${';
    if (name === 'i') return String(i);
    throw new Mistake(`.text: \`${found}\` is not known here: only \`\${i}\` is; \`$\${\` is a literal \`\${\``);
  });
}
