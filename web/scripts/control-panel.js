// @ts-check
// Asking the server for acts on the conversation, and showing both sides of it.

(() => {
  'use strict';

  const { part, tell, make, talk, control } = Crosswire;

  const fields = part('control-fields', HTMLFieldSetElement);
  const answer = part('control-answer', HTMLElement);
  const table = part('both-sides', HTMLElement);

  talk.events.addEventListener('change', () => {
    const why = control.why(talk);
    fields.disabled = why !== '';
    tell(part('control-reason', HTMLElement), why);
    if (talk.status === 'connecting') table.hidden = true;
    if (talk.status === 'connecting' || talk.status === 'open') say('');
    if (talk.status === 'closed' && talk.attempt !== null && talk.name !== null && Crosswire.home.tokenFor(talk.attempt.address) !== null) void compare();
  });

  /** @param {string} text @param {'good' | 'bad' | 'neutral'} [tone] */
  function say(text, tone = 'neutral') {
    answer.dataset['tone'] = tone;
    tell(answer, text);
  }

  /** @param {object[]} act @param {string} done */
  async function ask(act, done) {
    const { attempt, name } = talk;
    if (attempt === null || name === null) return null;
    try {
      const given = await control.ask(attempt.address, name, act);
      if (given.error !== undefined && given.seen === undefined) say(`The server did not: ${given.message ?? given.error}`, 'bad');
      else if (done !== '') say(done, 'good');
      return given;
    } catch (error) {
      say(/** @type {Error} */ (error).message, 'bad');
      return null;
    }
  }

  async function compare() {
    const { attempt, name } = talk;
    if (attempt === null || name === null) return;
    const isOver = talk.status === 'closed';
    const view = isOver ? { until: { ended: true }, within_ms: 1000 } : true;
    let given;
    try {
      given = await control.ask(attempt.address, name, [{ seen: view }]);
    } catch (error) {
      // When the server itself is gone there is nobody to tell its side, and the end is told elsewhere.
      if (!isOver) say(/** @type {Error} */ (error).message, 'bad');
      return;
    }
    if (talk.name !== name) return;
    if (given.seen === undefined) {
      table.hidden = true;
      if (given.error === 'no_journal') say('What the server saw can be shown beside this browser’s view when it keeps a journal: start it with --journal.');
      else if (given.error === 'unknown_connection') say('The server has nothing to compare with: no session came of this handshake.');
      else say(`The server did not: ${given.message ?? given.error ?? ''}`, 'bad');
      return;
    }
    const rows = Crosswire.compareSides(talk, given.seen).map(({ what, browser, server, agrees }) => {
      const head = make('th', '', what);
      head.scope = 'row';
      const verdict = agrees === null ? '' : agrees ? '✓ ' : '≠ ';
      const theirs = make('td', agrees === false ? 'differs' : '', make('span', '', verdict), server);
      return make('tr', '', head, make('td', '', browser), theirs);
    });
    part('both-sides-name', HTMLElement).textContent = name;
    part('both-sides-rows', HTMLElement).replaceChildren(...rows);
    table.hidden = false;
  }

  part('push', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    const times = Number(part('push-times', HTMLInputElement).value) || 1;
    const text = part('push-text', HTMLInputElement).value;
    void ask([{ send: { text, times } }], times === 1 ? 'Pushed.' : `Pushed ${Crosswire.format.count(times)} times.`);
  });
  part('ping-button', HTMLButtonElement).addEventListener('click', () => {
    void ask([{ ping: { text: 'from the page' } }], 'The server pinged. A browser answers by itself and tells no page; “Compare both sides” shows it.');
  });
  part('server-close', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    const code = part('server-code', HTMLInputElement).value;
    const reason = part('server-reason', HTMLInputElement).value;
    void ask([{ close: code === '' ? {} : { code: Number(code), ...(reason === '' ? {} : { reason }) } }], '');
  });
  part('drop-button', HTMLButtonElement).addEventListener('click', () => void ask([{ drop: true }], ''));
  part('seen-button', HTMLButtonElement).addEventListener('click', () => void compare());
  tell(part('control-reason', HTMLElement), control.why(talk));
})();
