// @ts-check
// The forms that begin measurements, and what they found, in a picture and in words.

(() => {
  'use strict';

  const { part, tell, make, format, chart, home, talk, Latencies } = Crosswire;

  const echoForm = part('echo-run', HTMLFormElement);
  const echoAddress = part('echo-address', HTMLInputElement);
  const echoNumber = part('echo-number', HTMLInputElement);
  const echoStart = part('echo-start', HTMLButtonElement);
  const echoStop = part('echo-stop', HTMLButtonElement);
  const histogram = /** @type {SVGElement} */ (/** @type {unknown} */ (document.getElementById('histogram')));

  /** @param {Page.Latencies} latencies @param {number[]} found median and p99, once they are known */
  function draw(latencies, found) {
    const { first, last } = latencies.range();
    const from = Math.max(first - 1, 0);
    const bars = Array.from({ length: Math.max(last - from + 2, 12) }, (_, index) => ({
      start: Latencies.start(from + index),
      value: latencies.bins[from + index] ?? 0,
    }));
    const names = ['median', '99 %'];
    const marks = found.map((at, index) => ({ at, label: `${names[index] ?? ''} ${format.duration(at)}` }));
    // What stands under the picture is round.
    const label = (/** @type {number} */ time) => format.duration(time).replace(/\.0+ /, ' ');
    chart.drawBars(histogram, bars, marks, label);
  }

  /** @param {{ latencies: Page.Latencies, seconds: number, stopped: boolean }} result @param {{ size: number, flight: number }} plan */
  function conclude({ latencies, seconds, stopped }, { size, flight }) {
    if (latencies.count === 0) return tell(part('echo-summary', HTMLElement), 'Stopped before anything had come back.');
    const [median = NaN, p90 = NaN, p99 = NaN, p999 = NaN, slowest = NaN] = latencies.percentiles([
      0.5, 0.9, 0.99, 0.999, 1,
    ]);
    draw(latencies, [median, p99]);
    const rate = latencies.count / seconds;
    const numbers = { median, '90 %': p90, '99 %': p99, '99.9 %': p999, slowest };
    part('echo-numbers', HTMLElement).replaceChildren(
      ...Object.entries(numbers).map(([name, time]) =>
        make('div', '', make('dt', '', name), make('dd', '', format.duration(time))),
      ),
      make('div', '', make('dt', '', 'a second'), make('dd', '', format.count(rate))),
    );
    part('echo-numbers', HTMLElement).hidden = false;
    const how = flight === 1 ? 'one at a time' : `${format.count(flight)} at once`;
    tell(
      part('echo-summary', HTMLElement),
      `${stopped ? 'Stopped after ' : ''}${format.plural(latencies.count, 'round trip')} of ${format.size(size)}, ${how}, in ${seconds.toFixed(1)} s: ` +
        `median ${format.duration(median)}, 99 % within ${format.duration(p99)}. The clock of this browser ticks every ${format.duration(Crosswire.clockTick())}.`,
    );
  }

  /** @param {HTMLElement} place @param {unknown} error */
  const complain = (place, error) => tell(place, error instanceof Error ? error.message : String(error));

  echoForm.addEventListener('submit', async (event) => {
    event.preventDefault();
    const problem = part('echo-problem', HTMLElement);
    const understood = Crosswire.address.understand(echoAddress.value);
    tell(problem, 'problem' in understood ? understood.problem : '');
    if ('problem' in understood || !echoForm.reportValidity()) return;
    echoAddress.value = understood.address;
    const value = (/** @type {string} */ id) => Number(part(id, HTMLInputElement).value);
    const plan = {
      address: understood.address,
      number: value('echo-number'),
      size: value('echo-size'),
      flight: value('echo-flight'),
    };
    const stopping = new AbortController();
    echoStop.onclick = () => stopping.abort();
    echoStart.disabled = true;
    echoStop.disabled = false;
    const bar = part('echo-progress', HTMLProgressElement);
    const summary = part('echo-summary', HTMLElement);
    part('echo-numbers', HTMLElement).hidden = true;
    tell(summary, 'Measuring…');
    try {
      const result = await Crosswire.runEchoes(plan, {
        stop: stopping.signal,
        progress: (latencies) => {
          bar.value = latencies.count / plan.number;
          requestAnimationFrame(() => draw(latencies, []));
        },
      });
      bar.value = result.latencies.count / plan.number;
      requestAnimationFrame(() => conclude(result, plan));
    } catch (error) {
      tell(summary, 'Nothing measured.');
      complain(problem, error);
    } finally {
      echoStart.disabled = false;
      echoStop.disabled = true;
    }
  });
  echoNumber.addEventListener('input', () => {
    const number = Number(echoNumber.value);
    echoStart.textContent = number > 0 ? format.plural(number, 'echo', 'echoes') : 'Start';
  });
  echoAddress.value = home.server === '' ? '' : `${home.server}/echo`;

  const floodForm = part('flood', HTMLFormElement);
  const floodStart = part('flood-start', HTMLButtonElement);
  const floodStop = part('flood-stop', HTMLButtonElement);
  let flooding = false;

  floodForm.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (!floodForm.reportValidity()) return;
    const problem = part('flood-problem', HTMLElement);
    const words = part('flood-reason', HTMLElement);
    const bar = part('flood-progress', HTMLProgressElement);
    const [rate, seconds] = [
      Number(part('flood-rate', HTMLInputElement).value),
      Number(part('flood-seconds', HTMLInputElement).value),
    ];
    const stopping = new AbortController();
    floodStop.onclick = () => stopping.abort();
    flooding = true;
    floodStart.disabled = true;
    floodStop.disabled = false;
    tell(problem, '');
    tell(words, 'It comes…');
    const leftOut = Crosswire.log.ring.leftOut;
    try {
      const result = await Crosswire.runFlood(rate, seconds, {
        stop: stopping.signal,
        progress: (share) => {
          bar.value = share;
        },
      });
      bar.value = result.come / (rate * seconds);
      const order =
        result.wrong === ''
          ? result.come === result.asked
            ? 'complete and in order'
            : `${format.count(result.asked - result.come)} still on their way`
          : `out of order: ${result.wrong}`;
      const gone = Crosswire.log.ring.leftOut - leftOut;
      const late =
        result.come < rate * result.seconds * 0.95 ? `, of the ${format.count(rate)} that were asked for` : '';
      tell(
        words,
        `${format.plural(result.come, 'message')} in ${result.seconds.toFixed(1)} s, ${order}: ${format.count(result.come / result.seconds)} a second${late}. ` +
          `The page never stood still for longer than ${format.duration(result.longestFrame)}. ` +
          (gone > 0
            ? `The log left out ${format.plural(gone, 'older entry', 'older entries')}.`
            : 'The log has them all.'),
      );
    } catch (error) {
      tell(words, '');
      complain(problem, error);
    } finally {
      flooding = false;
      floodStop.disabled = true;
      allow();
    }
  });

  /** A flood needs a server that can be asked for it. */
  function allow() {
    const canAsk = home.tokenFor(home.server) !== null || Crosswire.control.why(talk) === '';
    floodStart.disabled = flooding || !canAsk;
    const words = part('flood-reason', HTMLElement);
    if (!canAsk) tell(words, Crosswire.control.why(talk));
    else if (words.textContent === '') tell(words, '');
  }
  talk.events.addEventListener('change', allow);
  allow();
  if (echoAddress.value === '')
    talk.events.addEventListener('change', () => {
      if (echoAddress.value === '' && talk.attempt !== null) echoAddress.value = talk.attempt.address;
    });
})();
