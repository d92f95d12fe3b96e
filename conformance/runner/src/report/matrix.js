
"use strict";
// One page, a few views; what is shown is told by the address's hash, so that a view can be sent to somebody else.

const data = JSON.parse(document.getElementById("data").textContent);
const { run, clients, servers, tests, verdicts, outcomes, difference } = data;
const signs = { pass: "✓", fail: "✗", timeout: "◷", crash: "✗", harness_error: "✗", unsupported: "–", not_run: "○", missing: "?", known: "~", fixed: "!" };
const failing = new Set(["fail", "timeout", "crash", "harness_error"]);
const weights = ["pass", "unsupported", "not_run", "fail", "timeout", "crash", "harness_error"];
const outcomeWeights = ["ok", "known", "fixed", "regression"];
const tell = (name) => name.replace("_", " ");
const number = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, "\u202f");
const spaced = (text) => text.replaceAll(/(\d) (?=\d)/g, "$1\u202f");
const counted = (n, noun) => `${number(n)} ${noun}${n === 1 ? "" : "s"}`;

// ---- What was read, folded: a row is every round of one test of one pair, and stands for its worst.

const pairs = clients.map((_, c) => servers.map((_, s) => tests.map((_, t) => ({ c, s, t, rounds: [], shown: "missing", outcome: "missing" }))));
for (const [c, s, t, attempt, verdict, outcome, ms, more = {}] of data.results) {
  pairs[c][s][t].rounds.push({ attempt, verdict: verdicts[verdict], outcome: outcomes[outcome], ms, ...more });
}
const weight = (round) => outcomeWeights.indexOf(round.outcome) * 10 + weights.indexOf(round.verdict);
for (const row of pairs.flat(2)) {
  row.rounds.sort((a, b) => a.attempt - b.attempt);
  row.worst = row.rounds.reduce((worst, round) => (worst && weight(worst) >= weight(round) ? worst : round), undefined);
  if (!row.worst) continue;
  row.verdict = row.worst.verdict;
  row.outcome = row.worst.outcome;
  row.shown = row.outcome === "known" || row.outcome === "fixed" ? row.outcome : row.verdict;
}
// Heavy tests: every client has them with one server, and every server with one client. Who is spared one has no row.
for (const row of run.heavy ? pairs.flat(2) : []) {
  const isSpared = clients[row.c].name !== run.heavy.client && servers[row.s].name !== run.heavy.server && run.heavy.tests.includes(tests[row.t].id);
  if (!row.worst && isSpared) row.shown = row.outcome = "spared";
}
const sparing = "This pair is spared the test, because it is a heavy one: --every-pair runs it.";
const planned = (rows) => rows.filter((row) => row.shown !== "spared");
const moved = new Map((difference?.moved ?? []).map((one) => [JSON.stringify([one.client, one.server, one.test]), one]));
const movedOf = (row) => moved.get(JSON.stringify([clients[row.c].name, servers[row.s].name, tests[row.t].id]));
const titleOf = (test) => test.told?.title ?? test.id;
const isOpen = (row) => !["pass", "unsupported", "missing", "spared"].includes(row.shown);
const isSurprise = (row) => row.outcome === "regression" || row.outcome === "fixed";
const isApplicable = (row) => tests[row.t].told?.level === "must" && row.verdict !== "unsupported";

const order = ["pass", "fixed", "known", "fail", "timeout", "crash", "harness_error", "not_run", "missing", "unsupported"];
function sums(rows) {
  const sums = { must: 0, applicable: 0, outcomes: {} };
  for (const row of planned(rows)) {
    sums[row.shown] = (sums[row.shown] ?? 0) + 1;
    sums.outcomes[row.outcome] = (sums.outcomes[row.outcome] ?? 0) + 1;
    if (isApplicable(row)) { sums.applicable += 1; sums.must += row.verdict === "pass" ? 1 : 0; }
  }
  return sums;
}
function signOf({ outcomes: has, ...sums }) {
  if (has.regression) return ["regression", "✗", "not as expected"];
  if (has.missing) return ["missing", "?", "results are missing"];
  if (has.fixed) return ["fixed", "!", "passes though listed as failing"];
  if (has.known) return ["known", "~", "fails as known"];
  return sums.pass ? ["ok", "✓", "as expected"] : ["nothing", "–", "nothing passed, nothing failed"];
}

