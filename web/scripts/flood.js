// @ts-check
// A flood: the server pushes numbered messages into the conversation at a given rate, and each must come, in its turn.

(() => {
  'use strict';

  const { control, home, talk, orStopped } = Crosswire;

  /** The server sends a portion, and waits so long before the page asks for the next. */
  const PORTION_MS = 20;
  /** So long may nothing come before a flood is given up. */
  const PATIENCE = 15_000;

  /** The number of a message such as `4000+17`; -1 where it is none. @param {string | ArrayBuffer} data */
  function numberOf(data) {
    if (typeof data !== 'string') return -1;
    const plus = data.indexOf('+');
    return plus < 1 ? -1 : Number(data.slice(0, plus)) + Number(data.slice(plus + 1));
  }

  /** @param {number} rate @param {number} seconds @param {{ stop: AbortSignal, progress: (come: number) => void }} watching */
  async function runFlood(rate, seconds, { stop, progress }) {
    if (talk.status !== 'open' && home.tokenFor(home.server) !== null) {
      const giveUp = () => void talk.close();
      stop.addEventListener('abort', giveUp);
      await Crosswire.connect.to(`${home.server}/ws`);
      stop.removeEventListener('abort', giveUp);
      if (stop.aborted) throw new Error('Stopped before anything was asked for.');
    }
    const why = control.why(talk);
    const { attempt, name } = talk;
    if (why !== '' || attempt === null || name === null)
      throw new Error(why === '' ? 'The server has no name for this connection.' : why);

    const total = rate * seconds;
    let asked = 0;
    let come = 0;
    let wrong = '';
    let arrived = () => {};
    /** @param {string | ArrayBuffer} data */
    const listen = (data) => {
      const number = numberOf(data);
      if (number === come) come += 1;
      else if (wrong === '' && number >= 0) wrong = `message ${come} was due, and ${number} came`;
      if (come === asked) arrived();
    };
    talk.listeners.add(listen);
    const frames = watchFrames();
    const begun = performance.now();
    const timer = setInterval(() => progress(come / total), 200);
    try {
      while (asked < total && !stop.aborted) {
        const due = Math.min(Math.ceil(((performance.now() - begun + PORTION_MS) / 1000) * rate), total) - asked;
        const portion = Math.max(due, 0);
        const base = asked;
        asked += portion;
        const act = [
          ...(portion === 0 ? [] : [{ send: { text: `${base}+\${i}`, times: portion } }]),
          { wait_ms: PORTION_MS },
        ];
        const answer = await orStopped(control.ask(attempt.address, name, act), stop).catch((error) => {
          if (stop.aborted) return null;
          throw error;
        });
        if (answer === null) break;
        if (answer.error !== undefined) throw new Error(`The server stopped: ${answer.message ?? answer.error}`);
      }
      await untilCome();
    } finally {
      clearInterval(timer);
      talk.listeners.delete(listen);
      frames.end();
    }
    return { come, asked, wrong, seconds: (performance.now() - begun) / 1000, longestFrame: frames.longest() };

    /** Waits for what is on its way, for as long as something comes. */
    async function untilCome() {
      let [last, since] = [come, performance.now()];
      while (come < asked && !stop.aborted) {
        if (talk.status !== 'open')
          throw new Error(`The conversation ended when ${asked - come} messages were on their way.`);
        if (come !== last) [last, since] = [come, performance.now()];
        else if (performance.now() - since > PATIENCE) {
          throw new Error(`${asked - come} messages are missing: nothing has come for ${PATIENCE / 1000} s.`);
        }
        await new Promise((resolve) => {
          arrived = () => resolve(undefined);
          setTimeout(resolve, 200);
        });
      }
    }
  }

  /** How long the page went without drawing, at most. */
  function watchFrames() {
    let longest = 0;
    let last = performance.now();
    let going = true;
    const tick = () => {
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
      if (going) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
    return {
      end: () => {
        going = false;
      },
      longest: () => longest,
    };
  }

  Crosswire.runFlood = runFlood;
})();
