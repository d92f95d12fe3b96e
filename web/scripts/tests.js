// @ts-check
// The tests of the list, run in this browser: what is chosen, the run as it goes, and what came of it.

(() => {
  'use strict';

  const { part, tell, make, announce, save, kept, home, format, verdicts, testServer, explain, orStopped, TestRows } =
    Crosswire;

  const view = part('tests', HTMLElement);
  const form = part('test-run', HTMLFormElement);
  const profiles = part('test-profiles', HTMLFieldSetElement);
  const words = part('test-words', HTMLInputElement);
  const start = part('test-start', HTMLButtonElement);
  const stop = part('test-stop', HTMLButtonElement);
  const address = part('test-address', HTMLInputElement);
  const problem = part('test-problem', HTMLElement);
  const serverLine = part('test-server-line', HTMLElement);
  const sumsLine = part('test-sums', HTMLElement);
  const current = part('test-current', HTMLElement);
  const onlyOpen = part('test-only-open', HTMLInputElement);
  const saveButton = part('test-save', HTMLButtonElement);
  const progress = part('test-progress', HTMLProgressElement);
  const summary = part('test-summary', HTMLElement);
  const can = part('test-can', HTMLFieldSetElement);
  const none = part('test-none', HTMLElement);
  const remarks = part('test-remarks', HTMLElement);
  const othersPlace = part('test-others', HTMLElement);
  const othersServer = part('test-others-server', HTMLSelectElement);
  const othersWhen = part('test-others-when', HTMLElement);

  /** A client of the repository that runs wherever crosswire does. */
  const ANY_CLIENT = 'rust-tokio-tungstenite';

  /** @type {Page.Test[]} */
  let tests = [];
  /** @type {Page.TestRun | null} */
  let run = null;
  /** The server of that run. */
  let runAt = '';
  /** Whether a run is on its way or going. */
  let isBusy = false;
  /** What was found out of that server, for the summary. */
  let found = '';
  /** Ends what is on its way to a run. */
  let stopping = new AbortController();
  /** The rounds of each test since the last run began. @type {Map<string, Page.TestResult[]>} */
  const rounds = new Map();
  /** @type {Page.LastResults | null} */
  let last = null;
  /** @type {Map<string, Page.OtherVerdict[]>} */
  let others = new Map();

  const rows = new TestRows(part('test-rows', HTMLElement), { explain: explained });

  const profile = () => String(new FormData(form).get('test-profile') ?? '');
  const chosen = () =>
    verdicts.withWords(
      tests.filter((test) => profile() === '' || test.profile === profile()),
      words.value,
    );
  const lastRound = (/** @type {string} */ id) => rounds.get(id)?.at(-1);

  /** @param {string} id */
  function explained(id) {
    const test = tests.find((one) => one.id === id);
    if (test === undefined) return [];
    const of = others.get(id) ?? [];
    const client = of[0]?.client ?? ANY_CLIENT;
    return explain({
      test,
      result: lastRound(id),
      rounds: rounds.get(id) ?? [],
      others: of,
      command: verdicts.tryCommand(id, client, address.value),
      isBusy,
      again: () => void runAgain(id),
    });
  }

  // What is shown.

  function nameTheButton() {
    const count = chosen().length;
    const all = tests.filter((test) => profile() === '' || test.profile === profile()).length;
    const isNine = profile() === 'core' && count === all;
    const named = count === 0 && tests.length > 0 ? 'Nothing to run' : `Run ${format.plural(count, 'test')}`;
    start.textContent = isNine ? 'Run the nine tests' : named;
    start.disabled = isBusy || count === 0;
    stop.disabled = !isBusy;
  }

  const clients = () => last?.clients.map(({ name }) => name) ?? [];

  function showRows() {
    const names = clients();
    rows.show(chosen(), names);
    for (const { id } of chosen()) {
      rows.tell(id, lastRound(id), rounds.get(id) ?? []);
      const of = others.get(id) ?? [];
      if (names.length > 0)
        rows.tellOthers(
          id,
          names.map((name) => of.find(({ client }) => client === name)),
        );
    }
    showOpen();
    nameTheButton();
  }

  function showOpen() {
    const isShown = (/** @type {string} */ id) => !onlyOpen.checked || !verdicts.isGreen(lastRound(id));
    rows.filter(isShown);
    const all = chosen();
    const isEmpty = tests.length > 0 && !all.some(({ id }) => isShown(id));
    const elsewhere = verdicts.withWords(tests, words.value).length;
    tell(none, isEmpty ? verdicts.whyEmpty({ chosen: all.length, words: words.value, elsewhere }) : '');
  }

  const shownNow = () => [...rounds.values()].flatMap((all) => all.slice(-1)).map(verdicts.shown);

  function showSums() {
    const badges = verdicts
      .sums(shownNow())
      .map(([verdict, count]) =>
        make('span', `badge ${verdict}`, `${verdicts.sign(verdict)} ${format.count(count)} ${verdicts.words(verdict)}`),
      );
    sumsLine.replaceChildren(...badges);
  }

  function showOthers() {
    const server = last?.servers.find(({ name }) => name === othersServer.value);
    others = last === null || server === undefined ? new Map() : verdicts.others(last, server.name);
    othersPlace.hidden = last === null;
    if (last !== null) {
      const when = `run ${new Date(last.started).toLocaleString()}${last.revision === null ? '' : `, revision ${last.revision}`}`;
      othersWhen.textContent = `${when}${last.complete ? '' : '; the run did not come to its end'}`;
    }
    showRows();
  }

  /** What came of one server does not stand beside the address of another. */
  function forget() {
    run = null;
    rounds.clear();
    for (const { id } of tests) rows.tell(id, undefined, []);
    serverLine.textContent = '';
    remarks.replaceChildren();
    remarks.hidden = true;
    progress.value = 0;
    showOpen();
    showSums();
  }

  /** Loads the list. @param {AbortSignal} stop */
  async function list(stop) {
    tests = (await orStopped(testServer.load(), stop)).catalogue().tests;
    offerNames();
    showRows();
  }

  /** What tests need: the list, and what the server says.
   * @param {AbortSignal} stop @returns {Promise<Page.TestServer>} */
  async function prepare(stop) {
    const understood = Crosswire.address.understand(address.value);
    if ('problem' in understood) throw new Error(understood.problem);
    address.value = understood.address;
    if (tests.length === 0) await list(stop);
    const server = await orStopped(testServer.find(understood.address, told()), stop);
    found = server.found;
    serverLine.textContent = `against ${server.title} at ${understood.address}`;
    remarks.replaceChildren(...server.remarks.map((remark) => make('li', '', remark)));
    if (server.mayEcho) remarks.append(offer());
    remarks.hidden = remarks.childElementCount === 0;
    return server;
  }

  /** What the server should be able to do, as whoever runs the tests says. */
  const told = () => new FormData(form).getAll('test-can').map(String);

  /** To hold the server to its echoes, whatever it showed. */
  function offer() {
    const button = make('button', 'small', 'Tick “echo” and run again');
    button.type = 'button';
    button.addEventListener('click', () => {
      if (isBusy) return;
      for (const box of can.querySelectorAll('input')) if (box.value === 'echo') box.checked = true;
      part('test-options', HTMLDetailsElement).open = true;
      // The button goes away with the remark.
      start.focus();
      void runTests(chosen().map(({ id }) => id));
    });
    return make('li', '', 'If it should echo, let the tests say what is wrong with it: ', button);
  }

  /** The list is there: what a server can be told to be able to do is among it. */
  function offerNames() {
    const names = testServer.canBeTold(tests).map((name) => {
      const box = make('input', '');
      Object.assign(box, { type: 'checkbox', name: 'test-can', value: name });
      return make('label', '', box, ` ${name}`);
    });
    part('test-can-names', HTMLElement).replaceChildren(...names);
    can.hidden = false;
  }

  /** @param {Page.TestServer} server */
  async function loadOthers(server) {
    if (!server.hasResults) return;
    try {
      last = await testServer.lastResults(address.value);
    } catch (error) {
      remarks.append(
        make('li', '', `The last results of other languages cannot be shown: ${/** @type {Error} */ (error).message}`),
      );
      remarks.hidden = false;
      return;
    }
    const names = last.servers.map(({ name }) => name);
    othersServer.replaceChildren(...names.map((name) => make('option', '', name)));
    othersServer.value = names.includes(server.target.name) ? server.target.name : (names[0] ?? '');
    showOthers();
  }

  // Running.

  /** @param {Page.TestResult} result */
  function take(result) {
    const all = rounds.get(result.test) ?? [];
    rounds.set(result.test, [...all, result]);
    progress.value += 1;
    rows.tell(result.test, result, rounds.get(result.test) ?? []);
    showSums();
    if (onlyOpen.checked) showOpen();
  }

  /** @param {string} id */
  function began(id) {
    rows.tell(id, 'running', []);
    current.textContent = id;
  }

  /** Waits for a run, and says what came of it. @param {Promise<void>} finished @param {() => string} conclusion */
  async function watch(finished, conclusion) {
    const began = performance.now();
    const ticking = setInterval(() => {
      summary.textContent = `${format.count(progress.value)} of ${format.plural(progress.max, 'test')}, ${((performance.now() - began) / 1000).toFixed(0)} s`;
    }, 500);
    // Told to a screen reader at its end, and not twice a second.
    summary.setAttribute('aria-live', 'off');
    try {
      await finished;
      return conclusion();
    } catch (error) {
      return `The run broke off: ${error instanceof Error ? error.message : error}`;
    } finally {
      clearInterval(ticking);
      summary.removeAttribute('aria-live');
      setBusy(false);
    }
  }

  /** @param {boolean} busy */
  function setBusy(busy) {
    isBusy = busy;
    view.setAttribute('aria-busy', String(busy));
    current.textContent = '';
    // The focus of whoever has pressed a button that can now not be pressed goes to the other.
    const focused = document.activeElement;
    stop.disabled = !busy;
    if (busy && focused === start) stop.focus();
    start.disabled = busy;
    if (!busy && focused === stop) start.focus();
    saveButton.disabled = busy || run === null;
    nameTheButton();
    for (const button of view.querySelectorAll('button[data-again]'))
      button.setAttribute('aria-disabled', String(busy));
  }

  /** Begins a run, or says why there is none. @param {string[]} ids */
  async function begin(ids) {
    const { signal } = stopping;
    try {
      const server = await prepare(signal);
      const api = await orStopped(testServer.load(), signal);
      kept.write('tests.server', address.value);
      progress.max = ids.length;
      const options = {
        browser: {
          ...verdicts.browser(navigator.userAgent, navigator.userAgentData?.brands),
          system: navigator.platform,
        },
        timeScale: part('test-scale', HTMLInputElement).valueAsNumber,
        concurrent: part('test-concurrent', HTMLInputElement).valueAsNumber,
        onBegin: began,
      };
      runAt = address.value;
      return api.run(ids, server.target, options, take);
    } catch (error) {
      setBusy(false);
      summary.textContent = signal.aborted ? 'Stopped before any test was run.' : '';
      if (!signal.aborted) tell(problem, error instanceof Error ? error.message : String(error));
      return null;
    }
  }

  /** Runs tests from the beginning. @param {string[]} ids */
  async function runTests(ids) {
    if (isBusy || ids.length === 0 || !form.reportValidity()) return;
    stopping = new AbortController();
    setBusy(true);
    tell(problem, '');
    forget();
    summary.textContent = 'Asking the server what it can do…';
    const begun = await begin(ids);
    if (begun === null) return;
    run = begun;
    const startedAt = performance.now();
    summary.textContent = await watch(run.finished, () =>
      verdicts.sentence(verdicts.sums(shownNow()), (performance.now() - startedAt) / 1000, found),
    );
  }

  /** One test once more, or for the first time. @param {string} id */
  async function runAgain(id) {
    if (isBusy) return;
    // What another server made of the other tests is no part of the same results.
    if (run === null || address.value !== runAt) return runTests([id]);
    setBusy(true);
    Object.assign(progress, { max: 1, value: 0 });
    const told = await watch(run.again([id]), () => {
      const result = lastRound(id);
      const title = tests.find((test) => test.id === id)?.title ?? id;
      return result === undefined ? '' : `Run again: ${verdicts.words(verdicts.shown(result))}, “${title}”.`;
    });
    summary.textContent = told;
    announce(told);
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void runTests(chosen().map(({ id }) => id));
  });
  stop.addEventListener('click', () => {
    stopping.abort();
    run?.cancel();
  });
  profiles.addEventListener('change', showRows);
  words.addEventListener('input', showRows);
  onlyOpen.addEventListener('change', showOpen);
  othersServer.addEventListener('change', showOthers);
  saveButton.addEventListener('click', () => {
    if (run !== null) save('results.ndjson', [run.ndjson()], 'application/x-ndjson');
  });
  view.addEventListener('keydown', (event) => {
    const typing =
      event.target instanceof HTMLInputElement && event.target.type !== 'checkbox' && event.target.type !== 'radio';
    if (event.key !== '/' || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    words.focus();
  });

  // The list is loaded when somebody looks at it: the page is there faster without.

  let isLoaded = false;
  async function open() {
    if (isLoaded) return;
    isLoaded = true;
    summary.textContent = 'Loading the list of tests…';
    try {
      await list(stopping.signal);
      summary.textContent = 'Nothing has been run yet. Open a test to see what it does.';
    } catch (error) {
      isLoaded = false;
      summary.textContent = '';
      return tell(problem, error instanceof Error ? error.message : String(error));
    }
    if (home.server === '') return;
    await prepare(stopping.signal)
      .then(loadOthers)
      .catch((error) => tell(problem, error instanceof Error ? error.message : String(error)));
  }

  address.value = home.server === '' ? (kept.read('tests.server') ?? '') : `${home.server}/ws`;
  if (address.value === '') part('test-options', HTMLDetailsElement).open = true;
  document.addEventListener('crosswire:view', (event) => {
    if (event instanceof CustomEvent && event.detail === 'tests') void open();
  });
})();
