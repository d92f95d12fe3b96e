// @ts-check
// The rows of the tests: a verdict, a title, a time, what other languages made of it; and, opened, the explanation. One row is
// in the order of the tab key, and the arrows go from row to row.

(() => {
  'use strict';

  const { make, format, verdicts } = Crosswire;

  class TestRows {
    /** @param {HTMLElement} place @param {{ explain: (id: string) => Node[] }} source */
    constructor(place, source) {
      this.place = place;
      this.source = source;
      /** @type {Map<string, Page.TestRow>} */
      this.rows = new Map();
      place.addEventListener('keydown', (event) => this.#move(event));
      place.addEventListener('focusin', ({ target }) => this.#settle(target));
    }

    /** Shows these tests and no others, in their order, under the names of their profiles.
     * @param {Page.Test[]} tests @param {string[]} clients */
    show(tests, clients) {
      this.rows.clear();
      const profiles = new Map(tests.map(({ profile }) => [profile, /** @type {Page.Test[]} */ ([])]));
      for (const test of tests) profiles.get(test.profile)?.push(test);
      this.place.style.setProperty('--others', String(clients.length));
      this.place.replaceChildren(
        ...[...profiles].map(([profile, those]) => {
          const title = make('h3', 'quiet', `${profile}, ${format.plural(those.length, 'test')}`);
          const head = make('div', 'profile', title, this.#names(clients));
          return make('section', '', head, make('ul', '', ...those.map((test) => this.#row(test))));
        }),
      );
      const [first] = this.rows.values();
      if (first !== undefined) first.button.tabIndex = 0;
    }

    /** The names of the other clients, above their columns; each row tells them to a screen reader itself.
     * @param {string[]} clients */
    #names(clients) {
      const names = make('div', 'other-names', ...clients.map((client) => make('span', '', client)));
      names.setAttribute('aria-hidden', 'true');
      return names;
    }

    /** @param {Page.Test} test */
    #row(test) {
      const id = `test-${test.id.replace('/', '-')}`;
      const badge = make('span', 'badge none', '');
      const time = make('span', 'time', '');
      const why = make('span', 'why', '');
      const others = make('span', 'others');
      const title = make('span', 'title', test.title);
      if (test.level !== 'must') title.append(' ', make('span', 'badge level', test.level));
      const button = make('button', 'plain', badge, title, time, others, why);
      button.type = 'button';
      button.id = id;
      button.tabIndex = -1;
      button.setAttribute('aria-expanded', 'false');
      button.setAttribute('aria-controls', `${id}-more`);
      const more = make('div', 'more stack');
      more.id = `${id}-more`;
      more.hidden = true;
      more.setAttribute('role', 'region');
      more.setAttribute('aria-labelledby', id);
      button.addEventListener('click', () => this.toggle(test.id));
      more.addEventListener('keydown', (event) => {
        if (event.key !== 'Escape') return;
        this.toggle(test.id);
        button.focus();
      });
      const item = make('li', 'test-row', make('h4', '', button), more);
      item.dataset['test'] = test.id;
      this.rows.set(test.id, { item, button, badge, time, why, others, more });
      return item;
    }

    /** Opens the explanation of a test, or closes it. @param {string} id */
    toggle(id) {
      const row = this.rows.get(id);
      if (row === undefined) return;
      row.more.hidden = !row.more.hidden;
      row.button.setAttribute('aria-expanded', String(!row.more.hidden));
      this.refresh(id);
    }

    /** Writes the explanation anew, where it is open. @param {string} id */
    refresh(id) {
      const row = this.rows.get(id);
      if (row === undefined) return;
      const had = row.more.contains(document.activeElement);
      row.more.replaceChildren(...(row.more.hidden ? [] : this.source.explain(id)));
      if (!had) return;
      // Who pressed “Run it again” is still there.
      const again = row.more.querySelector('button[data-again]');
      if (again instanceof HTMLButtonElement) again.focus();
      else row.button.focus();
    }

    /** @param {string} id @param {Page.TestResult | 'running' | undefined} result @param {Page.TestResult[]} rounds */
    tell(id, result, rounds) {
      const row = this.rows.get(id);
      if (row === undefined) return;
      if (result === undefined || result === 'running') {
        row.badge.className = `badge ${result ?? 'none'}`;
        row.badge.textContent = result === undefined ? 'not run yet' : '… running';
        row.time.textContent = row.why.textContent = '';
        row.item.dataset['verdict'] = result ?? '';
        this.refresh(id);
        return;
      }
      const shown = verdicts.shown(result);
      row.badge.className = `badge ${shown}`;
      row.badge.textContent = `${verdicts.sign(shown)} ${verdicts.words(shown)}`;
      row.time.textContent = ['unsupported', 'not_run'].includes(shown) ? '' : format.duration(result.ms);
      const before = rounds.slice(0, -1).map((round) => verdicts.words(verdicts.shown(round)));
      const changed = before.some((verdict) => verdict !== verdicts.words(shown));
      row.why.textContent = [
        shown === 'pass' ? '' : (result.known?.reason ?? result.reason?.message ?? ''),
        changed ? `Before it was: ${before.join(', ')}.` : '',
      ]
        .filter(Boolean)
        .join(' ');
      row.item.dataset['verdict'] = shown;
      this.refresh(id);
    }

    /** What other clients made of it, in the order of their columns.
     * @param {string} id @param {(Page.OtherVerdict | undefined)[]} others */
    tellOthers(id, others) {
      const row = this.rows.get(id);
      if (row === undefined) return;
      row.others.replaceChildren(
        ...others.map((other) => {
          const cell = make(
            'span',
            `other ${other?.verdict ?? 'none'}`,
            other === undefined ? '' : verdicts.sign(other.verdict),
          );
          cell.setAttribute('aria-hidden', 'true');
          if (other !== undefined) cell.title = `${other.client}: ${verdicts.words(other.verdict)}`;
          return cell;
        }),
        make('span', 'out-of-sight', inWords(others)),
      );
    }

    /** @param {(id: string) => boolean} isShown */
    filter(isShown) {
      for (const [id, { item }] of this.rows) item.hidden = !isShown(id);
      for (const section of this.place.children) {
        if (section instanceof HTMLElement) section.hidden = section.querySelector('.test-row:not([hidden])') === null;
      }
      // The row that the tab key comes to is one that is shown.
      const shown = [...this.rows.values()].filter(({ item }) => !item.hidden);
      const [first] = shown;
      if (first !== undefined && shown.every(({ button }) => button.tabIndex < 0)) this.#settle(first.button);
    }

    /** @param {KeyboardEvent} event */
    #move(event) {
      if (!(event.target instanceof HTMLButtonElement) || event.target.getAttribute('aria-expanded') === null) return;
      const buttons = [...this.rows.values()].filter(({ item }) => !item.hidden).map(({ button }) => button);
      const here = buttons.indexOf(event.target);
      const next = /** @type {Record<string, number>} */ ({
        ArrowDown: Math.min(here + 1, buttons.length - 1),
        ArrowUp: Math.max(here - 1, 0),
        Home: 0,
        End: buttons.length - 1,
      })[event.key];
      if (next === undefined) return;
      event.preventDefault();
      buttons[next]?.focus();
    }

    /** The row that was last gone to is the one that the tab key comes back to. @param {EventTarget | null} target */
    #settle(target) {
      for (const { button } of this.rows.values())
        if (button === target) {
          for (const other of this.rows.values()) other.button.tabIndex = other.button === target ? 0 : -1;
        }
    }
  }

  /** @param {(Page.OtherVerdict | undefined)[]} others */
  function inWords(others) {
    /** @type {Map<string, string[]>} */
    const clients = new Map();
    for (const other of others)
      if (other !== undefined) {
        clients.set(other.verdict, [...(clients.get(other.verdict) ?? []), other.client]);
      }
    const parts = [...clients].map(([verdict, names]) => `${verdicts.words(verdict)}: ${names.join(', ')}`);
    return parts.length === 0 ? '' : ` In other languages: ${parts.join('; ')}.`;
  }

  Crosswire.TestRows = TestRows;
})();
