// @ts-check
// One entry of the log in full: JSON laid out, bytes as a dump, text as it is.

(() => {
  'use strict';

  const { part, make, format } = Crosswire;

  /** More than this is not shown, for a browser would lay it out for seconds; saving has all of it. */
  const MOST_TEXT = 100_000;
  const MOST_BYTES = 16_384;

  const pane = part('detail', HTMLElement);
  const body = part('detail-body', HTMLPreElement);
  const form = part('detail-form', HTMLButtonElement);
  /** @type {Page.Entry | null} */
  let entry = null;
  let pretty = true;

  /** @param {Page.Entry} it @returns {{ text: string, hasForms: boolean }} */
  function content(it) {
    if (typeof it.data !== 'string') {
      const isUtf8 = textOf(it.data) !== null;
      if (!pretty && isUtf8) return { text: cut(textOf(it.data) ?? '', gone(it)), hasForms: true };
      const dump = Crosswire.hexDump(it.data.subarray(0, MOST_BYTES));
      const more =
        it.data.length > MOST_BYTES
          ? `\n… ${format.size(it.data.length - MOST_BYTES)} more; Save has it${gone(it)}`
          : '';
      return { text: dump === '' ? '(empty)' : dump + more, hasForms: isUtf8 && it.data.length > 0 };
    }
    const laidOut =
      it.kind === 'text' && /^\s*[[{]/.test(it.data) && it.data.length <= MOST_TEXT ? layOut(it.data) : null;
    if (laidOut === null) return { text: it.data === '' ? '(empty)' : cut(it.data, gone(it)), hasForms: false };
    return { text: pretty ? laidOut : it.data, hasForms: true };
  }

  /** @param {string} text @param {string} end what is said behind it */
  const cut = (text, end) =>
    text.length > MOST_TEXT
      ? `${text.slice(0, MOST_TEXT)}\n… ${format.plural(text.length - MOST_TEXT, 'more character')}; Save has them${end}`
      : text;

  /** @param {Page.Entry} it */
  const gone = (it) =>
    it.cut ? `. The last ${format.size(Crosswire.entries.bytesGone(it))} were not kept: nothing has them` : '';

  /** @param {Uint8Array} bytes */
  function textOf(bytes) {
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch {
      return null;
    }
  }

  /** JSON over several lines. Its numbers stay as they were written, which is more than JSON.parse would promise.
   * @param {string} text */
  function layOut(text) {
    if (Crosswire.findJsonMistake(text) !== null) return null;
    let result = '';
    let depth = 0;
    const newLine = () => `\n${'  '.repeat(depth)}`;
    for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g)) {
      const last = result.at(-1) ?? '';
      if (token === '}' || token === ']') {
        depth -= 1;
        result += last === '{' || last === '[' ? token : newLine() + token;
      } else {
        if (last === '{' || last === '[' || last === ',') result += newLine();
        result += token === ':' ? ': ' : token;
        if (token === '{' || token === '[') depth += 1;
      }
    }
    return result;
  }

  function draw() {
    pane.hidden = entry === null;
    if (entry === null) return;
    const { text, hasForms } = content(entry);
    body.textContent = text;
    form.hidden = !hasForms;
    form.textContent = typeof entry.data === 'string' ? 'Laid out' : 'Hex';
    form.setAttribute('aria-pressed', String(pretty));
    part('detail-again', HTMLButtonElement).hidden = entry.kind === 'note' || entry.cut;
  }

  form.addEventListener('click', () => {
    pretty = !pretty;
    draw();
  });
  part('detail-close', HTMLButtonElement).addEventListener('click', () => {
    const list = part('log-list', HTMLElement);
    list.focus();
    list.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape' }));
  });
  pane.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') part('detail-close', HTMLButtonElement).click();
  });
  part('detail-copy', HTMLButtonElement).addEventListener('click', () => {
    if (entry !== null)
      void Crosswire.copy(typeof entry.data === 'string' ? entry.data : Crosswire.hexOf(entry.data), 'Copied.');
  });
  part('detail-save', HTMLButtonElement).addEventListener('click', () => {
    if (entry === null) return;
    const isText = typeof entry.data === 'string';
    Crosswire.save(
      `message.${isText ? 'txt' : 'bin'}`,
      [entry.data],
      isText ? 'text/plain' : 'application/octet-stream',
    );
  });
  part('detail-again', HTMLButtonElement).addEventListener('click', () => {
    if (entry !== null) Crosswire.compose.take(entry.data);
  });

  Crosswire.detail = {
    show(shown, number, before) {
      entry = shown;
      if (shown !== null) {
        const word = { in: 'Received', out: 'Sent', note: 'Event' }[shown.direction];
        const facts = [`${word}, entry ${format.count(number + 1)}`];
        if (shown.kind !== 'note') facts.push(shown.kind, format.size(shown.size));
        facts.push(format.clock(shown.time));
        const after = before === null ? NaN : shown.time - before;
        if (after >= 0) facts.push(after === 0 ? 'together with the last' : `${format.duration(after)} after the last`);
        if (shown.cut)
          facts.push(`only the first ${format.size(shown.size - Crosswire.entries.bytesGone(shown))} were kept`);
        part('detail-title', HTMLElement).replaceChildren(...facts.map((fact) => make('span', '', fact)));
      }
      draw();
    },
  };
})();
