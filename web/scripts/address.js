// @ts-check
// Addresses as people type and share them.

(() => {
  'use strict';

  /** The address that is meant: `127.0.0.1:9001`, `http://…` and `:9001/ws` are understood too.
   * @param {string} text @param {{ secure?: boolean }} [page]
   * @returns {{ address: string } | { problem: string }} */
  function understand(text, page = {}) {
    const typed = text.trim();
    if (typed === '') return { problem: 'Type the address of a WebSocket server, such as ws://127.0.0.1:9001/ws.' };
    // Some browsers would make a %20 of it and look for such a host.
    if (/\s/.test(typed)) return { problem: `There is a space in “${typed}”; an address has none.` };
    let full = typed.replace(/^http(s?):\/\//i, 'ws$1://');
    if (/^:\d/.test(full)) full = `127.0.0.1${full}`;
    if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(full)) full = `${page.secure === true ? 'wss' : 'ws'}://${full}`;
    let url;
    try {
      url = new URL(full);
    } catch {
      return { problem: `“${typed}” is no address; one looks like ws://127.0.0.1:9001/ws.` };
    }
    if (url.protocol !== 'ws:' && url.protocol !== 'wss:') {
      return { problem: `${url.protocol}// is no WebSocket; an address begins with ws:// or wss://.` };
    }
    if (url.hash !== '')
      return {
        problem: `An address has no “${url.hash}”: what stands behind # is never sent. Leave it out, or write it as %23.`,
      };
    if (url.username !== '' || url.password !== '')
      return { problem: 'Browsers send no name and password from an address. Leave them out.' };
    return { address: url.href };
  }

  /** Subprotocols from a text; commas or spaces stand between them.
   * @param {string} text */
  const subprotocols = (text) => text.split(/[\s,]+/).filter((name) => name !== '');

  /** What makes the same connection on another machine, for behind the #. It never has a token.
   * @param {{ address: string, subprotocols: readonly string[], seconds: number, connect?: boolean }} setting */
  function toHash(setting) {
    const hash = new URLSearchParams({ address: setting.address });
    if (setting.subprotocols.length > 0) hash.set('subprotocols', setting.subprotocols.join(','));
    if (setting.seconds !== 10) hash.set('deadline', String(setting.seconds));
    if (setting.connect === true) hash.set('connect', '1');
    // These four mean nothing in a hash, and an address is easier to read with them.
    return hash.toString().replace(/%(3A|2F|2C|3F)/g, (escape) => decodeURIComponent(escape));
  }

  Crosswire.address = { understand, subprotocols, toHash };
})();