// ---- Elements. Text only ever becomes text.

function h(what, attributes, ...children) {
  const [tag, ...classes] = what.split(".");
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(" ");
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(9).filter((child) => child !== undefined && child !== null && child !== false && child !== ""));
  return element;
}
const to = (state) => "#" + new URLSearchParams(Object.entries(state).filter(([, value]) => value)).toString();
const verdict = (shown, words = tell(shown)) => h(`span.verdict.${shown}`, null, h("b", { "aria-hidden": "true" }, signs[shown]), words);
const toPair = (c, s, more = {}) => to({ view: "pair", client: clients[c].name, server: servers[s].name, ...more });
const toResult = (row) => to({ view: "result", client: clients[row.c].name, server: servers[row.s].name, test: tests[row.t].id });
const toTest = (t) => to({ view: "test", test: tests[t].id });
const inWords = (sums) => order.filter((shown) => sums[shown]).map((shown) => `${number(sums[shown])} ${tell(shown)}`).join(", ");
const milliseconds = (ms) => (ms < 1000 ? `${ms.toFixed(ms < 10 ? 1 : 0)} ms` : `${(ms / 1000).toFixed(1)} s`);

function bar(sums) {
  const bar = h("span.bar", { "aria-hidden": "true" });
  for (const shown of order.filter((shown) => sums[shown])) {
    const part = h(`i.${shown}`);
    part.style.flexGrow = sums[shown];
    bar.append(part);
  }
  return bar;
}

// ---- The head.

function head() {
  const all = {};
  for (const [, , , , verdict] of data.results) all[verdicts[verdict]] = (all[verdicts[verdict]] ?? 0) + 1;
  const facts = {
    started: h("time", { datetime: run.started }, run.started.replace("T", " ").replace("Z", " UTC")), revision: run.revision, system: run.system, crosswire: run.crosswire,
    took: run.ms !== null && milliseconds(run.ms), waits: run.time_scale !== 1 && `stretched ×${run.time_scale}`, command: run.command && h("code", null, run.command),
  };
  const known = data.results.filter((result) => outcomes[result[5]] === "known").length;
  document.title = "crosswire";
  document.getElementById("run").replaceChildren(...[
    h("div.top", null, h("h1", null, "crosswire"), h("nav", { "aria-label": "Views" }, h("ul", null,
      [["matrix", "Matrix"], ["tests", "Tests"], data.observations.length > 0 && ["differences", "Differences"], difference && ["changes", "Changes"]].filter(Boolean).map(([view, name]) =>
        h("li", null, h("a", { href: to({ view }), "data-view": view }, name)))))),
    h("p.sentence", null, h(`b.${run.sign.kind}`, null, run.sign.mark), " ", spaced(run.unexpected)),
    h("p", null, spaced(run.accounted), known > 0 && `, ${counted(known, "failure")} known`, difference && [". ", h("a", { href: to({ view: "changes" }) }, "Compared with an earlier run")]),
    ...run.frozen.map((line) => h("p.kept", null, line)), ...run.asked.map((line) => h("p", null, line)),
    run.incomplete && h("p.warning", { role: "alert" }, h("b", null, "Incomplete. "), run.incomplete),
    run.faults.map(({ client, server, message }) => h("p.warning", null, `Beside the tests, the ${client ? "driver of" : "server"} `, h("b", null, client ?? server), ": ", message)),
    h("ul.sums", { "aria-label": "Results by verdict" }, verdicts.filter((name) => all[name]).map((name) => h("li", null, verdict(name, `${number(all[name])} ${tell(name)}`)))),
    h("dl.facts", null, Object.entries(facts).filter(([, fact]) => fact).map(([name, fact]) => h("div", null, h("dt", null, name), h("dd", null, fact)))),
  ].flat().filter(Boolean));
}

// ---- Views.

/** Lines may break behind a dot or a slash of a library's name, and nowhere within a word. */
const breakable = (name) => (name ?? "").split(/(?<=[./])(?=\p{L})/u).flatMap((part, i) => (i ? [h("wbr"), part] : [part]));

