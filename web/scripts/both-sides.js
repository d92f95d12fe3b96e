// @ts-check
// Shows both sides of the conversation: by itself when it has ended, and whenever somebody asks.

(() => {
  'use strict';

  const { part, tell, make, talk, control, home } = Crosswire;

  const card = part('both-sides', HTMLElement);
  const table = part('both-sides-table', HTMLElement);
  const words = part('both-sides-words', HTMLElement);

  /** @param {Page.Side} side */
  function row({ what, browser, server, agrees }) {
    const head = make('th', '', what);
    head.scope = 'row';
    const sign = agrees === null ? '' : agrees ? '✓ ' : '≠ ';
    return make('tr', '', head, make('td', '', browser), make('td', agrees === false ? 'differs' : '', sign + server));
  }

  /** Nobody needs to be told at every end that there is no journal. */
  let toldOfJournal = false;

  /** @param {Page.Answer} answer @param {boolean} asked by a person */
  function show(answer, asked) {
    const { seen } = answer;
    if (answer.error === 'no_journal') {
      if (toldOfJournal && !asked) return;
      toldOfJournal = true;
    }
    card.hidden = false;
    table.hidden = seen === undefined;
    if (seen !== undefined) {
      part('both-sides-rows', HTMLElement).replaceChildren(...Crosswire.compareSides(talk, seen).map(row));
      tell(words, '');
    } else if (answer.error === 'no_journal') {
      tell(words, 'The server keeps no journal. Started with --journal, it tells here what it saw.');
    } else if (answer.error === 'unknown_connection') {
      tell(words, 'The server has nothing to compare with: no session came of this handshake.');
    } else {
      tell(words, answer.message ?? answer.error ?? 'The server does not tell.');
    }
  }

  /** The server may be some milliseconds behind with the end. */
  const END = { until: { ended: true }, within_ms: 1000 };

  /** Whether the server took the handshake, though no connection came about here. */
  async function tookHandshake() {
    const { attempt, name } = talk;
    if (attempt === null || name === null || home.tokenFor(attempt.address) === null) return false;
    const answer = await control.ask(attempt.address, name, [{ seen: END }]).catch(() => null);
    return answer?.seen !== undefined;
  }

  /** @param {boolean} asked by a person */
  async function compare(asked) {
    const { attempt, name } = talk;
    if (attempt === null || name === null || home.tokenFor(attempt.address) === null) return;
    // That is told where it stands how the attempt ended: there are no sides to compare.
    if (Crosswire.refusal(talk) !== '') return;
    const isOver = talk.status === 'closed';
    try {
      const answer = await control.ask(attempt.address, name, [{ seen: isOver ? END : true }]);
      if (talk.name === name) show(answer, asked);
    } catch (error) {
      // When the server itself is gone nobody is there to tell its side; the end is explained beside this.
      if (!isOver) show({ error: 'unreachable', message: /** @type {Error} */ (error).message }, asked);
    }
  }

  talk.events.addEventListener('change', () => {
    if (talk.status === 'connecting') card.hidden = true;
    if (talk.status === 'closed') void compare(false);
  });
  part('both-sides-close', HTMLButtonElement).addEventListener('click', () => {
    card.hidden = true;
    part('message', HTMLElement).focus();
  });

  Crosswire.bothSides = { compare, tookHandshake };
})();
