// @ts-check
// The views of the page and the tabs that lead to them. The arrow keys go from tab to tab.

(() => {
  'use strict';

  const tabs = /** @type {HTMLElement[]} */ ([...document.querySelectorAll('[role=tab]')]);
  /** @param {HTMLElement} tab */
  const viewOf = (tab) => tab.getAttribute('aria-controls') ?? '';

  /** @param {string} name */
  function show(name) {
    if (!tabs.some((tab) => viewOf(tab) === name)) return;
    for (const tab of tabs) {
      const isShown = viewOf(tab) === name;
      tab.setAttribute('aria-selected', String(isShown));
      tab.tabIndex = isShown ? 0 : -1;
      const view = document.getElementById(viewOf(tab));
      if (view !== null) view.hidden = !isShown;
    }
    document.dispatchEvent(new CustomEvent('crosswire:view', { detail: name }));
  }

  for (const [index, tab] of tabs.entries()) {
    tab.addEventListener('click', () => {
      show(viewOf(tab));
      // A view begins at its beginning, wherever the last one was left.
      scrollTo(0, 0);
    });
    tab.addEventListener('keydown', ({ key }) => {
      const steps = /** @type {Record<string, number>} */ ({
        ArrowRight: index + 1,
        ArrowLeft: index - 1,
        Home: 0,
        End: -1,
      });
      const next = steps[key] === undefined ? undefined : tabs.at(steps[key] % tabs.length);
      if (next === undefined) return;
      show(viewOf(next));
      next.focus();
    });
  }

  Crosswire.views = { show };
})();