/** Who could not be run, and who was left out. */
const absent = () => [
  ...[...clients, ...servers].filter(({ told }) => told?.missing).map(({ name, told }) => h("p.warning", null, h("b", null, name), " was not run: ", told.missing)),
  ...data.skipped.map(({ role, name, why }) => h("p.warning", null, `Skipped ${role} `, h("b", null, name), ": ", why)),
];

/** What the signs mean, and the parts of the bars. */
function key(cells, seen) {
  const parts = order.filter((shown) => cells.some((all) => all[shown]));
  const puzzles = cells.some((all) => all.applicable > 0 && all.must === all.applicable && ["known", "regression"].includes(signOf(all)[0]));
  return h("div.key.quiet", null,
    h("p", null, "Each cell: tests of level “must”, passed/applicable. ", [...seen].map(([sign, meaning]) => `${sign} ${meaning}`).join(", "), ".",
      puzzles && " The sign counts “should” and “may” too: beside numbers that are equal, one of these is what fails."),
    h("p.legend", null, "Bar: ", parts.map((shown) => h("span", null, bar({ [shown]: 1 }), tell(shown))),
      parts.includes("unsupported") && h("span", null, "the number below it: unsupported, counted apart")));
}

function matrixView({ given } = {}) {
  if (clients.length === 1 && servers.length === 1) return [...pairView({ c: 0, s: 0, given: { view: "matrix", ...given }, isAlone: true }), ...absent()];
  const seen = new Map(), cells = [];
  const table = h("table.matrix", null,
    h("caption.quiet", { hidden: true }, "Clients down, servers across"),
    h("thead", null, h("tr", null, h("th", null, h("small", null, "client\u00a0↓ server\u00a0→")), servers.map(({ name, told }) =>
      h("th", { scope: "col" }, name, h("small", null, told?.missing ? "was not run" : told?.version))))),
    h("tbody", null, clients.map(({ name, told }, c) => h("tr", null,
      h("th", { scope: "row" }, name, h("small", null, told?.missing ? "was not run" : breakable(told?.library))),
      servers.map((server, s) => {
        const all = sums(pairs[c][s]);
        const [kind, sign, meaning] = signOf(all);
        seen.set(sign, meaning);
        cells.push(all);
        const label = `${name} against ${server.name}: ${meaning}; must ${all.must} of ${all.applicable} passed; ${inWords(all)}`;
        return h(`td.${kind}`, null, h("a", { href: toPair(c, s), "aria-label": label, title: inWords(all) },
          h("b", null, sign), `${all.must}/${all.applicable}`, bar(all), all.unsupported && h("small", null, h("i.hatched"), number(all.unsupported))));
      })))));
  const open = tests.map((_, t) => pairs.flat().map((rows) => rows[t])).filter((rows) => rows.some(isOpen))
    .sort((a, b) => b.filter(isSurprise).length - a.filter(isSurprise).length || b.filter(isOpen).length - a.filter(isOpen).length);
  return [
    heading("Matrix", true), h("div.wide", { tabindex: "0", role: "region", "aria-label": "Matrix" }, table),
    key(cells, seen),
    run.heavy && h("p.key.quiet", null, run.spared),
    absent(),
    open.length > 0 && [h("h3", null, `${counted(open.length, "test")} of ${number(tests.length)} with something to look at`), across(open.slice(0, 25)),
      open.length > 25 && h("p.key", null, h("a", { href: to({ view: "tests", show: "open" }) }, `All ${number(open.length)}`))],
  ];
}

/** Tests, each with how it went for all pairs. */
function across(list) {
  return h("ul.rows.across", null, list.map((rows) => {
    const all = sums(rows), t = rows[0].t, open = rows.filter(isOpen).length;
    const hint = rows.find((row) => row.worst?.blame)?.worst.blame.because;
    const ran = rows.filter((row) => !["unsupported", "missing", "spared"].includes(row.shown)).length;
    return h("li", null, h("a", { href: toTest(t), title: inWords(all) }, bar(all), h("span.mono", null, tests[t].id), h("span.title", null, titleOf(tests[t])),
      h("span.number", null, open ? `${number(open)} of ${number(ran)} ${ran === 1 ? "pair" : "pairs"}` : ran ? "passes" : all.missing ? "no result" : "unsupported"), open > 0 && hint && h("span.told.quiet", null, hint)));
  }));
}

