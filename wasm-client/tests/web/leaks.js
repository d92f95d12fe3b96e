// Counts what is left in the page: listeners of sockets, and timers.

const count = { listeners: 0, added: 0, timers: new Set() };

for (const [name, change] of [["addEventListener", 1], ["removeEventListener", -1]]) {
  const real = EventTarget.prototype[name];
  EventTarget.prototype[name] = function (...given) {
    if (this instanceof WebSocket) {
      count.listeners += change;
      count.added += Math.max(change, 0);
    }
    return real.apply(this, given);
  };
}

// A timer that has gone off by itself is over; an interval never is.
const { setTimeout, clearTimeout, setInterval, clearInterval } = globalThis;
globalThis.setTimeout = (act, ...given) => {
  const timer = setTimeout(() => {
    count.timers.delete(timer);
    act();
  }, ...given);
  count.timers.add(timer);
  return timer;
};
globalThis.setInterval = (act, ...given) => {
  const timer = setInterval(act, ...given);
  count.timers.add(timer);
  return timer;
};
globalThis.clearTimeout = globalThis.clearInterval = (timer) => {
  count.timers.delete(timer);
  clearTimeout(timer);
  clearInterval(timer);
};

export const listeners = () => count.listeners;
export const listenersAdded = () => count.added;
export const timers = () => count.timers.size;
