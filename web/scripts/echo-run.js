// @ts-check
// Round trips over a connection of their own: numbered messages go out, and each must come back as it was sent.

(() => {
  'use strict';

  /** So long may nothing come back before a run is given up. */
  const PATIENCE = 10_000;

  /** The message with this number, so many bytes long. @param {number} number @param {number} size */
  const payload = (number, size) => `${String(number).padStart(8, '0')} ${'.'.repeat(Math.max(size - 9, 0))}`;

  /**
   * @param {{ address: string, number: number, size: number, flight: number }} plan
   * @param {{ stop: AbortSignal, progress: (latencies: Page.Latencies, seconds: number) => void }} watching
   * @returns {Promise<{ latencies: Page.Latencies, seconds: number, stopped: boolean }>}
   */
  async function runEchoes({ address, number, size, flight }, { stop, progress }) {
    await crosswire.ready;
    const latencies = new Crosswire.Latencies(number);
    const connection = await opened(address, stop);
    if (connection === null) return { latencies, seconds: 0, stopped: true };
    const amount = () => connection.bufferedAmount;
    Crosswire.meter.waiting.add(amount);
    const starts = new Float64Array(number);
    const begun = performance.now();
    let sent = 0;
    let moved = begun;

    /** @type {ReturnType<typeof setInterval> | undefined} */
    let timer;
    const run = new Promise((resolve, reject) => {
      const next = () => {
        const text = payload(sent, size);
        starts[sent] = performance.now();
        sent += 1;
        Crosswire.meter.sent += 1;
        connection.send(text).catch(reject);
      };
      connection.addEventListener('message', ({ data }) => {
        const now = performance.now();
        const done = latencies.count;
        if (data !== payload(done, size)) {
          // A server may greet before it echoes.
          if (done === 0 && typeof data === 'string' && data.startsWith('{"type":"welcome"')) return;
          const what = typeof data === 'string' ? `“${data.slice(0, 40)}”` : 'bytes';
          reject(
            new Error(
              `This is not an echo: message ${done} was wanted back, and ${what} came. On a crosswire server /echo is one.`,
            ),
          );
          return;
        }
        Crosswire.meter.received += 1;
        latencies.record(now - (starts[done] ?? now));
        moved = now;
        if (latencies.count === number) resolve(undefined);
        else if (sent < number && !stop.aborted) next();
        else if (stop.aborted && latencies.count === sent) resolve(undefined);
      });
      void connection
        .closed()
        .then(({ code }) =>
          reject(new Error(`The connection ended (${code}) after ${latencies.count} of ${number} round trips.`)),
        );
      stop.addEventListener('abort', () => resolve(undefined));
      timer = setInterval(() => {
        progress(latencies, (performance.now() - begun) / 1000);
        if (performance.now() - moved > PATIENCE)
          reject(
            new Error(
              `Nothing came back for ${PATIENCE / 1000} s: this server does not echo. On a crosswire server /echo does.`,
            ),
          );
      }, 100);
      while (sent < Math.min(flight, number)) next();
    });
    try {
      await run;
      return { latencies, seconds: (moved - begun) / 1000, stopped: latencies.count < number };
    } finally {
      clearInterval(timer);
      Crosswire.meter.waiting.delete(amount);
      void connection.close(1000, 'measured').then(() => connection.free());
    }
  }

  /** A connection that is open; null where it is stopped before.
   * @param {string} address @param {AbortSignal} stop */
  async function opened(address, stop) {
    if (stop.aborted) return null;
    const connection = new crosswire.Connection(address);
    const giveUp = () => void connection.close().catch(() => undefined);
    stop.addEventListener('abort', giveUp);
    try {
      await connection.opened();
      return connection;
    } catch (error) {
      connection.free();
      if (stop.aborted) return null;
      throw error;
    } finally {
      stop.removeEventListener('abort', giveUp);
    }
  }

  /** How fine this browser's clock is, in milliseconds: to keep pages from spying it may be coarse. */
  function clockTick() {
    let finest = Infinity;
    for (let round = 0; round < 5; round += 1) {
      const start = performance.now();
      let now = start;
      while (now === start) now = performance.now();
      finest = Math.min(finest, now - start);
    }
    return finest;
  }

  Crosswire.runEchoes = runEchoes;
  Crosswire.clockTick = clockTick;
})();