function testsView(state) {
  const all = tests.map((_, t) => pairs.flat().map((rows) => rows[t]));
  return [heading("Tests"), filtered(state, "all", (show, has) => {
    const list = all.filter((rows) => rows.length && (show === "all" || rows.some(isOpen)) && has(tests[rows[0].t]));
    return [counted(list.length, "test"), byProfile(list, (rows) => tests[rows[0].t].profile, across)];
  })];
}

function byProfile(list, profileOf, show) {
  const groups = new Map();
  for (const item of list) groups.set(profileOf(item), [...(groups.get(profileOf(item)) ?? []), item]);
  return [...groups].map(([profile, items]) => h("section", null, h("h3", null, `${profile || "no profile"}, ${number(items.length)}`), show(items)));
}

/** All / not passed / text, above a list; what is chosen goes into the hash without a step of history. */
function filtered(state, unless, listOf) {
  const chosen = { show: state.show ?? unless, text: state.text ?? "" };
  const count = h("small", { role: "status" }), list = h("div");
  const draw = () => {
    const words = chosen.text.toLowerCase().split(/\s+/).filter(Boolean);
    const has = (test) => words.every((word) => `${test.id} ${titleOf(test)}`.toLowerCase().includes(word));
    const [sum, items] = listOf(chosen.show, has);
    count.textContent = sum;
    list.replaceChildren(...[items].flat(9));
  };
  const change = () => {
    history.replaceState(null, "", to({ ...state, ...chosen }));
    draw();
  };
  const radio = (value, name) => h("label", null, h("input", { type: "radio", name: "show", value, checked: chosen.show === value,
    onchange: () => { chosen.show = value; change(); } }), h("span", null, name));
  draw();
  return [h("form.filter", { role: "search", onsubmit: (event) => event.preventDefault() },
    h("fieldset", { "aria-label": "Which tests" }, radio("all", "All"), radio("open", "Not passed")),
    h("input", { type: "search", placeholder: "Search  /", "aria-label": "Search tests", value: chosen.text, oninput: (event) => { chosen.text = event.target.value; change(); } }), count), list];
}

function pairView(state) {
  const { c, s } = state;
  const rows = planned(pairs[c][s]), all = sums(rows), client = clients[c].told, server = servers[s].told;
  const lacking = new Map();
  for (const { worst } of rows.filter((row) => row.shown === "unsupported")) {
    const what = worst.reason?.want ?? worst.reason?.message ?? "no reason told";
    lacking.set(what, (lacking.get(what) ?? 0) + 1);
  }
  return [
    !state.isAlone && crumbs(), heading(`${clients[c].name} against ${servers[s].name}`),
    h("p.under.quiet", null, [client?.library, client?.runtime, server && `server ${server.version}${server.probed ? ", found out by trying" : ""}`].filter(Boolean).join(" · ")),
    h("p.under", null, h("span", null, `must ${all.must}/${all.applicable}`), order.filter((shown) => all[shown]).map((shown) => verdict(shown, `${number(all[shown])} ${tell(shown)}`))),
    lacking.size > 0 && h("p.under.quiet", null, `Unsupported for want of ${[...lacking].map(([what, n]) => `${what} (${n})`).join(", ")}`),
    !state.isAlone && [client, server].filter((it) => it?.missing).map((it) => h("p.warning", null, it.missing)),
    filtered(state.given, rows.some(isOpen) ? "open" : "all", (show, has) => {
      const list = rows.filter((row) => (show === "all" || row.shown !== "pass") && has(tests[row.t]));
      // Whoever asks for what did not pass looks for what nobody expected, then for what is known, then for what was left out.
      const rank = (row) => (isSurprise(row) ? 0 : row.shown === "unsupported" ? 2 : 1);
      if (show === "open") list.sort((a, b) => rank(a) - rank(b));
      return [`${number(list.length)} of ${counted(rows.length, "test")}`, byProfile(list, (row) => tests[row.t].profile, ofPair)];
    }),
  ];
}

