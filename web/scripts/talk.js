// @ts-check
// The one conversation of the page: what state it is in, what was counted, and how it ended.

(() => {
  'use strict';

  const { log, entries } = Crosswire;
  const events = new EventTarget();

  const none = () => ({ text: 0, binary: 0, bytes: 0 });
  /** @type {Page.Talk} */
  const talk = {
    events,
    listeners: new Set(),
    status: 'idle',
    attempt: null,
    name: null,
    isCrosswire: false,
    server: null,
    subprotocol: null,
    opened: false,
    openedIn: NaN,
    received: none(),
    sent: none(),
    closed: null,
    failure: null,
    get bufferedAmount() {
      return connection === null ? 0 : connection.bufferedAmount;
    },
    connect,
    send,
    close,
  };

  /** @type {Page.Client | null} */
  let connection = null;
  /** How often it was connected or given up: whoever waits meanwhile sees by it that somebody else has gone on. */
  let turn = 0;

  /** @param {Page.Status} status */
  function become(status) {
    talk.status = status;
    events.dispatchEvent(new Event('change'));
  }

  /** By a tag of its own a connection can be asked for on /control, whatever it says first.
   * @param {string} address @returns {{ url: string, name: string | null }} */
  function named(address) {
    const given = new URL(address).searchParams.get('tag');
    if (given !== null) return { url: address, name: given };
    if (Crosswire.home.tokenFor(address) === null) return { url: address, name: null };
    const name = `page-${Math.random().toString(36).slice(2, 8)}`;
    return { url: `${address}${address.includes('?') ? '&' : '?'}tag=${name}`, name };
  }

  /** @param {Page.Attempt} attempt @param {() => Promise<unknown>} prepare what has to be done before, in the time of the attempt */
  async function connect(attempt, prepare = async () => {}) {
    turn += 1;
    const mine = turn;
    if (connection !== null) await close();
    if (turn !== mine) return;
    const { url, name } = named(attempt.address);
    Object.assign(talk, {
      attempt,
      name,
      server: null,
      subprotocol: null,
      opened: false,
      closed: null,
      failure: null,
      received: none(),
      sent: none(),
      isCrosswire: Crosswire.home.tokenFor(attempt.address) !== null,
    });
    become('connecting');
    log.note(`Connecting to ${url}`);
    await Promise.allSettled([prepare(), crosswire.ready]);
    if (turn !== mine) return;
    const start = performance.now();
    let opening;
    try {
      await crosswire.ready;
      opening = new crosswire.Connection(url, {
        subprotocols: attempt.subprotocols,
        openWithin: attempt.seconds * 1000,
      });
      connection = opening;
      opening.addEventListener('message', ({ data }) => take(data));
      await opening.opened();
    } catch (error) {
      connection = null;
      opening?.free();
      fail(/** @type {import('../../wasm-client/src/javascript/crosswire.js').ConnectionError} */ (error), attempt);
      return;
    }
    talk.opened = true;
    talk.openedIn = performance.now() - start;
    talk.subprotocol = opening.subprotocol;
    const agreed = opening.subprotocol === null ? '' : `, speaking ${opening.subprotocol}`;
    log.note(`Open after ${Crosswire.format.duration(talk.openedIn)}${agreed}`, 'good');
    become('open');
    void watch(opening);
  }

  /** @param {Page.Client} mine */
  async function watch(mine) {
    const closed = await mine.closed();
    // What arrived with the end is given to listeners before the page is told of it.
    await new Promise((resolve) => setTimeout(resolve));
    talk.closed = closed;
    connection = null;
    mine.free();
    const words = Crosswire.describeClose(closed, { crosswire: talk.isCrosswire });
    log.note(`${words.title}${closed.reason === '' ? '' : `: “${closed.reason}”`}`, words.tone);
    become('closed');
  }

  /** @param {{ code?: string, message: string }} error @param {Page.Attempt} attempt */
  function fail(error, attempt) {
    const pageOrigin = location.protocol === 'file:' ? 'null' : location.origin;
    const failure = Crosswire.describeFailure(error, { ...attempt, pageOrigin });
    talk.failure = failure;
    const refusal = error.code === 'refused' ? Crosswire.refusal(talk) : '';
    if (refusal !== '') {
      const { title, ask } = failure;
      failure.ask = async () =>
        (await Crosswire.bothSides.tookHandshake())
          ? { title, meaning: refusal, causes: [] }
          : ((await ask?.()) ?? null);
    }
    log.note(
      failure.causes.length > 0 ? failure.title : `${failure.title}: ${failure.meaning}`,
      error.code === 'closed-before-open' ? 'neutral' : 'bad',
    );
    become('closed');
  }

  /** @param {{ text: number, binary: number, bytes: number }} counts @param {Page.Entry} entry */
  function count(counts, entry) {
    counts[entry.kind === 'text' ? 'text' : 'binary'] += 1;
    counts.bytes += entry.size;
  }

  /** @param {string | ArrayBuffer} data */
  function take(data) {
    const entry = entries.message('in', data);
    const isFirst = talk.received.text + talk.received.binary === 0;
    count(talk.received, entry);
    Crosswire.meter.received += 1;
    log.add(entry);
    for (const listen of talk.listeners) listen(data);
    if (isFirst && typeof data === 'string') greet(data);
  }

  /** A crosswire server says who it is before anything else. @param {string} text */
  function greet(text) {
    if (!text.startsWith('{"type":"welcome"')) return;
    try {
      const { connection: id, server } = JSON.parse(text);
      if (typeof server !== 'string') return;
      talk.server = server;
      talk.isCrosswire ||= server.startsWith('crosswire/');
      talk.name ??= typeof id === 'string' ? id : null;
      events.dispatchEvent(new Event('change'));
    } catch {
      // It only looked like a welcome; the log has it.
    }
  }

  /** Sends it, and waits until there is room for the next. What cannot be sent is told in the log and thrown.
   * @param {string | Uint8Array<ArrayBuffer>} data */
  async function send(data) {
    try {
      if (connection === null) throw new Error('There is no connection; press Connect first.');
      const entry = entries.message('out', typeof data === 'string' ? data : data.slice().buffer);
      const sending = connection.send(data);
      // What the client does not take it refuses at once. Nothing can have come in between, and so the log is in order.
      await Promise.race([sending, Promise.resolve()]);
      log.add(entry);
      count(talk.sent, entry);
      Crosswire.meter.sent += 1;
      await sending;
    } catch (error) {
      log.note(`Not sent: ${/** @type {Error} */ (error).message}`, 'bad');
      throw error;
    }
  }

  /** @param {number} [code] @param {string} [reason] */
  async function close(code, reason) {
    const mine = connection;
    if (mine === null) {
      if (talk.status !== 'connecting' || talk.attempt === null) return;
      // What was being prepared finds that its turn is over.
      turn += 1;
      fail({ code: 'closed-before-open', message: '' }, talk.attempt);
      return;
    }
    const closing = mine.close(code, reason);
    // A code or a reason that a browser does not take leaves everything as it was, and is thrown at once.
    await Promise.race([closing, Promise.resolve()]);
    if (talk.status === 'open') become('closing');
    await closing;
    while (connection === mine)
      await new Promise((resolve) => events.addEventListener('change', resolve, { once: true }));
  }

  addEventListener('pagehide', () => void connection?.close(1000, 'the page was left').catch(() => undefined));

  Crosswire.talk = talk;
})();
