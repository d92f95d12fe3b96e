// A connection. Whatever it is told before it is open waits; after that each command is handed to the library as it comes,
// and none waits for another. A library of Node keeps what TCP does not take yet, so that nothing is ever stuck with it.
//
// Its end is reported behind the answers to all commands that came before it. What comes later is still given to the
// library, whose words are the answer.
import { wordsOf } from './events.js';
import { messageOf, shown } from './payload.js';

/**
 * @import { Close, Open, Order, Payload, Send } from './commands.js'
 * @import { Test } from './events.js'
 * @import { Ending, Library, Link } from './library.js'
 */

const LONGEST_TIMER = 2 ** 31 - 1; // ms

export class Connection {
  /** @type {'opening' | 'open' | 'refused' | 'over'} */
  #state = 'opening';
  /** @type {Link | null} */
  #link = null;
  /** @type {Order[]} */
  #waiting = [];
  #refusal = '';
  /** @type {(Send | Close)[]} */
  #reactions = [];
  /** @type {Set<NodeJS.Timeout>} */
  #deadlines = new Set();
  #isCut = false;

  /** @param {Library} library @param {Open} opening @param {Test} test */
  constructor(library, opening, test) {
    this.opening = opening;
    this.test = test;
    this.#within(opening.within_ms, () => this.#giveUp(`not open within ${opening.within_ms} ms`));
    try {
      this.#link = library.connect(opening, {
        opened: (subprotocol, extensions) => this.#opened(subprotocol, extensions),
        refused: (error, status) => this.#refuse(wordsOf(error), status),
        received: (message) => this.#received(message),
        pong: (payload) => this.#isOpen() && this.#tell('pong', { hex: payload.toString('hex') }),
        ended: (ending) => this.#ended(ending),
      });
      if (opening.abandon) this.#giveUp('given up, as it was told');
    } catch (error) {
      this.#refuse(wordsOf(error));
    }
  }

  get isOver() {
    return this.#state === 'refused' || this.#state === 'over';
  }

  /** @param {Order} command */
  take(command) {
    if (this.#state === 'opening') this.#waiting.push(command);
    else if (this.#state === 'refused') this.#answer(command, this.#refusal);
    else this.#carryOut(command);
  }

  /** Ends everything of it, at once. */
  letGo() {
    this.#forgetDeadlines();
    this.#reactions = [];
    this.#link?.cut();
  }

  #isOpen() {
    return this.#state === 'open';
  }

  /** @param {string | null} subprotocol @param {string[] | null} extensions */
  #opened(subprotocol, extensions) {
    if (this.#state !== 'opening') return;
    this.#forgetDeadlines();
    this.#state = 'open';
    this.#tell('opened', { c: this.opening.c, subprotocol, extensions });
    for (const command of this.#waiting.splice(0)) this.#carryOut(command);
  }

  /** @param {string} words */
  #giveUp(words) {
    this.#refuse(words);
    this.#link?.cut();
  }

  /** @param {string} error @param {number | null} status */
  #refuse(error, status = null) {
    if (this.#state !== 'opening') return;
    this.#forgetDeadlines();
    this.#state = 'refused';
    this.#refusal = `the connection was refused: ${error}`;
    this.#tell('refused', { c: this.opening.c, error, status });
    for (const command of this.#waiting.splice(0)) this.#answer(command, this.#refusal);
  }

  /** @param {string | Buffer} message */
  #received(message) {
    // What had come before the connection was cut is not looked at any more.
    if (!this.#isOpen() || this.#isCut) return;
    this.#tell('received', shown(message, this.opening.data === 'full'));
    for (const command of this.#reactions.splice(0)) this.#carryOut(command);
  }

  /** @param {Ending} ending */
  #ended({ code, reason, isClean }) {
    if (this.#state === 'opening') this.#refuse(`the connection has ended with ${code}`);
    if (!this.#isOpen()) return;
    this.#forgetDeadlines();
    for (const command of this.#reactions.splice(0)) this.#answer(command, 'no message came');
    this.#state = 'over';
    this.#tell('closed', { code, reason, clean: isClean });
  }

  /** @param {Order} command */
  #carryOut(command) {
    try {
      this.#act(command, (error) => this.#answer(command, error && wordsOf(error)));
    } catch (error) {
      this.#answer(command, wordsOf(error));
    }
  }

  /** @param {Order} command @param {(error?: Error | null) => void} answered */
  #act(command, answered) {
    const link = /** @type {Link} */ (this.#link);
    switch (command.cmd) {
      case 'send':
        return link.send(messageOf(command), command.fragments, answered);
      case 'send_many':
        return this.#sendMany(link, command.messages).then(() => answered(), answered);
      case 'ping':
        return link.ping(Buffer.from(command.hex, 'hex'), answered);
      case 'pong':
        return link.pong(Buffer.from(command.hex, 'hex'), answered);
      case 'close':
        link.close(command.code, command.reason ?? '');
        if (this.#isOpen()) this.#within(command.within_ms, () => this.#cut(link));
        break;
      case 'react':
        this.#reactions.push(...command.then);
        break;
      case 'drop':
        if (!this.#isOpen()) throw new Error('the connection has ended');
        this.#cut(link);
        break;
      case 'stop_reading':
      case 'start_reading':
        link.read(command.cmd === 'start_reading');
        break;
    }
    answered();
  }

  /**
   * Node has one thread, in which senders that send at once take turns: message i is the turn of sender i mod `senders`.
   * @param {Link} link @param {Payload[]} messages
   */
  async #sendMany(link, messages) {
    await Promise.all(
      messages.map(
        (message) =>
          new Promise((sent, failed) => {
            link.send(messageOf(message), undefined, (error) => (error ? failed(error) : sent(null)));
          }),
      ),
    );
  }

  /** @param {Link} link */
  #cut(link) {
    this.#isCut = true;
    link.cut();
  }

  /** @param {number} ms @param {() => void} act */
  #within(ms, act) {
    this.#deadlines.add(setTimeout(act, Math.min(ms, LONGEST_TIMER)));
  }

  #forgetDeadlines() {
    for (const deadline of this.#deadlines) clearTimeout(deadline);
    this.#deadlines.clear();
  }

  /** @param {Order} command @param {string | null | undefined} error */
  #answer(command, error) {
    if (error) this.#tell('failed', { c: command.c, error });
    else this.#tell('done', { c: command.c });
  }

  /** @param {string} is @param {{ c?: number, [name: string]: unknown }} more */
  #tell(is, more) {
    this.test.report(is, { on: this.opening.on, ...more });
  }
}