function ofPair(rows) {
  return h("ul.rows", null, rows.map((row) => {
    const change = movedOf(row);
    return h("li", null, h("a", { href: toResult(row) }, verdict(row.shown), h("span.mono", null, tests[row.t].id),
      h("span.title", null, titleOf(tests[row.t]), tests[row.t].told?.level !== "must" && h("span.tag", null, tests[row.t].told?.level ?? ""), change && h("span.tag", null, wayOf(change))),
      h("span.number", null, row.worst && !["unsupported", "not_run"].includes(row.verdict) ? milliseconds(row.worst.ms) : ""),
      row.shown !== "pass" && row.worst?.reason && h("span.told.quiet", null, row.worst.reason.message)));
  }));
}

function resultView(state) {
  const { c, s, t } = state;
  const row = pairs[c][s][t], test = tests[t], worst = row.worst, reason = worst?.reason, told = test.told;
  const list = planned(pairs[c][s]).filter((other) => other.shown !== "pass" || other === row), here = list.indexOf(row);
  const change = movedOf(row);
  const pair = `${clients[c].option} ${servers[s].option}`;
  const rerun = `crosswire run ${pair} --test ${test.word}${data.options}`;
  const follow = `crosswire try ${test.word} ${pair}${data.options}`;
  return [
    crumbs({ href: toPair(c, s), name: `${clients[c].name} against ${servers[s].name}` }, [list[here - 1], list[here + 1]]),
    heading(titleOf(test)),
    h("p.under", null, verdict(row.shown), h("span.mono", null, test.id), h("span.quiet", null, told?.level), worst && h("span.quiet", null, milliseconds(worst.ms)),
      h("a", { href: toTest(t) }, "across all pairs"), change && h("span", null, `${wayOf(change)}: ${tell(change.from)} → ${tell(change.to)}, ${causesOf(change)}`)),
    row.rounds.length > 1 && h("p.under.quiet", null, `Rounds: ${row.rounds.map((round) => tell(round.verdict)).join(", ")}. Shown is the worst.`),
    !worst && h("p.warning", null, row.shown === "spared" ? sparing : "There is no result: the run is incomplete."),
    (reason || worst?.known) && h(`div.reason.${row.shown}`, null, reason && [
      h("p.message", null, reason.message),
      h("p.quiet", null, [reason.code, reason.on && `connection ${reason.on}`, reason.round && `round ${reason.round}`, reason.at && `at ${reason.at}`].filter(Boolean).join(" · "))],
      worst.known && h("p", null, "Known: ", worst.known.reason, " ", address(worst.known.link)), worst.blame && h("p", null, "Where to look: ", worst.blame.because)),
    reason && (reason.want !== undefined || reason.got !== undefined) && h("div.two", null, wantAndGot(reason)),
    h("div.two", null,
      told && h("section", null, h("h3", null, "Steps"), steps(told.steps, "", reason?.step)),
      told && h("section", null, h("h3", null, "Why"), h("p.prose", null, told.why), h("h3", null, "Follows from"), h("ul", null, told.spec.map((spec) => h("li", null, spec))))),
    h("h3", null, "Run it again"), command(rerun), h("h3", null, "See every frame of it"), command(follow),
    (worst?.transcript || worst?.seen) && h("div.two", null,
      worst.transcript && h("section", null, h("h3", null, "What was said"), sequence(worst.transcript, row, reason)),
      worst.seen && h("section", null, h("h3", null, "What the server saw"), Object.entries(worst.seen).map(([on, seen]) =>
        h("figure", null, h("figcaption.quiet", null, `connection ${on}`), h("pre.box", { tabindex: "0" }, JSON.stringify(seen, null, 2)))))),
    worst?.notes && [h("h3", null, "Noticed"), h("ul", null, worst.notes.map((note) => h("li", null, note)))],
    worst?.stderr && [h("h3", null, "Standard error of the driver"), h("pre.box", { tabindex: "0" }, worst.stderr)],
    clients.length * servers.length > 1 && [h("h3", null, "The same test elsewhere"), ofOneTest(t, row)],
  ];
}

