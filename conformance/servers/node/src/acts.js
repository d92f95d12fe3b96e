// What can be done to a connection. Each act reads its form, as docs/protocol.md has it, and gives what is then to be done.
import { setTimeout } from 'node:timers/promises';
import { controlPayload, counted, fields, flag, Mistake, number, onlyTrue, payload, string } from './forms.js';
import { NotReached } from './session.js';

/** @import { Session } from './session.js' */

const MOST_TIMES = 1_000_000;
const MOST_FRAGMENTS = 65_536;
const LONGEST_WAIT = 2000; // ms
const LONGEST_SEEN_WAIT = 10_000; // ms
const SEEN_WAIT = 2000; // ms, where none is told
const LONGEST_REASON = 123;
const COUNTS = ['text', 'binary', 'ping', 'pong', 'bytes'];

/** @typedef {(session: Session) => unknown} Deed */

/** @type {Record<string, (value: unknown) => Deed>} */
export const ACTS = {
  send(value) {
    const of = fields(value, 'text', 'hex', 'fill', 'times', 'fragments', 'ping_between');
    const message = payload(of);
    const times = 'times' in of ? number(of.times, '.times', MOST_TIMES) : null;
    const sizes = 'fragments' in of ? sizesOf(of.fragments) : undefined;
    const pingBetween = 'ping_between' in of && flag(of.ping_between, '.ping_between');
    if (pingBetween && !sizes) throw new Mistake('.ping_between: this needs `fragments` to stand between');
    const round = (/** @type {number} */ i) =>
      times !== null && typeof message === 'string' ? counted(message, i) : message;
    round(0);
    return async (session) => {
      for (let i = 0; i < (times ?? 1); i++) {
        const length = Buffer.byteLength(round(i));
        if (sizes && sizes.reduce((sum, size) => sum + size, 0) !== length) {
          throw new Mistake(`.fragments: the sizes do not add up to ${length} bytes`);
        }
        await session.room();
        session.send(round(i), sizes, pingBetween);
      }
    };
  },

  ping(value) {
    const content = controlPayload(value);
    return (session) => session.ping(content);
  },

  pong(value) {
    const content = controlPayload(value);
    return (session) => session.pong(content);
  },

  close(value) {
    const of = fields(value, 'code', 'reason');
    const code = 'code' in of ? number(of.code, '.code', 0xffff) : undefined;
    if (code === undefined && 'reason' in of) throw new Mistake('.reason: a reason needs a code before it');
    const reason = 'reason' in of ? string(of.reason, '.reason') : '';
    if (Buffer.byteLength(reason) > LONGEST_REASON) {
      throw new Mistake(`.reason: ${LONGEST_REASON} bytes fit into a close frame, and these are more`);
    }
    return (session) => session.close(code, reason);
  },

  drop(value) {
    onlyTrue(value);
    return (session) => session.drop();
  },

  wait_ms(value) {
    const ms = number(value, '', LONGEST_WAIT);
    return () => setTimeout(ms);
  },

  stop_reading(value) {
    onlyTrue(value);
    return (session) => session.read(false);
  },

  start_reading(value) {
    onlyTrue(value);
    return (session) => session.read(true);
  },

  seen(value) {
    if (typeof value === 'boolean') {
      onlyTrue(value);
      return () => {};
    }
    const of = fields(value, 'until', 'within_ms');
    const within = 'within_ms' in of ? number(of.within_ms, '.within_ms', LONGEST_SEEN_WAIT) : SEEN_WAIT;
    const isReached = untilOf(of.until ?? {});
    return async (session) => {
      if (!(await session.until(() => isReached(session), within))) throw new NotReached();
    };
  },
};

/** @param {unknown} value */
function sizesOf(value) {
  if (!Array.isArray(value) || value.length === 0 || value.length > MOST_FRAGMENTS) {
    throw new Mistake(`.fragments: a list of 1 to ${MOST_FRAGMENTS} sizes belongs here`);
  }
  return value.map((size, i) => number(size, `.fragments[${i}]`, 64 * 2 ** 20));
}

/**
 * What is waited for, as a question to a session.
 * @param {unknown} value
 * @returns {(session: Session) => boolean}
 */
function untilOf(value) {
  try {
    const until = fields(value, 'ended', 'close', 'received', 'sent');
    const ended = 'ended' in until && flag(until.ended, '.ended');
    const close = 'close' in until && flag(until.close, '.close');
    const received = countsOf(until.received ?? {}, '.received');
    const sent = countsOf(until.sent ?? {}, '.sent');
    return (session) => {
      const seen = session.seen();
      const has = (/** @type {any} */ tally, /** @type {[string, number][]} */ counts) =>
        counts.every(([name, least]) => tally[name] >= least);
      return (
        (!ended || !!seen.ended) && (!close || !!seen.close) && has(seen.received, received) && has(seen.sent, sent)
      );
    };
  } catch (error) {
    throw new Mistake(`.until${/** @type {Error} */ (error).message}`);
  }
}

/**
 * @param {unknown} value
 * @param {string} place
 * @returns {[string, number][]}
 */
function countsOf(value, place) {
  try {
    const counts = fields(value, ...COUNTS);
    return Object.entries(counts).map(([name, least]) => [name, number(least, `.${name}`, Number.MAX_SAFE_INTEGER)]);
  } catch (error) {
    throw new Mistake(`${place}${/** @type {Error} */ (error).message}`);
  }
}
