// @ts-check
// Why a connection may not have come about. A browser tells a page only that it did not; this tells what it can have been.

(() => {
  'use strict';

  /** Ports that browsers connect to for no page, of those where somebody could look for a server. */
  const BLOCKED = new Set([
    1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110,
    111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532,
    540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061,
    6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
  ]);

  /**
   * @param {{ code?: string, message: string }} error
   * @param {{ address: string, pageOrigin: string, subprotocols: readonly string[], seconds: number }} attempt
   * @returns {{ title: string, meaning: string, causes: string[] }}
   */
  function describeFailure(error, attempt) {
    if (error.code === 'refused')
      return {
        title: 'No connection',
        meaning: 'A browser does not say why. It is one of these:',
        causes: causes(attempt),
      };
    if (error.code === 'too-slow') {
      return {
        title: 'No answer in time',
        meaning: `The server did not answer the handshake within ${attempt.seconds} s.`,
        causes: [
          'It is no WebSocket server, or hangs.',
          'The network between drops packets in silence.',
          'It needs longer: the deadline stands under Options.',
        ],
      };
    }
    if (error.code === 'closed-before-open')
      return { title: 'Given up', meaning: 'You closed before the server had answered.', causes: [] };
    return { title: 'This cannot be connected to', meaning: error.message, causes: [] };
  }

  /** @param {{ address: string, pageOrigin: string, subprotocols: readonly string[] }} attempt */
  function causes({ address, pageOrigin, subprotocols }) {
    const { protocol, hostname, port, host } = new URL(address);
    const found = [];
    if (BLOCKED.has(Number(port)))
      return [`Browsers connect to port ${port} for no page. Let the server listen on another.`];
    const pageHost = pageOrigin.replace(/^https?:\/\//, '');
    if (isHere(hostname) && isHere(pageHost.replace(/:\d+$/, '')) && pageHost !== host && portOf(pageHost) === port) {
      found.push(
        `This page is from ${pageHost}, and ${host} is another origin for the server: connect to ${pageHost}.`,
      );
    }
    found.push(`Nothing listens on ${host}: is the server running, and is that its port?`);
    found.push(
      pageOrigin === 'null'
        ? 'The server refuses pages from disk, whose origin is “null”. A crosswire server takes them while it listens on loopback alone.'
        : `The server refuses pages of ${pageOrigin}. A crosswire server takes them with --allow-origin ${pageOrigin}.`,
    );
    if (subprotocols.length > 0)
      found.push(`It knows none of the subprotocols ${subprotocols.join(', ')}, or chose one that was not offered.`);
    found.push(
      `It answers plain HTTP at this path, or refuses the handshake: ${httpOf(address)} in a new tab may show its words.`,
    );
    if (protocol === 'wss:') found.push('Its certificate is not trusted by this browser.');
    else if (!isHere(hostname)) found.push('It speaks TLS alone: try wss:// in place of ws://.');
    return found;
  }

  /** @param {string} name */
  const isHere = (name) => name === 'localhost' || name === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(name);
  /** @param {string} host */
  const portOf = (host) => /:(\d+)$/.exec(host)?.[1] ?? '';
  /** @param {string} address */
  const httpOf = (address) => address.replace(/^ws/, 'http');

  Crosswire.describeFailure = describeFailure;
})();
