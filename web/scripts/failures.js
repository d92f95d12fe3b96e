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

  /** How long the server that sent the page may take to say why. */
  const PATIENCE = 5_000;

  /**
   * @param {{ code?: string, message: string }} error
   * @param {{ address: string, pageOrigin: string, subprotocols: readonly string[], seconds: number }} attempt
   * @returns {Page.Failure}
   */
  function describeFailure(error, attempt) {
    if (error.code === 'refused')
      return {
        title: 'No connection',
        meaning: 'A browser does not say why. It is one of these:',
        causes: causes(attempt),
        ...(isOwn(attempt) ? { ask: () => askWhy(attempt) } : {}),
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
    // The server that sent the page was there, and takes its own pages.
    if (!isOwn({ address, pageOrigin })) {
      found.push(nobodyAt(host));
      found.push(
        pageOrigin === 'null'
          ? 'The server refuses pages from disk, whose origin is “null”. A crosswire server takes them while it listens on loopback alone.'
          : `The server refuses pages of ${pageOrigin}. A crosswire server takes them with --allow-origin ${pageOrigin}.`,
      );
    }
    if (subprotocols.length > 0) found.push(unknown(subprotocols));
    found.push(
      `It answers plain HTTP at this path, or refuses the handshake: ${httpOf(address)} in a new tab may show its words.`,
    );
    if (protocol === 'wss:') found.push('Its certificate is not trusted by this browser.');
    else if (!isHere(hostname)) found.push('It speaks TLS alone: try wss:// in place of ws://.');
    return found;
  }

  /** The server that sent the page can be asked over HTTP, and what it answers there a page may read.
   * @param {{ address: string, subprotocols: readonly string[] }} attempt @returns {Promise<Page.Failure | null>} */
  async function askWhy({ address, subprotocols }) {
    const { pathname, search, host } = new URL(address);
    const title = 'No connection';
    const asking = { cache: /** @type {const} */ ('no-store'), redirect: /** @type {const} */ ('manual') };
    let answer;
    try {
      answer = await fetch(httpOf(address), { ...asking, signal: AbortSignal.timeout(PATIENCE) });
    } catch (error) {
      // One that only hangs may have any of the causes.
      if (/** @type {Error} */ (error).name === 'TimeoutError') return null;
      return { title, meaning: 'The server that sent this page does not answer any more.', causes: [nobodyAt(host)] };
    }
    if (answer.ok) {
      void answer.body?.cancel();
      const meaning = `The server is there, and answers plain HTTP at ${pathname}: that is no WebSocket endpoint.`;
      return { title, meaning, causes: ['On a crosswire server /ws and /echo are such endpoints.'] };
    }
    const said = await wordsOf(answer);
    if (answer.status !== 426)
      return { title, meaning: `The server is there, and refuses with ${answer.status}${said}.`, causes: [] };
    const found = [];
    if (pathname.startsWith('/scenario/')) found.push('It is a scenario: some are there to refuse.');
    if (search !== '') found.push(`It does not take what stands behind the “?”: ${search.slice(1)}.`);
    if (subprotocols.length > 0) found.push(unknown(subprotocols));
    found.push('It has as many sessions as it takes, or is about to end.');
    found.push('The network panel of the developer tools has its answer, which a browser shows to no page.');
    return {
      title,
      meaning: `The server is there, and ${pathname} is a WebSocket endpoint; but it refused this handshake. It is one of these:`,
      causes: found,
    };
  }

  /** What a refusal says to people, quoted; nothing where it says nothing. @param {Response} answer */
  async function wordsOf(answer) {
    if (answer.headers.get('content-type')?.startsWith('application/json') !== true) {
      void answer.body?.cancel();
      return '';
    }
    const said = await answer.json().catch(() => null);
    return typeof said?.message === 'string' ? `: “${said.message}”` : '';
  }

  /** Whether an address is one of the server that sent the page. @param {{ address: string, pageOrigin: string }} attempt */
  const isOwn = ({ address, pageOrigin }) => new URL(httpOf(address)).origin === pageOrigin;
  /** @param {string} host */
  const nobodyAt = (host) => `Nothing listens on ${host}: is the server running, and is that its port?`;
  /** @param {readonly string[]} subprotocols */
  const unknown = (subprotocols) =>
    `It knows none of the subprotocols ${subprotocols.join(', ')}, or chose one that was not offered.`;
  /** @param {string} name */
  const isHere = (name) => name === 'localhost' || name === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(name);
  /** @param {string} host */
  const portOf = (host) => /:(\d+)$/.exec(host)?.[1] ?? '';
  /** @param {string} address */
  const httpOf = (address) => address.replace(/^ws/, 'http');

  Crosswire.describeFailure = describeFailure;
})();
