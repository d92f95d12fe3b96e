// The driver of a library, over standard input and output: `node src/main.js ws`.
import { Driver } from './driver.js';
import { lines, Output } from './stdio.js';

const LIBRARIES = ['ws', 'undici'];
const CRASHED = 1;
const WRONG_USAGE = 2;

/** @param {Error} error */
function crash(error) {
  console.error(`crosswire-client: the output cannot be written: ${error.message}`);
  process.exit(CRASHED);
}

const [name, ...more] = process.argv.slice(2);
if (name === undefined || !LIBRARIES.includes(name) || more.length > 0) {
  console.error(`usage: node src/main.js ${LIBRARIES.join('|')}`);
  process.exit(WRONG_USAGE);
}

const { library } = await import(`./with-${name}.js`);
const output = new Output(crash);
const driver = new Driver(library, output);
for await (const line of lines(process.stdin)) if (!driver.take(line)) break;
driver.letGo();
await output.end().catch(crash);
process.exit(0);
