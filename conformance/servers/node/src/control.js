// A command of a control session, and its answer.
import { ACTS } from './acts.js';
import { fields, Mistake, string } from './forms.js';
import { NoRoom, NotOpen, NotReached } from './session.js';
import { readStrictly } from './strict.js';

/**
 * @import { Deed } from './acts.js'
 * @import { Session } from './session.js'
 */

const MOST_ACTS = 1000;
const SHAPE = '{"id":1,"to":"TAG","act":[{"send":{"text":"hi"}}]}';
/** Acts that are left on a connection that has ended. */
const AFTER_THE_END = ['wait_ms', 'seen'];

/** Why a command was not carried out to its end. */
class Failed extends Error {
  /** @param {string} error @param {string} message */
  constructor(error, message) {
    super(message);
    this.error = error;
  }
}

/**
 * Carries a command out, and says how that went.
 * @param {string | Buffer} text
 * @param {(name: string) => Session | undefined} named
 */
export async function answer(text, named) {
  /** @type {Record<string, unknown>} */
  const said = {};
  let id = 'null';
  let done = 0;
  try {
    const command = parse(text);
    id = command.id;
    const { to, acts } = read(command);
    const session = named(to);
    if (session === undefined) {
      const hint = `name one when it connects: /ws?tag=${to}`;
      throw new Failed('unknown_connection', `no connection has the tag or id \`${to}\`; ${hint}`);
    }
    for (const [name, deed] of acts) {
      try {
        await carryOut(name, deed, session, `act[${done}]`);
      } finally {
        if (name === 'seen') said.seen = session.seen();
      }
      done += 1;
    }
    said.ok = true;
  } catch (failed) {
    if (!(failed instanceof Failed)) throw failed;
    Object.assign(said, { error: failed.error, message: failed.message, done });
  }
  // The id is put in as it was written.
  return `{"id":${id},${JSON.stringify(said).slice(1)}`;
}

/** @param {string | Buffer} text */
function parse(text) {
  try {
    if (typeof text !== 'string') throw new Error('it is a text message, and this one is binary');
    return readStrictly(text);
  } catch (error) {
    const message = /** @type {Error} */ (error).message;
    throw new Failed('bad_command', `a command is one JSON object: ${message}; it looks like ${SHAPE}`);
  }
}

/**
 * @param {ReturnType<typeof readStrictly>} command
 * @returns {{ to: string, acts: [string, Deed][] }}
 */
function read({ value, odd }) {
  try {
    const of = fields(value, 'id', 'to', 'act');
    for (const name of ['to', 'act']) if (!(name in of)) throw new Mistake(`.${name}: this field is missing`);
    if (!Array.isArray(of.act) || of.act.length > MOST_ACTS) {
      throw new Mistake(`.act: a list of at most ${MOST_ACTS} acts belongs here`);
    }
    const acts = of.act.map((form, i) => readAct(form, `act[${i}]`));
    if (odd !== null) throw new Mistake(`.${odd.field}: ${odd.number} is not a whole number in digits alone`);
    return { to: string(of.to, '.to'), acts };
  } catch (error) {
    if (!(error instanceof Mistake)) throw error;
    throw new Failed('bad_command', `${error.message.replace(/^\./, '')}; a command looks like ${SHAPE}`);
  }
}

/**
 * @param {unknown} form
 * @param {string} place
 * @returns {[string, Deed]}
 */
function readAct(form, place) {
  const [entry, ...more] =
    typeof form === 'object' && form !== null && !Array.isArray(form) ? Object.entries(form) : [];
  if (entry === undefined || more.length > 0) {
    throw new Mistake(`${place}: an act is an object with one key, its name, like {"ping":{}}`);
  }
  const [name, value] = entry;
  const act = Object.hasOwn(ACTS, name) ? ACTS[name] : undefined;
  if (act === undefined) {
    throw new Mistake(`${place}: this server has no act \`${name}\`; it has ${Object.keys(ACTS).join(', ')}`);
  }
  try {
    return [name, act(value)];
  } catch (error) {
    throw new Mistake(`${place}.${name}${/** @type {Error} */ (error).message}`);
  }
}

/**
 * @param {string} name
 * @param {Deed} deed
 * @param {Session} session
 * @param {string} place
 */
async function carryOut(name, deed, session, place) {
  try {
    if (session.ended && !AFTER_THE_END.includes(name)) throw new NotOpen();
    await deed(session);
  } catch (error) {
    if (error instanceof NotOpen) throw new Failed('not_open', `${place}: the connection is closing or has ended`);
    if (error instanceof NoRoom) throw new Failed('no_room', `${place}: the client took nothing for too long`);
    if (error instanceof NotReached) {
      throw new Failed('not_reached', `${place}.seen: what \`until\` names did not happen in time`);
    }
    if (error instanceof Mistake) throw new Failed('bad_command', `${place}.${name}${error.message}`);
    throw new Failed('bad_command', `${place}: ws does not do this: ${/** @type {Error} */ (error).message}`);
  }
}
