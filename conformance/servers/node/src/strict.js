// JSON in which no key is there twice in one object, and in which `id` can be found as it was written.

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:,]|[^\s"{}[\]:,]+/g;

/**
 * Reads an object, and gives with it the text of its `id`, or `null`: no number of it may lose a digit.
 * @param {string} text
 * @returns {{ value: Record<string, unknown>, id: string }}
 */
export function readStrictly(text) {
  const value = JSON.parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('it is an object');
  /** @type {(Set<string> | null)[]} */
  const open = []; // the keys of each object that is open; null for a list
  let key = '';
  let id = 'null';
  let begin = 0;
  let last = '';
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    const keys = open.at(-1);
    if (token === ':' && open.length === 1) {
      key = JSON.parse(last);
      begin = index + 1;
    }
    if (token === ':' && keys) {
      if (keys.has(JSON.parse(last))) throw new Error(`the key ${last} is there twice in one object`);
      keys.add(JSON.parse(last));
    }
    if ((token === ',' || token === '}') && open.length === 1 && key === 'id') id = text.slice(begin, index).trim();
    if ((token === ',' || token === '}') && open.length === 1) key = '';
    if (token === '{' || token === '[') open.push(token === '{' ? new Set() : null);
    if (token === '}' || token === ']') open.pop();
    last = token;
  }
  return { value, id };
}
