// @ts-check
// The state of the conversation in a word, and how it ended in a few sentences.

(() => {
  'use strict';

  const { part, tell, make, talk } = Crosswire;

  const state = part('state', HTMLElement);
  const card = part('outcome', HTMLElement);
  const causes = part('outcome-causes', HTMLElement);

  function inAWord() {
    const { status, closed } = talk;
    if (status === 'idle') return 'Not connected';
    if (status === 'connecting') return 'Connecting…';
    if (status === 'open') return 'Open';
    if (status === 'closing') return 'Closing…';
    return closed === null ? 'No connection' : `Closed, ${closed.code}`;
  }

  /** @param {Page.Failure | null} failure */
  function showCauses(failure) {
    if (failure !== null) tell(part('outcome-meaning', HTMLElement), failure.meaning);
    causes.replaceChildren(...(failure?.causes ?? []).map((cause) => make('li', '', cause)));
    causes.hidden = causes.childElementCount === 0;
  }

  /** The failure that was asked about: of a state there may be more than one change. @type {Page.Failure | null} */
  let asked = null;

  /** Shows what the server itself says of it, where it can be asked. @param {Page.Failure | null} failure */
  async function ask(failure) {
    if (failure?.ask === undefined || failure === asked) return;
    asked = failure;
    const better = await failure.ask();
    if (better !== null && talk.failure === failure) showCauses(better);
  }

  talk.events.addEventListener('change', () => {
    tell(state, inAWord());
    const words = talk.closed === null ? null : Crosswire.describeClose(talk.closed, { crosswire: talk.isCrosswire });
    state.dataset['state'] = talk.status === 'closed' ? (words?.tone ?? 'bad') : talk.status;
    card.hidden = talk.status !== 'closed';
    if (card.hidden) return;
    const { failure } = talk;
    card.dataset['tone'] = words?.tone ?? 'bad';
    tell(part('outcome-title', HTMLElement), words?.title ?? failure?.title ?? '');
    tell(part('outcome-address', HTMLElement), talk.attempt?.address ?? '');
    tell(part('outcome-meaning', HTMLElement), words?.meaning ?? '');
    tell(part('outcome-advice', HTMLElement), words?.advice ?? '');
    const reason = talk.closed?.reason ?? '';
    tell(part('outcome-reason', HTMLElement), reason === '' ? '' : `The reason that was given: “${reason}”`);
    showCauses(failure);
    void ask(failure);
    card.scrollIntoView({ block: 'nearest' });
  });

  part('reconnect-button', HTMLButtonElement).addEventListener('click', () => {
    if (talk.attempt === null) return;
    void talk.connect(talk.attempt);
    part('close-button', HTMLButtonElement).focus();
  });
})();
