// @ts-check
// Writing a message: as text, as JSON that is checked while it is typed, as bytes in hex, or from a file.

(() => {
  'use strict';

  const { part, tell, talk, format } = Crosswire;

  const form = part('compose', HTMLFormElement);
  const field = part('message', HTMLTextAreaElement);
  const check = part('message-check', HTMLElement);
  const button = part('send-button', HTMLButtonElement);
  const chooser = part('file-chooser', HTMLInputElement);
  const chosen = part('file', HTMLElement);
  const sent = new Crosswire.Sent(200);
  /** @type {File | null} */
  let file = null;
  /** Why the file that is chosen was not sent. */
  let unreadable = '';

  const examples = /** @type {Record<string, string>} */ ({
    text: 'hello',
    json: '{"hello": "world"}',
    binary: '68 65 6c 6c 6f',
  });

  function kind() {
    return new FormData(form).get('kind')?.toString() ?? 'text';
  }

  /** What would be sent, or why nothing can be. @returns {{ data: string | Uint8Array<ArrayBuffer> } | { problem: string, at: number }} */
  function read() {
    const text = field.value;
    const half = kind() === 'binary' ? -1 : Crosswire.entries.loneHalf(text);
    if (half >= 0) {
      const problem = `Character ${half + 1}: half of a character stands alone (a lone surrogate), and cannot be sent. Was the text cut in the middle?`;
      return { problem, at: half };
    }
    if (kind() === 'json') {
      const mistake = Crosswire.findJsonMistake(text);
      return mistake === null
        ? { data: text }
        : { problem: `Line ${mistake.line}, column ${mistake.column}: ${mistake.problem}.`, at: mistake.at };
    }
    if (kind() === 'binary') {
      const parsed = Crosswire.parseHex(text);
      return 'bytes' in parsed
        ? { data: parsed.bytes }
        : { problem: `Character ${parsed.at + 1}: ${parsed.problem}.`, at: parsed.at };
    }
    return { data: text };
  }

  function refresh() {
    field.placeholder = examples[kind()] ?? '';
    field.disabled = file !== null;
    chosen.hidden = file === null;
    if (file !== null)
      part('file-name', HTMLElement).textContent = `${file.name}, ${format.size(file.size)}, sent as binary`;
    const reading = read();
    const isWrong = file === null && 'problem' in reading;
    // What has not been begun is not wrong yet.
    const problem = file !== null ? unreadable : isWrong && field.value !== '' ? reading.problem : '';
    const fine = file === null && kind() !== 'text' && 'data' in reading && field.value !== '';
    const size =
      'data' in reading && typeof reading.data !== 'string'
        ? format.plural(reading.data.length, 'byte')
        : 'JSON, without a mistake';
    tell(check, problem !== '' ? problem : fine ? `✓ ${size}` : '');
    check.dataset['tone'] = problem !== '' ? 'bad' : 'good';
    field.setAttribute('aria-invalid', String(isWrong && problem !== ''));
    button.disabled = talk.status !== 'open' || isWrong;
    button.title = talk.status === 'open' ? '' : 'Connect first';
  }

  /** What is in a file now, or null where that cannot be read. @param {File} chosen */
  async function bytesOf(chosen) {
    unreadable = '';
    refresh();
    try {
      return new Uint8Array(await chosen.arrayBuffer());
    } catch {
      const words = `“${chosen.name}” cannot be read. Is it a folder, or was it moved or changed since? Choose a file again.`;
      Crosswire.log.note(`Not sent: ${words}`, 'bad');
      if (file === chosen) unreadable = words;
      refresh();
      return null;
    }
  }

  async function send() {
    if (button.disabled) return;
    if (file !== null) {
      const bytes = await bytesOf(file);
      if (bytes !== null) await talk.send(bytes).catch(() => undefined);
      return;
    }
    const reading = read();
    if ('problem' in reading) return;
    sent.add(field.value);
    field.value = '';
    refresh();
    field.focus();
    // It is told in the log.
    await talk.send(reading.data).catch(() => undefined);
  }

  /** @param {File | null} next */
  function choose(next) {
    file = next;
    unreadable = '';
    chooser.value = '';
    refresh();
    if (next !== null) button.focus();
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void send();
  });
  form.addEventListener('change', refresh);
  field.addEventListener('input', refresh);
  field.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      void send();
      return;
    }
    const plain =
      !event.ctrlKey &&
      !event.metaKey &&
      !event.altKey &&
      !event.shiftKey &&
      field.selectionStart === field.selectionEnd;
    const atStart = !field.value.slice(0, field.selectionStart).includes('\n');
    const atEnd = !field.value.slice(field.selectionEnd).includes('\n');
    const other = !plain
      ? null
      : event.key === 'ArrowUp' && atStart
        ? sent.earlier(field.value)
        : event.key === 'ArrowDown' && atEnd
          ? sent.later()
          : null;
    if (other === null) return;
    event.preventDefault();
    field.value = other;
    field.setSelectionRange(other.length, other.length);
    refresh();
  });
  chooser.addEventListener('change', () => choose(chooser.files?.[0] ?? null));
  part('file-remove', HTMLButtonElement).addEventListener('click', () => {
    choose(null);
    field.focus();
  });
  form.addEventListener('dragover', (event) => {
    if (event.dataTransfer?.types.includes('Files') !== true) return;
    event.preventDefault();
    form.dataset['drop'] = 'here';
  });
  form.addEventListener('dragleave', () => delete form.dataset['drop']);
  form.addEventListener('drop', (event) => {
    delete form.dataset['drop'];
    const dropped = event.dataTransfer?.files[0];
    if (dropped === undefined) return;
    event.preventDefault();
    choose(dropped);
  });
  talk.events.addEventListener('change', refresh);
  refresh();

  Crosswire.compose = {
    take(data) {
      choose(null);
      const isText = typeof data === 'string';
      // JSON is text: whoever writes JSON goes on writing it.
      if (isText === (kind() === 'binary')) part(isText ? 'kind-text' : 'kind-binary', HTMLInputElement).checked = true;
      field.value = isText ? data : Crosswire.hexOf(data).replace(/..(?!$)/g, '$& ');
      refresh();
      field.focus();
    },
  };
})();
