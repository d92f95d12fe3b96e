// @ts-check
// Says what to do where the client is not there, and shows the view that the address asks for.

(() => {
  'use strict';

  const notice = document.getElementById('notice');
  if (!('crosswire' in globalThis) && notice !== null) {
    const words = Crosswire.home.served
      ? ['This server was built without the client for browsers. To get it, run', './justw serve', 'in the folder of crosswire, which builds both, and load this page again.']
      : ['The client for browsers is not built yet. Run', './justw web', 'in the folder of crosswire, and load this page again.'];
    const command = document.createElement('code');
    command.textContent = words[1] ?? '';
    notice.replaceChildren(`${words[0]} `, command, ` ${words[2]}`);
    notice.hidden = false;
  }
  Crosswire.views.show(Crosswire.home.asked.get('view') ?? 'talk');
})();