function testView({ t }) {
  const test = tests[t], told = test.told, rows = pairs.flat().map((all) => all[t]), reasons = new Map();
  for (const row of rows.filter((row) => row.worst?.reason)) {
    const key = `${tell(row.shown)}: ${row.worst.reason.message}`;
    reasons.set(key, [...(reasons.get(key) ?? []), row]);
  }
  const hints = [...new Set(rows.map((row) => row.worst?.blame?.because).filter(Boolean))];
  return [
    crumbs({ href: to({ view: "tests" }), name: "Tests" }, [tests[t - 1] && { t: t - 1 }, tests[t + 1] && { t: t + 1 }], (other) => toTest(other.t)), heading(titleOf(test)),
    h("p.under", null, h("span.mono", null, test.id), h("span.quiet", null, told?.level), h("span.quiet", null, inWords(sums(rows)))),
    h("h3", null, "Across all pairs"), ofOneTest(t),
    hints.length > 0 && [h("h3", null, "Where to look"), h("ul", null, hints.map((hint) => h("li", null, hint)))],
    reasons.size > 0 && [h("h3", null, "What was found"), h("ul", null, [...reasons].map(([key, of]) =>
      h("li", null, key, h("small", null, " ", counted(of.length, "pair"), ", such as "), h("a", { href: toResult(of[0]) }, `${clients[of[0].c].name} against ${servers[of[0].s].name}`))))],
    told && h("div.two", null, h("section", null, h("h3", null, "Steps"), steps(told.steps, "")),
      h("section", null, h("h3", null, "Why"), h("p.prose", null, told.why), h("h3", null, "Follows from"), h("ul", null, told.spec.map((spec) => h("li", null, spec))), h("h3", null, "Revision"), h("code", null, told.rev))),
  ];
}

function ofOneTest(t, here) {
  return h("div.wide", { tabindex: "0", role: "region", "aria-label": "One test across all pairs" }, h("table.matrix.of-one", null,
    h("thead", null, h("tr", null, h("td"), servers.map(({ name }) => h("th", { scope: "col" }, name)))),
    h("tbody", null, clients.map(({ name }, c) => h("tr", null, h("th", { scope: "row" }, name), servers.map((_, s) => {
      const row = pairs[c][s][t];
      return h("td", null, row.shown === "spared" ? h("span.quiet", { title: sparing }, "·") : h(row === here ? "a.here" : "a", { href: toResult(row), "aria-current": row === here && "true" }, verdict(row.shown)));
    }))))));
}

/** What libraries rightly do differently: questions down, clients or servers across; a question that all answer alike is folded. */
function differencesView() {
  const said = (cell) => [cell.value, cell.but.map(([value, others]) => h("small", null, `${value} with ${others.join(", ")}`))];
  const groups = (questions) => questions.reduce((all, one) => (all.at(-1)?.[0].test === one.test ? all.at(-1).push(one) : all.push([one]), all), []);
  return [heading("Differences"), h("p.under.quiet", null, "What tests observed and did not judge. An answer that most do not give is marked."),
    data.observations.length === 0 && h("p", null, "No test of this run has observed anything."),
    data.observations.map(({ about, columns, questions }) => {
      const differ = questions.filter((one) => !one.is_alike), alike = questions.filter((one) => one.is_alike);
      return [h("h3", null, `${about === "server" ? "Servers" : "Clients"}: ${number(differ.length)} of ${counted(questions.length, "question")} answered differently`),
        h("div.wide", { tabindex: "0", role: "region", "aria-label": `Differences of ${about}s` }, h("table.differences", null,
          h("thead", null, h("tr", null, h("td"), columns.map((name) => h("th", { scope: "col" }, name)))),
          groups(differ).map((group) => h("tbody", null,
            h("tr.group", null, h("th", { scope: "rowgroup", colspan: columns.length + 1 }, h("a", { href: toTest(tests.findIndex(({ id }) => id === group[0].test)) }, group[0].title))),
            group.map((one) => h("tr", null, h("th", { scope: "row" }, one.as),
              one.cells.map((cell) => (cell ? h(cell.differs || cell.but.length ? "td.differs" : "td", null, said(cell)) : h("td.quiet", { title: "unsupported, or not run" }, "–"))))))))),
        alike.length > 0 && h("details", null, h("summary", null, `${counted(alike.length, "question")} that all answer alike`),
          h("ul", null, alike.map((one) => h("li", null, `${one.title}, ${one.as}: ${one.cells.find(Boolean)?.value ?? ""}`))))];
    })];
}

const wayOf = (one) => (one.way === "other" ? "changed" : one.way);
const causesOf = (one) => (one.beside.length ? one.beside.map((cause) => `${cause} changed`).join(", ") : "test, client and server say they are the same");

