// @ts-check
// Where the page comes from, and whose token it has: from the server that sent it, or in the link of a server's banner.

(() => {
  'use strict';

  /** @param {string} name */
  const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.getAttribute('content') ?? '';

  const sentBy = meta('crosswire');
  const served = sentBy.startsWith('crosswire/');
  const hash = new URLSearchParams(location.hash.slice(1));
  const remembered = 'crosswire.token';

  /** Where a token is kept while the tab lives, so that a page from disk can be loaded again.
   * @returns {{ server: string, token: string } | null} */
  function fromSession() {
    try {
      return JSON.parse(sessionStorage.getItem(remembered) ?? 'null');
    } catch {
      return null;
    }
  }

  /** @returns {{ server: string, token: string } | null} */
  function findToken() {
    const own = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}`;
    const given = hash.get('token');
    if (given !== null) {
      const address = hash.get('address') ?? (served ? own : '');
      const found = { server: originOf(address), token: given };
      // Whoever copies the address bar does not mean to hand the token on.
      hash.delete('token');
      const rest = hash.toString();
      history.replaceState(null, '', rest === '' ? location.pathname : `#${rest}`);
      try {
        sessionStorage.setItem(remembered, JSON.stringify(found));
      } catch {
        // A browser that keeps nothing asks for the link again after a reload.
      }
      return found;
    }
    const told = meta('crosswire-token');
    if (served && told !== '') return { server: own, token: told };
    return fromSession();
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

  const known = findToken();

  Crosswire.home = {
    served,
    server: served ? `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}` : (known?.server ?? ''),
    originOf,
    tokenFor: (address) =>
      known !== null && known.server !== '' && originOf(address) === known.server ? known.token : null,
    controlOf(address) {
      const token = this.tokenFor(address);
      return token === null ? null : `${originOf(address)}/control?token=${encodeURIComponent(token)}`;
    },
    asked: hash,
  };
})();
