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
      this.over = false;
      this.next = 1;
      /** @type {Map<number, (answer: Page.Answer | Error) => void>} */
      this.waiting = new Map();
      connection.addEventListener('message', ({ data }) => {
        const answer = typeof data === 'string' ? JSON.parse(data) : {};
        this.waiting.get(answer.id)?.(answer);
        this.waiting.delete(answer.id);
      });
      void connection.closed().then(({ code }) => {
        this.over = true;
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

  /** @type {Map<string, Promise<Control>>} */
  const controls = new Map();

  /** @param {string} url */
  async function open(url) {
    await crosswire.ready;
    return new Control(await crosswire.Connection.open(url));
  }

  /** The control of the server at this address. @param {string} address @returns {Promise<Control>} */
  async function reach(address) {
    const { home } = Crosswire;
    const url = home.controlOf(address);
    if (url === null) throw new Error('This page has no token of that server.');
    try {
      return await reachAt(url);
    } catch (error) {
      // A server that is gone is not asked for anything: the browser would write an error of its own into the console.
      const { status, attempt } = Crosswire.talk;
      const isThere = status === 'open' && home.originOf(attempt?.address ?? '') === home.server;
      const renewed = isThere && (await home.renew()) ? home.controlOf(address) : null;
      if (renewed !== null) return reachAt(renewed);
      const way = home.served ? 'load the page again' : 'open the link that it prints now';
      const { message } = /** @type {Error} */ (error);
      throw new Error(
        `The server does not let this page in at /control: its token may be of an earlier start; ${way}. (${message})`,
        { cause: error },
      );
    }
  }

  /** The one connection to this address, opened where there is none. @param {string} url */
  async function reachAt(url) {
    let opening = controls.get(url);
    if (opening !== undefined && (await opening.catch(() => null))?.over !== false) opening = undefined;
    opening ??= open(url);
    controls.set(url, opening);
    return opening;
  }

  Crosswire.control = {
    async ask(address, to, act) {
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
