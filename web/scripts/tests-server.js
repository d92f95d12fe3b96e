// @ts-check
// What the tests need before they can run: the list itself, which is loaded when it is first wanted, and the server, which
// says what it can do or is asked.

(() => {
  'use strict';

  const { home } = Crosswire;

  const WAY_TO_THE_TOKEN =
    'This page has not been given the token of the server: tests in which the server must act are left out. Open the page that the server serves, or the link for pages from disk that its banner prints.';
  const NO_HTTP =
    'a page that a server has sent may ask no other server over HTTP; open web/index.html from disk to run this test';

  /** @type {Promise<typeof crosswireTests> | undefined} */
  let loading;

  /** The list and what runs it. A second call waits for the same. */
  function load() {
    loading ??= new Promise((resolve, reject) => {
      const script = document.createElement('script');
      script.src = 'built/tests.js';
      script.addEventListener('load', () => crosswireTests.ready.then(() => resolve(crosswireTests), reject));
      script.addEventListener('error', () => {
        loading = undefined;
        script.remove();
        const command = home.served ? './justw serve' : './justw web';
        reject(
          new Error(
            `The list of tests is not built, or could not be loaded. Run ${command} in the folder of crosswire, and try again.`,
          ),
        );
      });
      document.head.append(script);
    });
    return loading;
  }

  /** @param {string} address @param {string} path */
  function overHttp(address, path) {
    const origin = home.originOf(address).replace(/^ws/, 'http');
    return fetch(`${origin}${path}`, { cache: 'no-store', signal: AbortSignal.timeout(10_000) });
  }

  /** Whether this page may ask the server over HTTP: its own policy lets it ask the one that it came from.
   * @param {string} address */
  const mayAsk = (address) => !home.served || home.originOf(address) === home.server;

  /** Whether an address means a crosswire server as a whole, and not something behind a path of its own.
   * @param {string} address */
  const isWhole = (address) => ['/', '/ws'].includes(new URL(address).pathname) && new URL(address).search === '';

  /** What a crosswire server says of itself; null where nobody does.
   * @param {string} address @returns {Promise<Page.About | null>} */
  async function about(address) {
    if (!mayAsk(address) || !isWhole(address)) return null;
    try {
      const answer = await overHttp(address, '/about');
      const said = answer.ok ? await answer.json() : null;
      return typeof said?.name === 'string' && Array.isArray(said.can) ? said : null;
    } catch {
      return null;
    }
  }

  /** What a server can be told to be able to do that has one address and takes no orders. */
  const OF_AN_ADDRESS = ['echo', 'welcome', 'subprotocols'];

  /** Those of them that a test in a browser needs. @param {Page.Test[]} tests */
  function canBeTold(tests) {
    const needed = new Set(tests.filter(({ lacks }) => lacks.length === 0).flatMap(({ needs }) => needs.server));
    return OF_AN_ADDRESS.filter((name) => needed.has(name));
  }

  /** What people should know of a server that says nothing of itself.
   * @param {{ can: string[], notes: string[] }} probed @param {string[]} told what it should be able to do, as somebody says
   * @returns {{ can: string[], remarks: string[], found: string, mayEcho: boolean }} */
  function toldOf({ can, notes }, told) {
    const added = told.filter((name) => !can.includes(name));
    const all = [...can, ...added];
    const echoes = all.includes('echo');
    const remarks = [
      can.length > 0
        ? `Asked, it shows that it can ${can.join(' and ')}; tests that need more are left out.`
        : 'Asked, it shows nothing that tests can rely on.',
      ...notes,
    ];
    if (added.length > 0)
      remarks.push(`It is held to ${added.join(' and ')} all the same, because that is ticked in the options.`);
    const found = echoes
      ? ''
      : 'The server did not send back what it was sent, so it was not taken for one that echoes.';
    return { can: all, remarks, found, mayEcho: !echoes };
  }

  /** The server at an address, as tests are run against it, and a sentence on it for people. One that says nothing of itself
   * is held to what it is told to be able to do, too.
   * @param {string} address @param {string[]} told @returns {Promise<Page.TestServer>} */
  async function find(address, told) {
    const said = await about(address);
    const noHttp = mayAsk(address) ? null : NO_HTTP;
    if (said !== null) {
      // It may have been started anew since the page was loaded.
      if (home.originOf(address) === home.server) await home.renew();
      const control = home.controlOf(address);
      const { name, version, can, limits } = said;
      return {
        target: { name, version, url: home.originOf(address), control, can, limits, noHttp },
        hasResults: said.results,
        title: `${name} ${version}`,
        remarks: control === null ? [WAY_TO_THE_TOKEN] : [],
        found: '',
        mayEcho: false,
      };
    }
    const { can: shown, longest, notes } = await (await load()).probe(address);
    const { can, ...words } = toldOf({ can: shown, notes }, told);
    const probed = can.length === shown.length;
    return {
      target: { name: address, url: address, exact: true, can, longest, notes, probed, noHttp },
      hasResults: false,
      title: 'a server that says nothing of itself',
      ...words,
    };
  }

  /** The last results of every language, where the server has some.
   * @param {string} address @returns {Promise<Page.LastResults>} */
  async function lastResults(address) {
    const token = home.tokenFor(address);
    const answer = await overHttp(address, token === null ? '/results' : `/results?token=${encodeURIComponent(token)}`);
    const said = await answer.json();
    if (!answer.ok) throw new Error(said.message);
    return said;
  }

  Crosswire.testServer = { load, find, toldOf, canBeTold, lastResults };
})();