function changesView() {
  if (!difference) return [heading("Changes"), h("p", null, "There is no earlier run to compare with: crosswire report RESULTS --against OLD.")];
  const kinds = [["regressed", "Regressed"], ["lost", "Lost: passed, and is unsupported now or was not run"], ["fixed", "Fixed"], ["other", "Otherwise changed"]];
  const roster = (kind, { new: added, removed, changed }) => [
    added.length > 0 && [h("h3", null, `New ${kind}s, ${number(added.length)}`), h("ul.mono", null, added.map((name) => h("li", null, name)))],
    removed.length > 0 && [h("h3", null, `Removed ${kind}s, ${number(removed.length)}`), h("ul.mono", null, removed.map((name) => h("li", null, name)))],
    changed.length > 0 && [h("h3", null, `Changed ${kind}s, ${number(changed.length)}`), h("ul", null, changed.map((one) => h("li", null, h("span.mono", null, one.name), h("small", null, ` ${one.from} → ${one.to}`))))],
  ];
  return [
    heading(`Since ${difference.since}`), h("p.under.quiet", null, `${difference.since_revision} · ${number(difference.unchanged)} came out as before` +
      (difference.unchanged_in_changed_tests ? `, ${number(difference.unchanged_in_changed_tests)} of them in tests that changed` : "")),
    difference.incomplete && h("p.warning", null, difference.incomplete),
    kinds.map(([way, title]) => {
      const all = difference.moved.filter((one) => one.way === way);
      const groups = new Map();
      for (const one of all) groups.set(causesOf(one), [...(groups.get(causesOf(one)) ?? []), one]);
      return all.length > 0 && [...groups].map(([causes, list]) => [h("h3", null, `${title}, ${number(list.length)}: ${causes}`), h("ul.rows", null, list.map((one) =>
        h("li", null, h("a", { href: to({ view: "result", client: one.client, server: one.server, test: one.test }) }, verdict(one.to), h("span.mono", null, one.test),
          h("span.title", null, `${one.client} against ${one.server}`), h("span.number", null, `was ${tell(one.from)}`)))))]);
    }),
    !difference.moved.length && h("p", null, "No verdict is another."),
    roster("test", difference.tests), roster("client", difference.clients), roster("server", difference.servers),
  ];
}

// ---- Parts of a result.

/** Want beside got; what is not in both is marked. */
function wantAndGot({ want, got }) {
  const both = want !== undefined && got !== undefined;
  const [a, b] = [[...(want ?? "")], [...(got ?? "")]];
  const least = Math.min(a.length, b.length);
  let before = 0, after = 0;
  while (both && before < least && a[before] === b[before]) before += 1;
  while (both && after < least - before && a[a.length - 1 - after] === b[b.length - 1 - after]) after += 1;
  const show = (name, all) => h("section", null, h("h3", null, name), h("pre.value", { tabindex: "0" }, all.slice(0, before).join(""),
    both && before + after < all.length ? h("mark", null, all.slice(before, all.length - after).join("")) : all.slice(before, all.length - after).join(""),
    all.slice(all.length - after).join("")));
  return [want !== undefined && show("Want", a), got !== undefined && show("Got", b)];
}

function steps(list, pointer, at) {
  if (!Array.isArray(list)) return h("pre.box", null, JSON.stringify(list, null, 2));
  return h("ol.steps", null, list.map((step, i) => {
    const here = `${pointer}/${i}`;
    if (Array.isArray(step)) return h("li", null, h("div", null, "at once with the others", steps(step, here, at)));
    const { do: verb, on, ...rest } = step ?? {};
    const inner = Object.entries(rest).filter(([name, value]) => (name === "steps" || name === "lists") && Array.isArray(value));
    const words = Object.entries(rest).filter(([name]) => !inner.some(([other]) => other === name)).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
    return h(here === at ? "li.failing" : "li", { "aria-current": here === at && "step" }, h("div", null, h("b", null, verb), on === undefined ? "" : ` ${typeof on === "string" ? on : JSON.stringify(on)}`,
      words.length ? h("span.quiet.mono", null, `  ${words.join("  ")}`) : "", inner.map(([name, value]) => steps(value, `${here}/${name}`, at))));
  }));
}

