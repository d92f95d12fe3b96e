// JSON in which no key is there twice in one object, and in which `1e3` and `1.0` are no whole numbers.

const TOKEN = /"|[{}[\]:,]|[^\s"{}[\]:,]+/g;
const NOT_IN_DIGITS = /^-?\d+[.eE]|^-0/;

/**
 * Reads a line, and gives with it the first number that is not in digits alone, with the field of the line that has it.
 * @param {string} text
 * @returns {{ value: unknown, odd: { field: string, number: string } | null }}
 */
export function readStrictly(text) {
  const value = JSON.parse(text);
  /** @type {(Set<string> | null)[]} */
  const open = []; // the keys of each object that is open; null for a list
  let field = '';
  let odd = null;
  let last = '';
  for (const token of tokens(text)) {
    const keys = open.at(-1);
    if (token === ':' && keys) {
      const key = JSON.parse(last);
      if (keys.has(key)) throw new Error(`the key ${last} is there twice in one object`);
      keys.add(key);
      if (open.length === 1) field = key;
    }
    if (NOT_IN_DIGITS.test(token)) odd ??= { field, number: token };
    if (token === '{' || token === '[') open.push(token === '{' ? new Set() : null);
    if (token === '}' || token === ']') open.pop();
    last = token;
  }
  return { value, odd };
}

/**
 * The tokens of JSON that is known to be some. A text is walked through, however long it is: an expression that matched
 * all of it would run out of stack.
 * @param {string} text
 */
function* tokens(text) {
  const token = new RegExp(TOKEN);
  for (let found = token.exec(text); found !== null; found = token.exec(text)) {
    let end = token.lastIndex;
    if (found[0] === '"') {
      while (text[end] !== '"') end += text[end] === '\\' ? 2 : 1;
      token.lastIndex = ++end;
    }
    yield text.slice(found.index, end);
  }
}
