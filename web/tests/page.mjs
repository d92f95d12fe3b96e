// The page's scripts that need no page, loaded as a browser loads them: one after the other, into one global scope.

import { readFileSync } from 'node:fs';
import { runInThisContext } from 'node:vm';

/** @param {...string} names */
export function load(...names) {
    for (const name of ['namespace', ...names]) {
        const file = new URL(`../scripts/${name}.js`, import.meta.url);
        runInThisContext(readFileSync(file, 'utf8'), { filename: file.pathname });
    }
    return globalThis.Crosswire;
}
