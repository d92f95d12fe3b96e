// @ts-check
// What came of tests, as people read it: words and signs, sums, where two texts differ, and the last results of other
// languages. The words are those of docs/results.md.

(() => {
  'use strict';

  const { format } = Crosswire;

  /** Every way a test can come out, the best first; `known` and `fixed` are a `fail` and a `pass` that were not expected. */
  const ALL = ['pass', 'fixed', 'known', 'fail', 'timeout', 'crash', 'harness_error', 'not_run', 'unsupported'];
  /** @type {Record<string, string>} */
  const SIGNS = {
    pass: '✓',
    fixed: '!',
    known: '~',
    fail: '✗',
    timeout: '◷',
    crash: '✗',
    harness_error: '✗',
    not_run: '○',
    unsupported: '–',
  };

  /** What a result is shown as: the verdict, unless a known failure makes it another thing.
   * @param {{ verdict: string, outcome: string }} result */
  const shown = ({ verdict, outcome }) => (outcome === 'known' || outcome === 'fixed' ? outcome : verdict);

  /** @param {string} verdict */
  const sign = (verdict) => SIGNS[verdict] ?? '·';

  /** @param {string} verdict */
  const words = (verdict) => verdict.replace('_', ' ');

  /** How many came out how; only what there is.
   * @param {Iterable<string>} verdicts @returns {[string, number][]} */
  function sums(verdicts) {
    const counts = new Map();
    for (const verdict of verdicts) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
    return ALL.filter((verdict) => counts.has(verdict)).map((verdict) => [verdict, counts.get(verdict)]);
  }

  /** Whether nobody need look at it: it was run, and passed as it should.
   * @param {{ verdict: string, outcome: string } | undefined} result */
  const isGreen = (result) => result !== undefined && shown(result) === 'pass';

  /** Why a list shows no tests.
   * @param {{ chosen: number, words: string, elsewhere: number }} list how many are chosen by words, and how many others have
   * the words in another profile */
  function whyEmpty({ chosen, words, elsewhere }) {
    if (chosen > 0) return 'All of these were run and are green.';
    const others = elsewhere === 0 ? '' : ` Under “All” there ${elsewhere === 1 ? 'is one' : `are ${elsewhere}`}.`;
    return `None of these tests has “${words.trim()}” in its title or its id.${others}`;
  }

  /** A run in a sentence. What could not be run is told, and never counted among what passed; what was found out of the server
   * stands before.
   * @param {[string, number][]} counts @param {number} seconds @param {string} [found] */
  function sentence(counts, seconds, found = '') {
    const of = (/** @type {string} */ name) => counts.find(([verdict]) => verdict === name)?.[1] ?? 0;
    const all = counts.reduce((sum, [, count]) => sum + count, 0);
    const run = all - of('unsupported') - of('not_run');
    const parts = [
      run === 0
        ? 'None of the tests could be run'
        : `${format.count(of('pass'))} of ${format.plural(run, 'test')} passed`,
    ];
    if (run > 0) parts[0] += ` in ${seconds < 9.95 ? seconds.toFixed(1) : seconds.toFixed(0)} s`;
    for (const [verdict, count] of counts) {
      if (verdict === 'pass') continue;
      const what = {
        fixed: 'passed though listed as failing',
        known: `failed as known of this browser`,
        fail: 'failed',
        unsupported: 'could not be run here',
        not_run: count === 1 ? 'was not run' : 'were not run',
      }[verdict];
      parts.push(`${format.count(count)} ${what ?? words(verdict)}`);
    }
    return `${found === '' ? '' : `${found} `}${parts.join('; ')}.`;
  }

  /** What stands before the first difference of two texts, what differs, and what stands behind the last.
   * @param {string} want @param {string} got
   * @returns {{ want: [string, string, string], got: [string, string, string] }} */
  function difference(want, got) {
    const [a, b] = [[...want], [...got]];
    const least = Math.min(a.length, b.length);
    let before = 0;
    while (before < least && a[before] === b[before]) before += 1;
    let after = 0;
    while (after < least - before && a[a.length - 1 - after] === b[b.length - 1 - after]) after += 1;
    /** @param {string[]} all @returns {[string, string, string]} */
    const cut = (all) => [
      all.slice(0, before).join(''),
      all.slice(before, all.length - after).join(''),
      all.slice(all.length - after).join(''),
    ];
    return { want: cut(a), got: cut(b) };
  }

  /** The parts of a step: its verb, its connection, the rest as it is written, and the steps inside it.
   * @param {Record<string, unknown>} step */
  function stepParts(step) {
    const { do: verb, on, ...rest } = step;
    const isInner = (/** @type {string} */ name, /** @type {unknown} */ value) =>
      (name === 'steps' || name === 'lists') && Array.isArray(value);
    const entries = Object.entries(rest);
    return {
      verb: String(verb),
      on: on === undefined ? '' : typeof on === 'string' ? on : JSON.stringify(on),
      rest: entries
        .filter(([name, value]) => !isInner(name, value))
        .map(([name, value]) => `${name} ${JSON.stringify(value)}`),
      inner: /** @type {[string, unknown[]][]} */ (entries.filter(([name, value]) => isInner(name, value))),
    };
  }

  /** The tests whose id or title has every word.
   * @template {{ id: string, title: string }} T
   * @param {T[]} tests @param {string} text */
  function withWords(tests, text) {
    const wanted = text.toLowerCase().split(/\s+/).filter(Boolean);
    return tests.filter(({ id, title }) => wanted.every((word) => `${id} ${title}`.toLowerCase().includes(word)));
  }

  /** What other languages made of the same tests against one server, by the test's id. Of several rounds the worst counts.
   * @param {Page.LastResults} last @param {string} server @returns {Map<string, Page.OtherVerdict[]>} */
  function others(last, server) {
    /** @type {Map<string, Page.OtherVerdict[]>} */
    const found = new Map();
    const weight = (/** @type {string} */ verdict) => ALL.indexOf(verdict);
    for (const [c, s, t, verdict, outcome] of last.results) {
      const [client, test] = [last.clients[c], last.tests[t]];
      if (client === undefined || test === undefined || last.servers[s]?.name !== server) continue;
      const all = found.get(test.id) ?? [];
      found.set(test.id, all);
      const one = { client: client.name, verdict: shown({ verdict, outcome }), rev: test.rev };
      const earlier = all.findIndex((other) => other.client === client.name);
      if (earlier < 0) all.push(one);
      else if (weight(one.verdict) > weight(all[earlier]?.verdict ?? 'pass')) all[earlier] = one;
    }
    return found;
  }

  /** The browser, as results name it.
   * @param {string} userAgent @param {{ brand: string, version: string }[]} [brands] @returns {{ name: string, runtime: string }} */
  function browser(userAgent, brands = []) {
    const known = ['Google Chrome', 'Microsoft Edge', 'Opera', 'Brave', 'Chromium'];
    const brand = known.map((name) => brands.find((it) => it.brand === name)).find((it) => it !== undefined);
    const name = (/** @type {string} */ text) =>
      text
        .toLowerCase()
        .replace(/^(google|microsoft) /, '')
        .replace(/[^a-z0-9]+/g, '-');
    if (brand !== undefined) return { name: name(brand.brand), runtime: `${brand.brand} ${brand.version}` };
    for (const [pattern, title] of /** @type {[RegExp, string][]} */ ([
      [/Firefox\/(\d+)/, 'Firefox'],
      [/Edg\/(\d+)/, 'Edge'],
      [/(?:Headless)?Chrome\/(\d+)/, 'Chromium'],
      [/Version\/(\d+)[\d.]* (?:Mobile\/\S+ )?Safari/, 'Safari'],
    ])) {
      const version = pattern.exec(userAgent)?.[1];
      if (version !== undefined) return { name: name(title), runtime: `${title} ${version}` };
    }
    return { name: 'browser', runtime: 'a browser that does not tell its name' };
  }

  /** A word as a shell takes it.
   * @param {string} word */
  const quoted = (word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

  /** What to type to try the same test with a client of another language.
   * @param {string} id @param {string} client @param {string} address */
  const tryCommand = (id, client, address) =>
    `crosswire try ${quoted(id)} --client ${quoted(client)}${address === '' ? '' : ` --server-url ${quoted(address)}`}`;

  Crosswire.verdicts = {
    ALL,
    shown,
    sign,
    words,
    sums,
    isGreen,
    whyEmpty,
    sentence,
    difference,
    stepParts,
    withWords,
    others,
    browser,
    tryCommand,
  };
})();