function sequence(transcript, row, reason) {
  const lanes = ["client", "runner", "server"];
  return h("figure", null, h("div.lanes", { "aria-hidden": "true" }, lanes.map((lane) => h("span", null, lane))), h("ol.sequence", null,
    transcript.map(({ ms, by, to: other, on, what }) => {
      const [from, towards] = [lanes.indexOf(by), lanes.indexOf(other)];
      const span = Math.abs(from - towards) === 2 ? "across" : from + towards >= 3 ? "of-server" : "of-client";
      return h("li", null, h("time", null, `${ms.toFixed(1)} ms`), h(`div.arrow.${span}.${towards > from ? "right" : "left"}${by === "runner" ? "" : ".back"}`,
        { "aria-label": `${ms.toFixed(1)} ms, ${by} to ${other}${on ? `, connection ${on}` : ""}: ${what}` }, on && h("span.on", null, `${on} `), what));
    }),
    failing.has(row.verdict) && h("li", null, h(`div.end.${row.verdict}`, null, h("span", null, `✗ ${reason?.code ?? tell(row.verdict)}`)))));
}

function command(text) {
  return h("div.command", null, h("code", null, text), h("button", { type: "button", "aria-label": `Copy: ${text}`, onclick: async ({ currentTarget: button }) => {
    try {
      await navigator.clipboard.writeText(text);
      document.getElementById("said").textContent = button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    } catch {
      getSelection().selectAllChildren(button.previousSibling);
      document.getElementById("said").textContent = "Selected: copy it with the keyboard";
    }
  } }, "Copy"));
}

const address = (link) => (/^https?:\/\//.test(link) ? h("a", { href: link, rel: "noreferrer" }, link) : h("span", null, link));
const heading = (text, hidden) => h(hidden ? "h2.hidden" : "h2", { tabindex: "-1" }, text);
function crumbs(above, [before, after] = [], link = toResult) {
  const around = [before && h("a", { href: link(before), rel: "prev", title: "k" }, "← previous"), after && h("a", { href: link(after), rel: "next", title: "j" }, "next →")];
  return h("nav.crumbs", { "aria-label": "Where you are" }, h("a", { href: to({ view: "matrix" }) }, "Matrix"), above && ["›", h("a", { href: above.href }, above.name)],
    around.some(Boolean) && h("span.around", null, around));
}

// ---- From the hash to a view.

const views = { matrix: matrixView, tests: testsView, differences: differencesView, changes: changesView, pair: pairView, result: resultView, test: testView };
const needed = { pair: "cs", result: "cst", test: "t" };

function show(isFirst) {
  const given = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  const place = (list, key, name) => list.findIndex((item) => item[key] === name);
  const at = { c: place(clients, "name", given.client), s: place(servers, "name", given.server), t: place(tests, "id", given.test) };
  const view = Object.hasOwn(views, given.view ?? "") ? given.view : "matrix";
  const lost = [...(needed[view] ?? "")].some((key) => at[key] < 0);
  const main = document.getElementById("main");
  const state = view === "tests" ? { ...given } : { ...given, ...at, given };
  main.replaceChildren(...(lost ? [heading("Not in this run"), h("p", null, "The address names a client, a server or a test that this run does not have. ", h("a", { href: to({ view: "matrix" }) }, "Matrix"))] : views[view](state))
    .flat(9).filter(Boolean));
  for (const link of document.querySelectorAll("[data-view]")) {
    if (link.dataset.view === view) link.setAttribute("aria-current", "page"); else link.removeAttribute("aria-current");
  }
  const title = main.querySelector("h2");
  document.title = `${title?.textContent ?? "Matrix"} · crosswire`;
  if (!isFirst) { scrollTo(0, 0); title?.focus({ preventScroll: true }); }
}

addEventListener("hashchange", () => { if (location.hash !== "#main") show(false); });
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|TEXTAREA)$/.test(event.target.tagName)) return;
  const target = { "/": "input[type=search]", j: "a[rel=next]", k: "a[rel=prev]" }[event.key];
  const element = target && document.querySelector(target);
  if (!element) return;
  event.preventDefault();
  if (event.key === "/") element.focus(); else element.click();
});
head();
show(true);
