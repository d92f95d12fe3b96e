// @ts-check
// Acts on connections, asked for on the server's /control, as docs/protocol.md describes them.

(() => {
  'use strict';

  /** How long the server may take for acts that wait for nothing. */
  const PATIENCE = 15_000;

  /** One connection to one server's /control: a command at a time, each with its answer. */
  class Control {
    /** @param {Page.Client} connection */
    constructor(connection) {
      this.connection = connection;
      this.next = 1;
      /** @type {Map<number, (answer: Page.Answer | Error) => void>} */
      this.waiting = new Map();
      connection.addEventListener('message', ({ data }) => {
        const answer = typeof data === 'string' ? JSON.parse(data) : {};
        this.waiting.get(answer.id)?.(answer);
        this.waiting.delete(answer.id);
      });
      this.ended = connection.closed().then(({ code }) => {
        for (const settle of this.waiting.values())
          settle(new Error(`The connection to /control ended (${code}) before it answered.`));
        this.waiting.clear();
        connection.free();
      });
    }

    /** @param {string} to @param {object[]} act @returns {Promise<Page.Answer>} */
    async ask(to, act) {
      const id = this.next;
      this.next += 1;
      /** @type {number | undefined} */
      let timer;
      const answered = new Promise((resolve) => {
        this.waiting.set(id, resolve);
        timer = setTimeout(() => resolve(new Error(`/control did not answer within ${PATIENCE / 1000} s.`)), PATIENCE);
      });
      try {
        await this.connection.sendJson({ id, to, act });
        const answer = await answered;
        if (answer instanceof Error) throw answer;
        return answer;
      } finally {
        clearTimeout(timer);
        this.waiting.delete(id);
      }
    }
  }

  /** Those that are open, or being opened, by their address. @type {Map<string, Promise<Control>>} */
  const controls = new Map();
  /** Whether the server may have been started anew since its token was learnt: a conversation with it broke off. */
  let mayBeAnother = false;

  /** @param {string} url */
  async function open(url) {
    await crosswire.ready;
    return new Control(await crosswire.Connection.open(url));
  }

  /** The one connection to this address, opened where there is none. @param {string} url */
  function reachAt(url) {
    const there = controls.get(url);
    if (there !== undefined) return there;
    const opening = open(url);
    controls.set(url, opening);
    // What is over, or never came about, makes way for the next.
    const ended = opening.then((control) => control.ended).catch(() => undefined);
    void ended.then(() => controls.delete(url));
    return opening;
  }

  /** Whether the conversation may have ended because the server did. */
  function mayBeGone() {
    const { status, closed } = Crosswire.talk;
    return status === 'closed' && (closed === null || closed.code === 1001 || closed.code === 1006);
  }
  Crosswire.talk.events.addEventListener('change', () => {
    if (mayBeGone()) mayBeAnother = true;
  });

  /** The token stands in the query of an address, and is for nobody who looks at the screen. @param {string} words */
  const withoutQueries = (words) => words.replaceAll(/(\bwss?:\/\/[^\s?`]+)\?[^\s`]*/g, '$1');

  /** The control of the server at this address. @param {string} address @returns {Promise<Control>} */
  async function reach(address) {
    const { home, talk } = Crosswire;
    if (home.controlOf(address) === null) throw new Error('This page has no token of that server.');
    const isThere = talk.status === 'open' && home.originOf(talk.attempt?.address ?? '') === home.server;
    let isRenewed = false;
    if (mayBeAnother && isThere) {
      isRenewed = true;
      mayBeAnother = false;
      await home.renew();
    }
    try {
      return await reachAt(home.controlOf(address) ?? '');
    } catch (error) {
      // A server that is gone is not asked for anything: the browser would write an error of its own into the console.
      if (isThere && !isRenewed && (await home.renew())) return reachAt(home.controlOf(address) ?? '');
      const way = home.served ? 'load the page again' : 'open the link that it prints now';
      const words = withoutQueries(/** @type {Error} */ (error).message);
      throw new Error(
        `The server does not let this page in at /control: its token may be of an earlier start; ${way}. (${words})`,
        { cause: error },
      );
    }
  }

  Crosswire.control = {
    async ask(address, to, act) {
      // What it saw is asked of a server that is there for certain: of any other the browser would complain in the console.
      if (mayBeGone() && !controls.has(Crosswire.home.controlOf(address) ?? ''))
        throw new Error('The server may be gone. Connect again to ask it.');
      return (await reach(address)).ask(to, act);
    },
    async ready(address) {
      await reach(address);
    },
    why(talk) {
      const { home } = Crosswire;
      const { attempt } = talk;
      if (attempt === null || talk.status === 'idle')
        return 'Connect first. Then the server can be asked to push, to ping, to close or to cut this very connection.';
      if (home.tokenFor(attempt.address) === null) {
        if (home.server !== '' && home.originOf(attempt.address) !== home.server)
          return `This page may ask ${home.server} alone, which is where its token is from.`;
        if (home.served)
          return 'The server gives its token to no page that other machines could ask for. Open the link that it prints when it starts: that has the token.';
        return 'Only a crosswire server can be asked, and by its token. Open the link that it prints when it starts: either the page’s own, or the one from disk.';
      }
      if (talk.status !== 'open') return 'The conversation is not open. Connect again to ask for more.';
      return '';
    },
  };
})();
