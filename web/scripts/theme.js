// @ts-check
// Light or dark: as the system has it, unless a person says otherwise.

(() => {
  'use strict';

  const button = Crosswire.part('theme', HTMLButtonElement);
  const themes = ['', 'light', 'dark'];
  const names = ['system', 'light', 'dark'];

  /** @param {string} theme */
  function wear(theme) {
    document.documentElement.dataset['theme'] = theme;
    button.textContent = `Theme: ${names[themes.indexOf(theme)] ?? ''}`;
  }

  let theme = Crosswire.kept.read('theme') ?? '';
  if (!themes.includes(theme)) theme = '';
  wear(theme);
  button.addEventListener('click', () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length] ?? '';
    Crosswire.kept.write('theme', theme);
    wear(theme);
  });
})();
