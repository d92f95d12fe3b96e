// @ts-check
// The server's scenarios: each is awkward in one named way, and a visit shows what this browser makes of it.

(() => {
  'use strict';

  const { part, tell, make, home, talk } = Crosswire;

  /** Those that never answer are given up on after this many seconds. */
  const PATIENCE = 3;

  /** Milliseconds until a scenario has said what it says by itself. */
  const SETTLED = 600;

  const list = part('scenario-list', HTMLElement);
  const reason = part('scenarios-reason', HTMLElement);

  /** @param {{ path: string, what: string }} scenario */
  function row({ path, what }) {
    const name = path.replace('/scenario/', '');
    const button = make('button', 'small', name);
    button.type = 'button';
    button.setAttribute('aria-label', `Visit ${name}`);
    button.addEventListener('click', () => void visit(path));
    // What is code in the specification is code here.
    const words = what.split('`').map((piece, index) => (index % 2 === 1 ? make('code', '', piece) : piece));
    return make('li', '', button, make('span', 'small', ...words));
  }

  const isBusy = () => talk.status === 'connecting' || talk.status === 'closing';
  let visits = 0;

  /** @param {string} path */
  async function visit(path) {
    if (isBusy()) return;
    visits += 1;
    const mine = visits;
    const address = home.server + path;
    // A browser opens one connection to a server at a time: behind one that is never answered nothing else would come.
    const prepare = () =>
      home.tokenFor(address) === null ? Promise.resolve() : Crosswire.control.ready(address).catch(() => undefined);
    await Crosswire.connect.to(address, PATIENCE, prepare);
    // What comes at once has come by then; what ends the connection is compared when it has ended.
    setTimeout(() => {
      if (visits === mine && talk.status === 'open' && talk.attempt?.address === address)
        void Crosswire.bothSides.compare(false);
    }, SETTLED);
  }

  async function load() {
    if (home.server === '') {
      tell(
        reason,
        'A crosswire server can misbehave in two dozen named ways. Open the page that it serves, or the link from disk that it prints, to visit them.',
      );
      return;
    }
    try {
      const response = await fetch(`${home.server.replace(/^ws/, 'http')}/scenario`);
      if (!response.ok) throw new Error(`HTTP ${response.status}`);
      const { scenarios } = await response.json();
      list.replaceChildren(...scenarios.map(row));
      list.hidden = false;
      tell(reason, 'Each misbehaves in one named way. Visit one, and see what this browser makes of it.');
    } catch (error) {
      tell(
        reason,
        `The list of ${home.server} could not be read (${/** @type {Error} */ (error).message}). Is the server running?`,
      );
      const again = make('button', 'small', 'Try again');
      again.type = 'button';
      again.addEventListener('click', () => void load());
      reason.append(' ', again);
    }
  }

  talk.events.addEventListener('change', () => {
    // Switched off in words alone, so that the one that was pressed keeps the focus.
    for (const button of list.querySelectorAll('button')) button.setAttribute('aria-disabled', String(isBusy()));
  });

  Crosswire.scenarios = { load };
})();
