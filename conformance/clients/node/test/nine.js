// The names of the nine, in the list and in a file of tests.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { LIST } from './reference.js';

/**
 * Holds the tests that a file has under `core/` to be those of the list, in its order.
 * @param {string} url of the file
 */
export function theseAreTheNine(url) {
  test('these are the nine of the list', () => {
    const written = [...readFileSync(new URL(url), 'utf8').matchAll(/^test\('(core\/[^']+)'/gm)].map(
      ([, name]) => name,
    );
    assert.deepEqual(
      written,
      LIST.map(({ id }) => id).filter((id) => id.startsWith('core/')),
    );
  });
}
