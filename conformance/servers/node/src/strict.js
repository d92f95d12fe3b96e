// JSON in which no key is there twice in one object, in which `1e3` and `1.0` are no whole numbers, and in which `id` can
// be found as it was written.

const TOKEN = /"|[{}[\]:,]|[^\s"{}[\]:,]+/g;
const NOT_IN_DIGITS = /^-?\d+[.eE]|^-0/;

/**
 * Reads an object, and gives with it the text of its `id`, or `null`: no number of it may lose a digit. Of the others it
 * gives the first one that is not in digits alone, with the field of the object that has it.
 * @param {string} text
 * @returns {{ value: Record<string, unknown>, id: string, odd: { field: string, number: string } | null }}
 */
export function readStrictly(text) {
  const value = JSON.parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('it is an object');
  /** @type {(Set<string> | null)[]} */
  const open = []; // the keys of each object that is open; null for a list
  let field = '';
  let odd = null;
  let id = 'null';
  let begin = 0;
  let last = '';
  for (const { token, index } of tokens(text)) {
    const keys = open.at(-1);
    if (token === ':' && keys) {
      const key = JSON.parse(last);
      if (keys.has(key)) throw new Error(`the key ${last} is there twice in one object`);
      keys.add(key);
      if (open.length === 1) [field, begin] = [key, index + 1];
    }
    if ((token === ',' || token === '}') && open.length === 1 && field === 'id') id = text.slice(begin, index).trim();
    if (token === ',' && open.length === 1) field = '';
    if (NOT_IN_DIGITS.test(token) && field !== 'id') odd ??= { field, number: token };
    if (token === '{' || token === '[') open.push(token === '{' ? new Set() : null);
    if (token === '}' || token === ']') open.pop();
    last = token;
  }
  return { value, id, odd };
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
    yield { token: text.slice(found.index, end), index: found.index };
  }
}
