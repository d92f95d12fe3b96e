// The manifest, the hello of each driver, the packages and the registry, held against one another.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { Driver } from '../src/driver.js';
import { library as undici } from '../src/with-undici.js';
import { library as ws } from '../src/with-ws.js';
import { FOLDER, ROOT, readJson } from './reference.js';

const { clients } = readJson(join(FOLDER, 'impl.json'));
const { dependencies } = readJson(join(FOLDER, 'package.json'));
const registry = readJson(join(ROOT, 'conformance/capabilities.json')).client;

for (const [i, library] of [ws, undici].entries()) {
  const entry = clients[i];

  test(`the hello of ${library.client} is that of the manifest`, () => {
    const hello = new Driver(library, { put() {} }).hello();
    assert.equal(hello.client, entry.name);
    assert.equal(hello.language, entry.language);
    assert.equal(entry.run.at(-1), entry.library);
    assert.equal(hello.library, `${entry.library} ${dependencies[entry.library]}`);
    for (const capability of hello.capabilities) assert(capability in registry, capability);
  });

  test(`what is known of ${library.client} has a reason and a link`, () => {
    const { known } = readJson(join(FOLDER, entry.known));
    assert(known.length > 0);
    for (const { reason, link } of known) {
      assert.match(reason, /\.$/);
      assert.match(link, /^https:\/\/(github\.com|websockets\.spec\.whatwg\.org)\//);
    }
  });
}

test('every package is pinned, and the lock file names hashes and no addresses', () => {
  const { dependencies, devDependencies } = readJson(join(FOLDER, 'package.json'));
  for (const version of Object.values({ ...dependencies, ...devDependencies }))
    assert.match(version, /^\d+\.\d+\.\d+$/);
  const { packages } = readJson(join(FOLDER, 'package-lock.json'));
  for (const [path, { integrity, resolved }] of Object.entries(packages)) {
    if (path !== '') assert.match(integrity, /^sha512-/);
    assert.equal(resolved, undefined);
  }
});
