// @ts-check
// Asking the server for acts on the conversation.

(() => {
  'use strict';

  const { part, tell, talk, control } = Crosswire;

  const fields = part('control-fields', HTMLFieldSetElement);
  const answer = part('control-answer', HTMLElement);

  /** Somebody has asked for the end of the conversation. */
  let asksForTheEnd = false;

  talk.events.addEventListener('change', () => {
    const why = control.why(talk);
    const hadFocus = fields.contains(document.activeElement);
    fields.disabled = why !== '';
    // What is switched off has no focus. Whoever ended the conversation goes on by another; who was writing presses nothing.
    if (hadFocus && fields.disabled)
      part(asksForTheEnd && talk.status === 'closed' ? 'reconnect-button' : 'control-title', HTMLElement).focus();
    asksForTheEnd &&= talk.status === 'open';
    tell(part('control-reason', HTMLElement), why);
    if (talk.status === 'connecting' || talk.status === 'open') say('');
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
      if (given.error !== undefined && given.seen === undefined)
        say(`The server did not: ${given.message ?? given.error}`, 'bad');
      else if (done !== '') say(done, 'good');
      return given;
    } catch (error) {
      say(/** @type {Error} */ (error).message, 'bad');
      return null;
    }
  }

  part('push', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    const times = Number(part('push-times', HTMLInputElement).value) || 1;
    const text = part('push-text', HTMLInputElement).value;
    void ask([{ send: { text, times } }], times === 1 ? 'Pushed.' : `Pushed ${Crosswire.format.count(times)} times.`);
  });
  part('ping-button', HTMLButtonElement).addEventListener('click', () => {
    void ask(
      [{ ping: { text: 'from the page' } }],
      'The server pinged. A browser answers by itself and tells no page; “Compare both sides” shows it.',
    );
  });
  part('server-close', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    const code = part('server-code', HTMLInputElement).value;
    const reason = part('server-reason', HTMLInputElement).value;
    asksForTheEnd = true;
    void ask([{ close: code === '' ? {} : { code: Number(code), ...(reason === '' ? {} : { reason }) } }], '');
  });
  part('drop-button', HTMLButtonElement).addEventListener('click', () => {
    asksForTheEnd = true;
    void ask([{ drop: true }], '');
  });
  part('seen-button', HTMLButtonElement).addEventListener('click', () => void Crosswire.bothSides.compare(true));
  tell(part('control-reason', HTMLElement), control.why(talk));
})();
