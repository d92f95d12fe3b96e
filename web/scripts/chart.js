// @ts-check
// Charts drawn by hand: bars with marks among them, and a line. Colours are the stylesheet's; words stand beside the picture.

(() => {
  'use strict';

  const SVG = 'http://www.w3.org/2000/svg';
  const HEIGHT = 180;
  const FOOT = 22;
  const HEAD = 18;
  /** What a label under the picture takes, with the gap to the next. */
  const LABEL = 52;

  /** @param {string} tag @param {Record<string, string | number>} attributes @param {string} [text] */
  function shape(tag, attributes, text) {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
    if (text !== undefined) element.textContent = text;
    return element;
  }

  /** An empty picture as wide as its place. @param {SVGElement} svg */
  function begin(svg) {
    const width = Math.max(svg.clientWidth, 200);
    svg.setAttribute('viewBox', `0 0 ${width} ${HEIGHT}`);
    return width;
  }

  /**
   * @param {SVGElement} svg
   * @param {{ start: number, value: number }[]} bars each begins at its `start`, and ends where the next begins
   * @param {{ at: number, label: string }[]} marks
   * @param {(value: number) => string} label
   */
  function drawBars(svg, bars, marks, label) {
    const width = begin(svg);
    const most = Math.max(...bars.map((bar) => bar.value), 1);
    const step = width / bars.length;
    const shapes = bars.map(({ value }, index) => {
      // What is there is seen, however little it is.
      const height = value === 0 ? 0 : Math.max(((HEIGHT - FOOT - HEAD) * value) / most, 1.5);
      return shape('rect', {
        class: 'bar',
        x: index * step + 0.5,
        y: HEIGHT - FOOT - height,
        width: Math.max(step - 1, 0.5),
        height,
      });
    });
    shapes.push(shape('line', { class: 'axis', x1: 0, x2: width, y1: HEIGHT - FOOT, y2: HEIGHT - FOOT }));
    let free = LABEL / 2;
    for (const round of roundNumbers(bars[0]?.start ?? 1, bars.at(-1)?.start ?? 1)) {
      const x = place(bars, round) * step;
      if (x < free || x > width - LABEL / 2) continue;
      free = x + LABEL;
      shapes.push(shape('line', { class: 'axis', x1: x, x2: x, y1: HEIGHT - FOOT, y2: HEIGHT - FOOT + 4 }));
      shapes.push(shape('text', { class: 'tick', x, y: HEIGHT - 5, 'text-anchor': 'middle' }, label(round)));
    }
    for (const [index, mark] of marks.entries()) {
      const x = place(bars, mark.at) * step;
      const toTheLeft = x > width - 90;
      shapes.push(shape('line', { class: 'mark-line', x1: x, x2: x, y1: HEAD - 6, y2: HEIGHT - FOOT }));
      // One under the other, for they may lie close together.
      shapes.push(
        shape(
          'text',
          {
            class: 'mark-text',
            x: x + (toTheLeft ? -5 : 5),
            y: HEAD + 2 + index * 15,
            'text-anchor': toTheLeft ? 'end' : 'start',
          },
          mark.label,
        ),
      );
    }
    svg.replaceChildren(...shapes);
  }

  /** 1, 2 and 5 of every power of ten; only the powers where that would be too many. @param {number} from @param {number} to */
  function* roundNumbers(from, to) {
    const steps = to / from > 3000 ? [1] : [1, 2, 5];
    for (let power = 10 ** Math.floor(Math.log10(from)); power <= to; power *= 10) {
      for (const step of steps) if (power * step >= from && power * step <= to) yield power * step;
    }
  }

  /** Where a value lies among bars that grow by the same factor each. @param {{ start: number }[]} bars @param {number} value */
  function place(bars, value) {
    const first = bars[0]?.start ?? 1;
    const growth = (bars[1]?.start ?? first * 2) / first;
    return Math.min(Math.max(Math.log(value / first) / Math.log(growth), 0), bars.length);
  }

  /**
   * @param {SVGElement} svg
   * @param {readonly number[]} values the newest last
   * @param {number} room how many values the picture has room for
   * @param {(value: number) => string} label
   */
  function drawLine(svg, values, room, label) {
    const width = begin(svg);
    const most = Math.max(...values, 1);
    const step = width / (room - 1);
    const start = width - (values.length - 1) * step;
    const points = values.map(
      (value, index) =>
        `${(start + index * step).toFixed(1)},${(HEIGHT - FOOT - ((HEIGHT - FOOT - HEAD) * value) / most).toFixed(1)}`,
    );
    const ground = HEIGHT - FOOT;
    svg.replaceChildren(
      shape('line', { class: 'grid', x1: 0, x2: width, y1: HEAD, y2: HEAD }),
      shape('line', { class: 'axis', x1: 0, x2: width, y1: ground, y2: ground }),
      shape('polygon', {
        class: 'area',
        points: `${start.toFixed(1)},${ground} ${points.join(' ')} ${width},${ground}`,
      }),
      shape('polyline', { class: 'line', points: points.join(' ') }),
      shape('text', { class: 'tick', x: 1, y: HEAD - 5 }, label(most)),
      shape('text', { class: 'tick', x: 1, y: HEIGHT - 6 }, '30 s ago'),
      shape('text', { class: 'tick', x: width - 1, y: HEIGHT - 6, 'text-anchor': 'end' }, 'now'),
    );
  }

  Crosswire.chart = { drawBars, drawLine };
})();
