// @ts-check
// One test, explained: what it is for, what was wanted and what came, its steps, what was said, and what the server saw.

(() => {
  'use strict';

  const { make, copy, format, verdicts } = Crosswire;

  /** @param {string} title @param {...(string | Node)} content */
  const section = (title, ...content) => make('section', 'stack', make('h4', '', title), ...content);

  /** A box that scrolls, which the keyboard must reach.
   * @param {string} name @param {...(string | Node)} content */
  function box(name, ...content) {
    const pre = make('pre', 'told-value', ...content);
    pre.tabIndex = 0;
    pre.setAttribute('role', 'group');
    pre.setAttribute('aria-label', name);
    return pre;
  }

  /** @param {Page.TestResult['reason'] & {}} reason */
  function wantAndGot({ want, got }) {
    if (want === undefined && got === undefined) return [];
    const both = want !== undefined && got !== undefined;
    const parts = verdicts.difference(want ?? '', got ?? '');
    const show = (/** @type {string} */ name, /** @type {[string, string, string]} */ [before, differs, after]) =>
      section(name, box(name, before, both && differs !== '' ? make('mark', '', differs) : differs, after));
    const shown = make('div', 'two');
    if (want !== undefined) shown.append(show('Wanted', parts.want));
    if (got !== undefined) shown.append(show('Got', parts.got));
    return [shown];
  }

  /** @param {unknown[]} list @param {string} pointer @param {string | undefined} failing @returns {HTMLOListElement} */
  function steps(list, pointer, failing) {
    const items = list.map((step, index) => {
      const here = `${pointer}/${index}`;
      if (Array.isArray(step)) {
        return make('li', '', make('div', '', 'at the same time as the others', steps(step, here, failing)));
      }
      const { verb, on, rest, inner } = verdicts.stepParts(/** @type {Record<string, unknown>} */ (step));
      const line = make('div', '', make('b', '', verb), on === '' ? '' : ` ${on}`);
      for (const words of rest) line.append(' ', make('span', 'quiet', words));
      for (const [name, more] of inner) line.append(steps(more, `${here}/${name}`, failing));
      const item = make('li', here === failing ? 'failing' : '', line);
      if (here === failing) {
        item.setAttribute('aria-current', 'step');
        line.append(make('span', 'out-of-sight', ' (this step failed)'));
      }
      return item;
    });
    return make('ol', 'steps', ...items);
  }

  const PARTIES = { runner: 'Test', client: 'This browser', server: 'Server' };

  /** Everything that was said, as a table, because a screen reader can read that: when, who, to whom, what.
   * @param {Page.TestResult['transcript'] & {}} transcript */
  function sequence(transcript) {
    const rows = transcript.map(({ ms, by, to, on, what }) => {
      const direction = `${PARTIES[by]} → ${PARTIES[to]}`;
      const row = make(
        'tr',
        `by-${by}`,
        make('td', 'number', format.duration(ms)),
        make('td', 'party', direction),
        make('td', 'mono', on ?? ''),
        make('td', 'mono what', what),
      );
      return row;
    });
    const head = make('tr', '', ...['After', 'Who', 'On', 'What'].map((name) => make('th', '', name)));
    for (const cell of head.children) cell.setAttribute('scope', 'col');
    const table = make('table', 'said', make('thead', '', head), make('tbody', '', ...rows));
    const around = make('div', 'scroll said-box', table);
    around.tabIndex = 0;
    around.setAttribute('role', 'group');
    around.setAttribute('aria-label', 'What was said');
    return around;
  }

  /** What the server saw: first what happened, then the handshake, with a header a line.
   * @param {unknown} view */
  function pretty(view) {
    const { handshake, ...rest } = /** @type {Record<string, unknown>} */ (view);
    const text = JSON.stringify({ ...rest, handshake }, null, 2);
    return text.replaceAll(/\[\s+("(?:[^"\\]|\\.)*"),\s+("(?:[^"\\]|\\.)*")\s+\]/g, '[$1, $2]');
  }

  /** @param {string} name @param {string[]} items */
  const bullets = (name, items) =>
    items.length === 0
      ? []
      : [section(name, make('ul', 'bullets small', ...items.map((item) => make('li', '', item))))];

  /** @param {NonNullable<Page.TestResult['observed']>[number]} observed */
  const observedInWords = ({ as, about, value }) =>
    `${PARTIES[about]}: ${as}: ${value === undefined ? 'nothing' : JSON.stringify(value)}`;

  /** @param {string} command */
  function toType(command) {
    const button = make('button', 'small', 'Copy');
    button.type = 'button';
    button.setAttribute('aria-label', `Copy the command ${command}`);
    button.addEventListener('click', () => void copy(command, 'The command is copied.'));
    return make('div', 'to-type', make('code', '', command), button);
  }

  /** @param {{ reason: string, link: string }} known */
  function knownBy({ reason, link }) {
    const there = make('a', '', 'Where that is proven');
    there.href = link;
    there.rel = 'noreferrer';
    there.target = '_blank';
    return make('p', '', make('b', '', 'Known of this browser: '), reason, ' ', there);
  }

  /** @param {Page.Explained} about */
  function verdictBox({ test, result, rounds }) {
    if (result === undefined) return test.known === undefined ? [] : [knownBy(test.known)];
    const { reason } = result;
    if (reason === undefined && result.known === undefined) return [];
    const told = make('div', `reason ${verdicts.shown(result)}`);
    if (reason !== undefined) {
      told.append(make('p', 'message', reason.message));
      const where = [
        reason.code,
        reason.on && `connection ${reason.on}`,
        reason.round && `round ${reason.round}`,
        reason.at && `at ${reason.at}`,
      ];
      told.append(make('p', 'quiet small', where.filter(Boolean).join(' · ')));
    }
    if (result.known !== undefined) told.append(knownBy(result.known));
    if (rounds.length > 1) {
      const all = rounds.map((round) => verdicts.words(verdicts.shown(round))).join(', ');
      told.append(make('p', 'quiet small', `It was run ${rounds.length} times: ${all}. Shown is the last.`));
    }
    return [told];
  }

  /** @param {Page.Explained} about */
  function otherLanguages({ test, others }) {
    if (others.length === 0) return [];
    const items = others.map(({ client, verdict, rev }) =>
      make(
        'li',
        '',
        make('span', `badge ${verdict}`, `${verdicts.sign(verdict)} ${verdicts.words(verdict)}`),
        ` ${client}`,
        rev === test.rev ? '' : make('span', 'quiet small', ' (the test was another then)'),
      ),
    );
    return [section('In other languages, when they were last run', make('ul', 'other-list', ...items))];
  }

  /** Everything that is known of a test.
   * @param {Page.Explained} about @returns {Node[]} */
  function explain(about) {
    const { test, result, again, command } = about;
    const reason = result?.reason;
    const button = make('button', 'small', result === undefined ? 'Run this test' : 'Run it again');
    button.type = 'button';
    button.dataset['again'] = test.id;
    // One that is disabled would lose the focus of whoever has just pressed it.
    button.setAttribute('aria-disabled', String(about.isBusy));
    button.addEventListener('click', again);
    const needs = [
      ...test.needs.client.map((name) => `this browser: ${name}`),
      ...test.needs.server.map((name) => `the server: ${name}`),
    ];
    const seen = Object.entries(result?.seen ?? {});
    const stepsList = section('Steps', steps(test.steps, '', reason?.step));
    return [
      make('p', '', test.why),
      ...verdictBox(about),
      ...(reason === undefined || result?.verdict === 'unsupported' ? [] : wantAndGot(reason)),
      make('div', 'row', button, make('span', 'mono small quiet', `${test.id} · ${test.level}`)),
      result?.transcript === undefined
        ? stepsList
        : make('div', 'told', stepsList, section('What was said', sequence(result.transcript))),
      ...(seen.length === 0
        ? []
        : [
            section(
              'What the server saw',
              make(
                'div',
                'two',
                ...seen.map(([on, view]) =>
                  section(`Connection ${on}`, box(`What the server saw of ${on}`, pretty(view))),
                ),
              ),
            ),
          ]),
      ...bullets('Noticed', result?.notes ?? []),
      ...bullets('Written down, and not judged', (result?.observed ?? []).map(observedInWords)),
      ...otherLanguages(about),
      make('div', 'two', ...bullets('Follows from', test.spec), ...bullets('Needs', needs)),
      section('The same test with a client of another language', toType(command)),
    ];
  }

  Crosswire.explain = explain;
})();
