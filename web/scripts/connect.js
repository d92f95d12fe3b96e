// @ts-check
// The form that opens and closes the conversation. What was typed is remembered, and can be shared as a link.

(() => {
  'use strict';

  const { part, tell, kept, home, talk, address: addresses } = Crosswire;

  const form = part('connect', HTMLFormElement);
  const field = part('address', HTMLInputElement);
  const subprotocols = part('subprotocols', HTMLInputElement);
  const deadline = part('deadline', HTMLInputElement);
  const closeCode = part('close-code', HTMLInputElement);
  const closeReason = part('close-reason', HTMLInputElement);
  const connectButton = part('connect-button', HTMLButtonElement);
  const closeButton = part('close-button', HTMLButtonElement);
  const problem = part('address-problem', HTMLElement);
  const closeProblem = part('close-problem', HTMLElement);
  const options = part('options', HTMLDetailsElement);

  /** What the form says, or null where it says what cannot be. @returns {Page.Attempt | null} */
  function read() {
    const understood = addresses.understand(field.value, { secure: location.protocol === 'https:' });
    const words = 'problem' in understood ? understood.problem : '';
    tell(problem, words);
    field.setAttribute('aria-invalid', String(words !== ''));
    if ('problem' in understood) {
      // How something else ended would be read as being about this.
      for (const card of ['outcome', 'both-sides']) part(card, HTMLElement).hidden = true;
      field.focus();
      return null;
    }
    if (!deadline.reportValidity()) return null;
    return {
      address: understood.address,
      subprotocols: addresses.subprotocols(subprotocols.value),
      seconds: Number(deadline.value) || 10,
    };
  }

  /** @param {Page.Attempt} attempt */
  function write(attempt) {
    field.value = attempt.address;
    subprotocols.value = attempt.subprotocols.join(', ');
    deadline.value = String(attempt.seconds);
  }

  function connect() {
    const attempt = read();
    if (attempt === null) return;
    field.value = attempt.address;
    kept.write('setting', JSON.stringify(attempt));
    void talk.connect(attempt);
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (talk.status === 'idle' || talk.status === 'closed') connect();
  });

  closeButton.addEventListener('click', async () => {
    // As the field promises where nothing stands in it.
    const code = closeCode.value === '' ? 1000 : Number(closeCode.value);
    const reason = closeReason.value === '' ? undefined : closeReason.value;
    tell(closeProblem, '');
    try {
      await talk.close(code, reason);
    } catch (error) {
      options.open = true;
      tell(closeProblem, /** @type {Error} */ (error).message);
      closeCode.focus();
    }
  });

  part('share', HTMLButtonElement).addEventListener('click', () => {
    const attempt = read();
    if (attempt === null) return;
    const hash = addresses.toHash({ ...attempt, connect: true });
    history.replaceState(null, '', `#${hash}`);
    void Crosswire.copy(location.href, 'The link is copied; it is in the address bar, too.');
  });

  /** The button that was pressed to close is switched off meanwhile, and browsers take the focus from it then. */
  let wasPressed = false;
  /** What stood in the field before it showed what is talked to. @type {string | null} */
  let typed = null;

  talk.events.addEventListener('change', () => {
    const isLive = talk.status !== 'idle' && talk.status !== 'closed';
    const { activeElement } = document;
    const hadFocus =
      activeElement === connectButton ||
      activeElement === closeButton ||
      (wasPressed && activeElement === document.body);
    wasPressed = talk.status === 'closing' && hadFocus;
    connectButton.hidden = isLive;
    closeButton.hidden = !isLive;
    closeButton.disabled = talk.status === 'closing';
    closeButton.textContent = talk.status === 'connecting' ? 'Give up' : 'Close';
    // A visit leads elsewhere for a while, and so may “Connect again”: the field says, and the link that is copied leads there.
    if (isLive) {
      typed ??= field.value;
      field.value = talk.attempt?.address ?? typed;
    } else if (typed !== null) {
      field.value = typed;
      typed = null;
    }
    for (const input of [field, subprotocols, deadline]) input.readOnly = isLive;
    // The button that was pressed is gone: what comes next is to write, or to connect again.
    if (!hadFocus) return;
    if (talk.status === 'open') part('message', HTMLTextAreaElement).focus();
    else if (talk.status === 'closed') connectButton.focus();
    else closeButton.focus();
  });

  /** The link says it, or the server that sent the page, or the last time. @returns {Page.Attempt} */
  function first() {
    const standard = { address: home.server === '' ? '' : `${home.server}/ws`, subprotocols: [], seconds: 10 };
    const asked = home.asked.get('address');
    if (asked !== null) {
      const seconds = Number(home.asked.get('deadline'));
      return {
        address: asked,
        subprotocols: addresses.subprotocols(home.asked.get('subprotocols') ?? ''),
        seconds: seconds > 0 ? seconds : 10,
      };
    }
    try {
      const last = JSON.parse(kept.read('setting') ?? 'null');
      const isOne =
        typeof last?.address === 'string' && Array.isArray(last.subprotocols) && typeof last.seconds === 'number';
      // Servers come and go on other ports: what the page itself came from is there for certain.
      if (isOne && (home.server === '' || home.originOf(last.address) === home.server)) return last;
    } catch {
      // What is kept was written by something else.
    }
    return standard;
  }

  Crosswire.connect = {
    begin() {
      write(first());
      if (home.asked.get('connect') !== null) connect();
      else if (field.value === '') field.focus();
      else connectButton.focus();
    },
    to: (address, seconds, prepare) => {
      options.open = false;
      const attempt = {
        address,
        subprotocols: addresses.subprotocols(subprotocols.value),
        seconds: seconds ?? (Number(deadline.value) || 10),
      };
      return talk.connect(attempt, prepare);
    },
  };
})();
