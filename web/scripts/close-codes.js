// @ts-check
// What a close code means, in words, and what to do about it.

(() => {
  'use strict';

  /** @typedef {{ title: string, meaning: string, advice: string, tone: 'good' | 'bad' | 'neutral' }} Words */

  /** Code, meaning, advice. @type {Record<number, [string, string, string]>} */
  const KNOWN = {
    1000: ['normal', 'The conversation is over, as one side wished.', 'Nothing is wrong. Connect again to go on.'],
    1001: ['going away', 'The server stops, or the page at the other end was left.', 'Connect again in a moment.'],
    1002: [
      'protocol error',
      'The other side got a frame that breaks RFC 6455.',
      'A browser writes its own frames, so look at what lies in between: a proxy, or the server’s library.',
    ],
    1003: [
      'unsupported data',
      'The other side does not take this kind of data.',
      'Send the other kind: text in place of binary, or binary in place of text.',
    ],
    1004: ['reserved', 'This code has no meaning yet.', 'Whoever sent it should send another; connect again.'],
    1005: [
      'no code',
      'The close frame came without a code.',
      'That is allowed, and clean. Connect again if you were not done.',
    ],
    1007: [
      'invalid data',
      'A text was not UTF-8, or a message did not hold what its kind promises.',
      'Send bytes as binary, and look at what was sent last.',
    ],
    1008: [
      'policy',
      'Something is against the rules of the server, and no other code says it better.',
      'The reason may tell which rule; connecting again alone will not help.',
    ],
    1009: [
      'too big',
      'A message is larger than the other side takes.',
      'Send it in parts, or raise the server’s limit.',
    ],
    1010: [
      'extension missing',
      'The client needs an extension that the server did not agree to.',
      'Switch the extension on in the server. A browser never sends this.',
    ],
    1011: ['internal error', 'The server failed.', 'Look into the server’s log; then connect again.'],
    1012: ['restarting', 'The server restarts.', 'Connect again in a few seconds.'],
    1013: [
      'try later',
      'The server has too much to do.',
      'Wait for some seconds longer each time before connecting again.',
    ],
    1014: [
      'bad gateway',
      'A gateway got no good answer from the server behind it.',
      'Look at that server; then connect again.',
    ],
    1015: [
      'TLS failed',
      'No TLS connection came about, often because of the certificate.',
      'Open the server’s address with https in a tab: the browser says there what it does not like.',
    ],
    4008: [
      'too slow',
      'What was pushed came faster than it was read.',
      'Let the server push less at once, or read faster; then connect again.',
    ],
  };

  /**
   * @param {{ code: number, reason: string, clean: boolean }} closed
   * @param {{ crosswire?: boolean }} [about] whether the server is one of ours, whose own codes have a meaning
   * @returns {Words}
   */
  function describeClose({ code, clean }, about = {}) {
    if (code === 1006) {
      return {
        title: 'Cut off (1006)',
        meaning:
          'No close frame came. The server was stopped, crashed or dropped this connection, something in between did, or this browser ended it because the server broke RFC 6455.',
        advice:
          'Connect again. If it happens once more, look into the server’s log, and into this browser’s console (F12): a page is not told.',
        tone: 'bad',
      };
    }
    const [name, meaning, advice] =
      (code !== 4008 || about.crosswire === true ? KNOWN[code] : undefined) ?? byRange(code, about);
    const fine = code === 1000 || code === 1005;
    return {
      title: `Closed with ${code}, ${name}`,
      meaning: clean ? meaning : `${meaning} The closing handshake was not completed.`,
      advice,
      tone: fine && clean ? 'good' : fine || code === 1001 || code === 1012 ? 'neutral' : 'bad',
    };
  }

  /** @param {number} code @param {{ crosswire?: boolean }} about @returns {[string, string, string]} */
  function byRange(code, about) {
    if (code >= 4000 && code <= 4999) {
      const meaning = 'The server’s own code: what it means is agreed between server and client alone.';
      if (about.crosswire !== true) return ['private', meaning, 'Look it up in the server’s documentation.'];
      return code < 4500
        ? ['private', meaning, 'From 4000 to 4499 a crosswire server means: connect again.']
        : ['private', meaning, 'From 4500 to 4999 a crosswire server means: do not connect again.'];
    }
    if (code >= 3000 && code <= 3999) {
      return [
        'registered',
        'A code of a library or framework, registered with IANA.',
        'Look it up where the server’s framework is documented.',
      ];
    }
    if (code >= 1016 && code <= 2999) {
      return [
        'reserved',
        'Kept for later versions of WebSocket; today it has no meaning.',
        'Whoever sent it should send another.',
      ];
    }
    return [
      'no close code',
      'Close codes go from 1000 to 4999, and this is none.',
      'Whoever sent it should send another.',
    ];
  }

  Crosswire.describeClose = describeClose;
})();
