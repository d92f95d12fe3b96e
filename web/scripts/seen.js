// @ts-check
// Both sides of one connection: what this browser made of it, beside what the server says that it saw.

(() => {
  'use strict';

  const { format } = Crosswire;

  /** @param {{ text: number, binary: number, bytes: number }} counts */
  const messages = ({ text, binary, bytes }) =>
    `${format.count(text)} text, ${format.count(binary)} binary, ${format.size(bytes)}`;

  /** @param {Page.Talk} talk @param {any} seen the server's view, as docs/protocol.md has it
   * @returns {{ what: string, browser: string, server: string, agrees: boolean | null }[]} */
  function compare(talk, seen) {
    const rows = [
      row('from server', messages(talk.received), messages(seen.sent)),
      row('to server', messages(talk.sent), messages(seen.received)),
      row('subprotocol', talk.subprotocol ?? 'none', seen.handshake.subprotocol ?? 'none'),
      {
        what: 'pings, pongs',
        browser: 'not told',
        server: `${format.count(seen.sent.ping)} sent, ${format.count(seen.received.pong)} answered`,
        agrees: null,
      },
    ];
    const frame = seen.close;
    const closing =
      frame === null || frame === undefined
        ? 'no close frame came from the browser'
        : `close frame ${frame.code ?? 'without a code'} came from the browser`;
    const ended = seen.open === true ? 'open' : `${words[seen.ended] ?? seen.ended}; ${closing}`;
    const { closed } = talk;
    const here =
      closed === null
        ? talk.opened
          ? talk.status
          : 'never opened'
        : `${closed.code}${closed.reason === '' ? '' : ` “${closed.reason}”`}, ${closed.clean ? 'clean' : 'not clean'}`;
    const bothOpen = seen.open === true && talk.status === 'open';
    const bothOver = closed !== null && seen.open !== true;
    rows.push({
      what: 'end',
      browser: here,
      server: ended,
      agrees: bothOpen || (bothOver && closed.clean === (seen.ended === 'clean')),
    });
    return rows;
  }

  /** Scenarios whose answer to the handshake every browser has to refuse, by RFC 6455. */
  const REFUSED = /^\/scenario\/(?:wrong-accept|unasked-subprotocol|unasked-extension)$/;

  /** Why there is nothing to compare though the server has seen a session; empty where there is.
   * @param {Page.Talk} talk */
  function refusal({ attempt, opened }) {
    if (attempt === null || opened || !REFUSED.test(new URL(attempt.address).pathname)) return '';
    return 'Refused by this browser, as it should be: the server’s answer to the handshake is against RFC 6455, and so nothing was ever sent.';
  }

  const words = /** @type {Record<string, string>} */ ({
    clean: 'clean',
    vanished: 'this browser vanished',
    violation: 'this browser broke the protocol',
    timed_out: 'a deadline passed',
    cut: 'cut by the server',
  });

  /** @param {string} what @param {string} browser @param {string} server */
  const row = (what, browser, server) => ({ what, browser, server, agrees: browser === server });

  Crosswire.compareSides = compare;
  Crosswire.refusal = refusal;
})();
