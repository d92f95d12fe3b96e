// @ts-check
// Says what to do where the client is not there; else fills in the address, so that one key press connects.

(() => {
  'use strict';

  const { part, make, home } = Crosswire;

  Crosswire.views.show(home.asked.get('view') ?? 'talk');
  addEventListener('hashchange', () => {
    const view = new URLSearchParams(location.hash.slice(1)).get('view');
    if (view !== null) Crosswire.views.show(view);
  });
  if (typeof crosswire !== 'undefined') {
    Crosswire.connect.begin();
    void Crosswire.scenarios.load();
    return;
  }
  const notice = part('notice', HTMLElement);
  const [before, command, after] = home.served
    ? [
        'This server was built without the client for browsers. Run',
        './justw serve',
        'in the folder of crosswire: it builds both, or says what it lacks. Then load this page again.',
      ]
    : [
        'The client for browsers is not built yet. Run',
        './justw web',
        'in the folder of crosswire, and load this page again.',
      ];
  notice.replaceChildren(`${before} `, make('code', '', command), ` ${after}`);
  notice.hidden = false;
  // Nothing of the rest would work.
  for (const rest of document.querySelectorAll('.view, .tabs, #state'))
    if (rest instanceof HTMLElement) rest.hidden = true;
})();
