// @ts-check
// What all connections of the page have received and sent, and what waits in them; a line of each while somebody looks.

(() => {
  'use strict';

  const { part, tell, chart, format } = Crosswire;

  const EVERY = 200;
  /** Thirty seconds of them. */
  const ROOM = 150;

  const meter = { received: 0, sent: 0, waiting: new Set([() => Crosswire.talk.bufferedAmount]) };
  /** @type {number[]} */
  const rates = [];
  /** @type {number[]} */
  const amounts = [];
  let last = { messages: 0, time: performance.now() };
  let isShown = false;

  function sample() {
    const messages = meter.received + meter.sent;
    const time = performance.now();
    rates.push(((messages - last.messages) * 1000) / Math.max(time - last.time, 1));
    amounts.push([...meter.waiting].reduce((sum, amount) => sum + amount(), 0));
    last = { messages, time };
    if (rates.length > ROOM) rates.shift();
    if (amounts.length > ROOM) amounts.shift();
    if (isShown && !document.hidden) requestAnimationFrame(draw);
  }

  function draw() {
    chart.drawLine(
      /** @type {SVGElement} */ (/** @type {unknown} */ (document.getElementById('rate'))),
      rates,
      ROOM,
      (rate) => `${format.count(rate)} a second`,
    );
    chart.drawLine(
      /** @type {SVGElement} */ (/** @type {unknown} */ (document.getElementById('buffered'))),
      amounts,
      ROOM,
      format.size,
    );
    const most = Math.max(...rates, 0);
    tell(
      part('rate-summary', HTMLElement),
      `Now ${format.count(rates.at(-1) ?? 0)}, at most ${format.count(most)}; received and sent, on every connection of this page.`,
    );
    tell(
      part('buffered-summary', HTMLElement),
      `Now ${format.size(amounts.at(-1) ?? 0)}, at most ${format.size(Math.max(...amounts, 0))}: bytes that were sent and wait in the browser.`,
    );
  }

  document.addEventListener('crosswire:view', (event) => {
    isShown = /** @type {CustomEvent<string>} */ (event).detail === 'measure';
    if (isShown) requestAnimationFrame(draw);
  });
  setInterval(sample, EVERY);

  Crosswire.meter = meter;
})();
