// @ts-check
// The log: what it holds, what of it is shown, and what can be done with it.

(() => {
  'use strict';

  const { part, tell, entries, format } = Crosswire;

  /** What is kept. Older entries make room, and are counted. */
  const LIMITS = { entries: 100_000, bytes: 64 * 1024 * 1024 };

  const ring = new Crosswire.Ring(LIMITS);
  const shown = new Crosswire.Selection();
  const filter = { search: '', direction: '', kind: '' };
  let matches = entries.matcher(filter);
  let isFiltered = false;
  /** All that is held is being gone through, up to this entry. @type {{ end: number } | null} */
  let selecting = null;
  /** Nothing has ever been written. */
  let isPristine = true;
  let paused = false;
  /** Entries that came while the log was held. */
  let cameMeanwhile = 0;
  /** The number of the entry that is chosen; -1 for none. */
  let chosen = -1;

  const place = part('log-list', HTMLElement);
  const empty = part('log-empty', HTMLElement);
  const latest = part('log-latest', HTMLButtonElement);
  const arrows = /** @type {Record<string, [string, string]>} */ ({
    in: ['↓', 'received'],
    out: ['↑', 'sent'],
    note: ['•', 'event'],
  });

  const CELLS = ['time', 'sign', 'out-of-sight', 'kind', 'size', 'line'];

  /** So many entries between two drawings are a flood, in which nobody reads a row that stands for one frame. */
  const FLOOD = 50;
  /** Milliseconds between drawings in a flood: what is not drawn is time for what comes. */
  const REST = 100;

  const list = new Crosswire.LogList(place, part('log-rows', HTMLElement), { length: () => shown.length, fill });

  /** @param {HTMLElement} row @param {number} index */
  function fill(row, index) {
    const number = shown.at(index);
    if (number === undefined || row.dataset['entry'] === String(number)) return;
    const entry = ring.at(number);
    if (entry === undefined) return;
    row.dataset['entry'] = String(number);
    row.dataset['direction'] = entry.direction;
    row.dataset['tone'] = entry.tone ?? '';
    const [arrow, word] = arrows[entry.direction] ?? ['', ''];
    const isNote = entry.kind === 'note';
    const texts = [
      format.clock(entry.time),
      arrow,
      word,
      isNote ? '' : entry.kind,
      isNote ? '' : format.size(entry.size),
      entries.line(entry),
    ];
    if (row.childElementCount === 0) row.append(...CELLS.map((name) => Crosswire.make('span', name)));
    row.children[1]?.setAttribute('aria-hidden', 'true');
    // Rows are written again and again, so that their cells are kept.
    for (const [index, text] of texts.entries()) {
      const cell = row.children[index];
      if (cell !== undefined) cell.textContent = text;
    }
  }

  /** @param {Page.Entry} entry */
  function add(entry) {
    const number = ring.push(entry);
    cameSinceDrawn += 1;
    if (paused) cameMeanwhile += 1;
    else if (selecting !== null) selecting.end = ring.next;
    else if (!isFiltered || matches(entry)) shown.push(number);
    refresh();
  }

  let refreshing = false;
  let cameSinceDrawn = 0;
  let floods = false;

  /** Everything but the entries themselves can wait for the next frame. */
  function refresh() {
    if (refreshing) return;
    refreshing = true;
    if (floods) setTimeout(() => requestAnimationFrame(redraw), REST);
    else requestAnimationFrame(redraw);
  }

  function redraw() {
    refreshing = false;
    floods = cameSinceDrawn > FLOOD;
    cameSinceDrawn = 0;
    list.dropped(shown.dropBefore(ring.first));
    if (chosen >= 0 && chosen < ring.first) choose(-1);
    tellState();
    list.draw();
  }

  function tellState() {
    const total = ring.length;
    const isEmpty = shown.length === 0;
    empty.hidden = !isEmpty;
    place.hidden = isEmpty;
    latest.hidden = isEmpty || list.follows;
    const some = isFiltered
      ? `${format.count(shown.length)} of ${format.plural(total, 'entry', 'entries')}`
      : format.plural(total, 'entry', 'entries');
    tell(
      part('log-count', HTMLElement),
      total === 0
        ? ''
        : `${some}${selecting === null ? '' : ' so far'}${paused ? `; held, ${format.count(cameMeanwhile)} came since` : ''}`,
    );
    const limits = `${format.count(LIMITS.entries)} entries and ${format.size(LIMITS.bytes)}`;
    tell(
      part('log-left-out', HTMLElement),
      ring.leftOut === 0
        ? ''
        : `${format.plural(ring.leftOut, 'older entry', 'older entries')} left out: the log holds ${limits}.`,
    );
    if (selecting !== null && isEmpty) {
      part('log-empty-title', HTMLElement).textContent = 'Searching…';
      part('log-empty-words', HTMLElement).textContent = 'Nothing has been found so far.';
    } else if (paused && total > 0 && isEmpty && !isFiltered) {
      part('log-empty-title', HTMLElement).textContent = 'What you held is gone.';
      part('log-empty-words', HTMLElement).textContent = 'So much has come since that the log had no room for it.';
    } else if (total > 0 && isEmpty) {
      part('log-empty-title', HTMLElement).textContent = 'Nothing matches.';
      part('log-empty-words', HTMLElement).textContent = 'Take back the search or the filters to see the rest.';
    } else if (total === 0 && !isPristine) {
      part('log-empty-title', HTMLElement).textContent = 'Nothing here yet.';
      part('log-empty-words', HTMLElement).textContent = 'The next message, either way, is written here.';
    }
  }

  /** Goes through all that is held, in slices where that takes long: what was found is shown meanwhile. */
  async function select() {
    isFiltered = filter.search !== '' || filter.direction !== '' || filter.kind !== '';
    matches = entries.matcher(filter);
    shown.clear();
    list.chosen = -1;
    cameMeanwhile = 0;
    const mine = { end: ring.next };
    selecting = mine;
    refresh();
    if (!(await Crosswire.inSlices(goThrough(mine), () => selecting === mine))) return;
    selecting = null;
    const row = chosen < 0 ? -1 : shown.rowOf(chosen);
    list.chosen = row >= 0 && shown.at(row) === chosen ? row : -1;
    if (list.chosen < 0) choose(-1);
    refresh();
  }

  /** @param {{ end: number }} whole */
  function* goThrough(whole) {
    const look = entries.looker(filter);
    for (let number = ring.first; number < whole.end; number = Math.max(number + 1, ring.first)) {
      const entry = ring.at(number);
      if (entry === undefined || (isFiltered && !(yield* look(entry)))) continue;
      shown.push(number);
      refresh();
      if (isFiltered) yield;
    }
  }

  /** @param {number} row */
  function choose(row) {
    list.chosen = row;
    chosen = shown.at(row) ?? -1;
    const entry = chosen < 0 ? undefined : ring.at(chosen);
    const before = chosen < 0 ? undefined : ring.at(chosen - 1);
    Crosswire.detail.show(entry ?? null, chosen, before?.time ?? null);
    list.draw();
  }

  place.addEventListener('click', ({ target }) => {
    const row = target instanceof Element ? target.closest('.log-row') : null;
    if (row instanceof HTMLElement) choose(Number(row.dataset['row']));
  });
  place.addEventListener('keydown', (event) => {
    const end = shown.length - 1;
    const from = list.chosen;
    const start = from < 0 ? Math.min(list.top(), end) : from;
    const rows = /** @type {Record<string, number>} */ ({
      ArrowDown: from < 0 ? start : from + 1,
      ArrowUp: from < 0 ? end : from - 1,
      PageDown: start + list.page(),
      PageUp: start - list.page(),
      Home: 0,
      End: end,
    });
    const next = rows[event.key];
    if (next !== undefined && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      choose(Math.min(Math.max(next, 0), end));
      list.follows = event.key === 'End';
      list.bringIntoSight(list.chosen);
    } else if (event.key === 'Escape' && from >= 0) {
      choose(-1);
    } else if (event.key === 'Enter' && from >= 0) {
      event.preventDefault();
      part('detail-body', HTMLElement).focus();
    } else if (
      event.key === 'c' &&
      (event.ctrlKey || event.metaKey) &&
      from >= 0 &&
      getSelection()?.isCollapsed !== false
    ) {
      part('detail-copy', HTMLButtonElement).click();
    }
  });

  const search = part('log-search', HTMLInputElement);
  search.addEventListener('input', () => {
    filter.search = search.value;
    void select();
  });
  for (const [id, name] of /** @type {const} */ ([
    ['log-direction', 'direction'],
    ['log-kind', 'kind'],
  ])) {
    const field = part(id, HTMLSelectElement);
    field.addEventListener('change', () => {
      filter[name] = field.value;
      void select();
    });
  }
  document.addEventListener('keydown', (event) => {
    const inField =
      event.target instanceof Element && event.target.closest('input, textarea, select, [contenteditable]') !== null;
    if (
      event.key !== '/' ||
      inField ||
      event.ctrlKey ||
      event.metaKey ||
      event.altKey ||
      search.closest('[hidden]') !== null
    )
      return;
    event.preventDefault();
    search.focus();
    search.select();
  });

  const pause = part('log-pause', HTMLButtonElement);
  pause.addEventListener('click', () => {
    paused = !paused;
    pause.setAttribute('aria-pressed', String(paused));
    pause.textContent = paused ? 'Go on' : 'Pause';
    if (paused) refresh();
    else void select();
  });
  part('log-clear', HTMLButtonElement).addEventListener('click', () => {
    choose(-1);
    ring.clear();
    shown.clear();
    cameMeanwhile = 0;
    list.follows = true;
    refresh();
    Crosswire.announce('The log is empty.');
  });
  latest.addEventListener('click', () => {
    list.follows = true;
    refresh();
    place.focus();
  });
  place.addEventListener('scroll', refresh);

  const exporting = part('log-export', HTMLButtonElement);
  exporting.addEventListener('click', async () => {
    if (exporting.getAttribute('aria-disabled') === 'true') return;
    exporting.setAttribute('aria-disabled', 'true');
    /** @type {Blob[]} */
    const blobs = [];
    // What is shown now is exported, whatever comes or goes meanwhile.
    const exported = Array.from({ length: shown.length }, (_, row) => ring.at(shown.at(row) ?? -1));
    await Crosswire.inSlices(linesInto(blobs, exported));
    exporting.removeAttribute('aria-disabled');
    const at = new Date().toISOString().replace(/[:.]/g, '-').slice(0, 19);
    Crosswire.save(`crosswire-${at}.ndjson`, blobs, 'application/x-ndjson');
    Crosswire.announce(`${format.plural(exported.length, 'entry', 'entries')} exported.`);
  });

  /** So many characters are handed to the browser at once. */
  const BLOB = 256 * 1024;

  /** @param {Blob[]} blobs @param {(Page.Entry | undefined)[]} exported */
  function* linesInto(blobs, exported) {
    let lines = '';
    for (const entry of exported) {
      if (entry === undefined) continue;
      for (const piece of entries.jsonOf(entry)) {
        lines += piece;
        if (lines.length < BLOB) continue;
        blobs.push(new Blob([lines]));
        lines = '';
        yield;
      }
      lines += '\n';
    }
    blobs.push(new Blob([lines]));
  }

  Crosswire.log = {
    add(entry) {
      isPristine = false;
      add(entry);
    },
    note: (text, tone) => Crosswire.log.add(entries.note(text, tone)),
    ring,
  };
})();
