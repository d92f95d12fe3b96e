import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './page.mjs';

const Crosswire = load('latencies', 'echo-run');
Crosswire.meter = { sent: 0, received: 0, waiting: new Set() };

/** A server that answers no handshake, until it is given up on; or one that opens and says nothing. */
function hanging({ opens = false } = {}) {
    const made = [];
    class Connection extends EventTarget {
        bufferedAmount = 0;
        isClosed = false;
        isFree = false;
        constructor() {
            super();
            made.push(this);
            this.opening = new Promise((resolve, reject) => {
                this.giveUp = reject;
                if (opens) resolve();
            });
        }
        opened() {
            return this.opening;
        }
        closed() {
            return new Promise(() => {});
        }
        async send() {}
        async close() {
            this.isClosed = true;
            this.giveUp(new Error('closed before it was open'));
        }
        free() {
            this.isFree = true;
        }
    }
    globalThis.crosswire = { ready: Promise.resolve(), Connection };
    return made;
}

const plan = { address: 'ws://127.0.0.1:9001/echo', number: 10, size: 16, flight: 1 };

test('a run is stopped at once while the server does not answer, and its connection is given up', async () => {
    for (const opens of [false, true]) {
        const made = hanging({ opens });
        const stopping = new AbortController();
        const running = Crosswire.runEchoes(plan, { stop: stopping.signal, progress: () => {} });
        setTimeout(() => stopping.abort(), 20);
        const { latencies, stopped } = await running;
        assert.deepEqual([latencies.count, stopped], [0, true]);
        await new Promise((resolve) => setTimeout(resolve));
        assert.deepEqual([made.length, made[0].isClosed, made[0].isFree], [1, true, true]);
    }
});

test('a run that is stopped before it began connects to nobody', async () => {
    const made = hanging();
    const { stopped } = await Crosswire.runEchoes(plan, { stop: AbortSignal.abort(), progress: () => {} });
    assert.deepEqual([stopped, made.length], [true, 0]);
});
