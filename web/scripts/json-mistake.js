// @ts-check
// Where a text stops being JSON (RFC 8259). Browsers find the place too, but each tells it in another way, and some not at all.

(() => {
  'use strict';

  /** A mistake on its way out of the reader. */
  class Mistake extends Error {
    /** @param {number} at @param {string} problem */
    constructor(at, problem) {
      super(problem);
      this.at = at;
    }
  }

  /** Deeper than this no person writes, and a reader that calls itself would run out of stack. */
  const DEEPEST = 500;

  /** Reads a text once from left to right, and keeps nothing of it. */
  class Reader {
    /** @param {string} text */
    constructor(text) {
      this.text = text;
      this.at = 0;
    }

    document() {
      this.space();
      if (this.at === this.text.length) throw new Mistake(this.at, 'there is nothing yet');
      this.value(0);
      this.space();
      if (this.at < this.text.length) throw new Mistake(this.at, 'something follows the end of the value');
    }

    space() {
      while (/[ \t\n\r]/.test(this.text.charAt(this.at))) this.at += 1;
    }

    /** @param {number} depth */
    value(depth) {
      if (depth > DEEPEST) throw new Mistake(this.at, `deeper than ${DEEPEST} levels is not looked at here`);
      const first = this.text.charAt(this.at);
      if (first === '{') this.object(depth);
      else if (first === '[') this.array(depth);
      else if (first === '"') this.string();
      else if (first === '-' || /[0-9]/.test(first)) this.number();
      else this.word(first);
    }

    /** @param {number} depth */
    object(depth) {
      const start = this.at;
      this.at += 1;
      this.space();
      if (this.take('}')) return;
      for (;;) {
        if (this.text.charAt(this.at) !== '"') this.wanted('a name in double quotes', start, '{');
        this.string();
        this.space();
        if (!this.take(':')) this.wanted('a colon behind the name', start, '{');
        this.space();
        this.value(depth + 1);
        this.space();
        if (this.take('}')) return;
        if (!this.take(',')) this.wanted('a comma or }', start, '{');
        this.space();
      }
    }

    /** @param {number} depth */
    array(depth) {
      const start = this.at;
      this.at += 1;
      this.space();
      if (this.take(']')) return;
      for (;;) {
        this.value(depth + 1);
        this.space();
        if (this.take(']')) return;
        if (!this.take(',')) this.wanted('a comma or ]', start, '[');
        this.space();
      }
    }

    string() {
      const start = this.at;
      this.at += 1;
      for (;;) {
        const character = this.text.charAt(this.at);
        if (character === '') throw new Mistake(start, 'this text has no closing quote');
        if (character < ' ')
          throw new Mistake(this.at, 'a line break or control character in a text is written as \\n or \\u00…');
        if (character === '\\') {
          const escape = /^\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/.exec(this.text.slice(this.at, this.at + 6));
          if (escape === null) throw new Mistake(this.at, 'behind \\ may stand " \\ / b f n r t, or u and four digits');
          this.at += escape[0].length;
        } else {
          this.at += 1;
          if (character === '"') return;
        }
      }
    }

    number() {
      const pattern = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
      pattern.lastIndex = this.at;
      const number = pattern.exec(this.text);
      if (number === null) throw new Mistake(this.at, 'this is no number');
      const end = this.at + number[0].length;
      if (/[0-9.eE+]/.test(this.text.charAt(end)))
        throw new Mistake(end, 'the number is not written as JSON writes numbers');
      this.at = end;
    }

    /** @param {string} first */
    word(first) {
      const word = ['true', 'false', 'null'].find((known) => this.text.startsWith(known, this.at));
      if (word !== undefined) {
        this.at += word.length;
        return;
      }
      if (first === '') throw new Mistake(this.at, 'a value is missing here');
      if (first === "'") throw new Mistake(this.at, 'texts stand in double quotes');
      if (first === ']' || first === '}')
        throw new Mistake(this.at, `a value is missing in front of ${first}; the last one has no comma behind it`);
      throw new Mistake(this.at, 'a value begins with { [ " a digit or -, or is true, false or null');
    }

    /** @param {string} character */
    take(character) {
      if (this.text.charAt(this.at) !== character) return false;
      this.at += 1;
      return true;
    }

    /** @param {string} what @param {number} start @param {string} opening */
    wanted(what, start, opening) {
      if (this.at === this.text.length) throw new Mistake(start, `this ${opening} is never closed`);
      throw new Mistake(this.at, `${what} is wanted here`);
    }
  }

  /** @param {string} text @returns {{ at: number, line: number, column: number, problem: string } | null} */
  function findJsonMistake(text) {
    try {
      new Reader(text).document();
      return null;
    } catch (mistake) {
      if (!(mistake instanceof Mistake)) throw mistake;
      const lines = text.slice(0, mistake.at).split('\n');
      return {
        at: mistake.at,
        line: lines.length,
        column: [...(lines.at(-1) ?? '')].length + 1,
        problem: mistake.message,
      };
    }
  }

  Crosswire.findJsonMistake = findJsonMistake;
})();
