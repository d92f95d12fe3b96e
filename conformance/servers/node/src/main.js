// `node src/main.js` listens on a free port of 127.0.0.1, says so, and stops when its standard input ends.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { Server, version } from './server.js';

const CAN = [
  'welcome',
  'echo',
  'bare-echo',
  'routes',
  'subprotocols',
  'origins',
  'no-extensions',
  'control',
  'control-close-without-code',
  'control-ping',
  'control-drop',
  'control-fragments',
  'control-reading',
  'journal',
  'journal-pings',
];
const LAST = 1500; // ms that clients have to take their leave
const WRONG_USAGE = 2;

const limits = read(process.argv.slice(2));
const http = createServer((request, response) => server.turnAway(request, response));
http.listen(0, '127.0.0.1');
await once(http, 'listening');
const { port } = /** @type {import('node:net').AddressInfo} */ (http.address());
const host = `127.0.0.1:${port}`;
const server = new Server(limits, host);
http.on('upgrade', (request, socket, head) => server.upgrade(request, socket, head));

const ready = {
  url: `ws://${host}`,
  control: `ws://${host}/control`,
  name: 'node-ws',
  version: `ws ${version}`,
  can: CAN,
  limits: { max_message: limits.maxMessage },
};
console.log(JSON.stringify({ ready }));

process.stdin.resume();
await once(process.stdin, 'end');
http.close();
await server.stop(LAST);
process.exit(0);

/**
 * @param {string[]} args
 * @returns {import('./server.js').Limits}
 */
function read(args) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        'max-message': { type: 'string', default: String(2 ** 20) },
        'max-sessions': { type: 'string', default: '10000' },
        'allow-origin': { type: 'string', multiple: true, default: [] },
      },
    });
    const count = (/** @type {'max-message' | 'max-sessions'} */ name) => {
      if (!/^[1-9]\d{0,14}$/.test(values[name]))
        throw new Error(`--${name}: '${values[name]}' is not a whole number from 1`);
      return Number(values[name]);
    };
    return { maxMessage: count('max-message'), maxSessions: count('max-sessions'), origins: values['allow-origin'] };
  } catch (error) {
    console.error(`crosswire-server: ${/** @type {Error} */ (error).message}`);
    console.error('usage: node src/main.js [--max-message=BYTES] [--max-sessions=N] [--allow-origin=ORIGIN]…');
    return process.exit(WRONG_USAGE);
  }
}
