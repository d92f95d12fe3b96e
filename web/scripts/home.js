// @ts-check
// Where the page comes from, and whose token it has: from the server that sent it, or in the link of a server's banner.

(() => {
  'use strict';

  /** How long the server may take to send the page once more. */
  const PATIENCE = 5_000;

  /** @param {string} name */
  const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.getAttribute('content') ?? '';

  const served = meta('crosswire').startsWith('crosswire/');
  /** The server that sent the page, as WebSockets reach it. */
  const own = served ? `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}` : '';
  const hash = new URLSearchParams(location.hash.slice(1));
  const remembered = 'crosswire.token';

  /** Where a token is kept while the tab lives, so that a page from disk can be loaded again.
   * @returns {{ server: string, token: string } | null} */
  function fromSession() {
    try {
      const found = JSON.parse(sessionStorage.getItem(remembered) ?? 'null');
      return typeof found?.server === 'string' && typeof found.token === 'string' ? found : null;
    } catch {
      return null;
    }
  }

  /** Takes the token out of what the address bar asks for, and keeps it.
   * @param {URLSearchParams} asked @returns {{ server: string, token: string } | null} */
  function takeToken(asked) {
    const given = asked.get('token');
    if (given === null) return null;
    const found = { server: originOf(asked.get('address') ?? own), token: given };
    // Whoever copies the address bar does not mean to hand the token on.
    asked.delete('token');
    const rest = asked.toString();
    history.replaceState(null, '', rest === '' ? location.pathname : `#${rest}`);
    try {
      sessionStorage.setItem(remembered, JSON.stringify(found));
    } catch {
      // A browser that keeps nothing asks for the link again after a reload.
    }
    return found;
  }

  /** @returns {{ server: string, token: string } | null} */
  function findToken() {
    const given = takeToken(hash);
    if (given !== null) return given;
    const told = meta('crosswire-token');
    const before = fromSession();
    // The link was for another server than the page's own, and still stands in the address bar.
    const isForAnother =
      before !== null && before.server !== own && before.server === originOf(hash.get('address') ?? '');
    return told === '' || isForAnother ? before : { server: own, token: told };
  }

  /** `ws://host:port` of an address, and nothing where it has none.
   * @param {string} address */
  function originOf(address) {
    try {
      const { protocol, host } = new URL(address);
      return `${protocol}//${host}`;
    } catch {
      return '';
    }
  }

  let known = findToken();

  // From one # to another a browser loads nothing. Whoever opens a link wants what it says, so the page does it.
  addEventListener('hashchange', () => {
    const asked = new URLSearchParams(location.hash.slice(1));
    const given = takeToken(asked);
    if (given !== null || asked.has('address')) location.reload();
  });

  /** With another start a server has another token, and the page that it sends then has that. Says whether it is another one.
   * No page from disk may read what a server sends. */
  async function renew() {
    if (!served || (known !== null && known.server !== own)) return false;
    try {
      const answer = await fetch(location.pathname, { cache: 'no-store', signal: AbortSignal.timeout(PATIENCE) });
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
      const token = page.querySelector('meta[name="crosswire-token"]')?.getAttribute('content') ?? '';
      if (token === '' || token === known?.token) return false;
      known = { server: own, token };
      return true;
    } catch {
      return false;
    }
  }

  /** A token opens the server whose it is; to any other it is not shown. @param {string} address */
  function tokenFor(address) {
    if (known === null || known.server === '' || originOf(address) !== known.server) return null;
    return known.token;
  }

  Crosswire.home = {
    served,
    server: served ? own : (known?.server ?? ''),
    originOf,
    tokenFor,
    renew,
    controlOf(address) {
      const token = tokenFor(address);
      return token === null ? null : `${originOf(address)}/control?token=${encodeURIComponent(token)}`;
    },
    asked: hash,
  };
})();
