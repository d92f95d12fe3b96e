// Tests of the client as JavaScript sees it. Each is given the class and the server, and throws where something is wrong.

const load = async () => {
  const module = await import("/pkg/web/crosswire.js");
  await module.default();
  return module.Connection;
};
let loaded;

const tests = {
  async opens_sends_and_closes({ Connection, at }) {
    const connection = new Connection(at("/ws"), { subprotocols: ["soap", "crosswire.v1.plain"] });
    equal(connection.status, "connecting");
    await connection.opened();
    equal(connection.status, "open");
    equal([connection.url, connection.subprotocol, connection.extensions], [at("/ws"), "crosswire.v1.plain", ""]);
    const messages = connection[Symbol.asyncIterator]();
    equal(JSON.parse((await messages.next()).value).type, "welcome");
    await connection.send("hello");
    equal(await messages.next(), { value: "hello", done: false });
    equal(connection.bufferedAmount, 0);
    const closing = connection.close(4000, "bye");
    equal(connection.status, "closing");
    equal(await closing, { code: 4000, reason: "bye", clean: true });
    equal(connection.status, "closed");
    equal(await connection.closed(), { code: 4000, reason: "bye", clean: true });
    equal(await messages.next(), { value: undefined, done: true });
    const other = await Connection.open(new URL(at("/echo")));
    equal(other.subprotocol, null);
    equal(await other.close(), { code: 1005, reason: "", clean: true });
  },

  async reads_with_a_loop({ Connection, at }) {
    const connection = await Connection.open(at("/scenario/glued"));
    const read = [];
    for await (const message of connection) {
      read.push(message);
      if (read.length === 100) connection.close(1000);
    }
    equal(read, Array.from({ length: 100 }, (_, i) => `message ${i}`));
  },

  async a_loop_that_was_left_can_be_gone_on_with({ Connection, at }) {
    const connection = await Connection.open(at("/scenario/glued"));
    for await (const message of connection) if (message === "message 9") break;
    equal(connection.status, "open");
    for await (const message of connection) {
      equal(message, "message 10");
      break;
    }
    await connection.close();
  },

  async several_next_at_once_are_answered_in_order({ Connection, at }) {
    const connection = await Connection.open(at("/echo"));
    const messages = connection[Symbol.asyncIterator]();
    const waiting = [messages.next(), messages.next(), messages.next(), messages.next()];
    for (const text of ["a", "b", "c"]) await connection.send(text);
    equal((await Promise.all(waiting.slice(0, 3))).map(({ value }) => value), ["a", "b", "c"]);
    await connection.close();
    equal(await waiting[3], { value: undefined, done: true });
  },

  async reads_with_listeners({ Connection, at }) {
    const connection = await Connection.open(at("/echo?tag=listened"));
    const heard = [];
    let once = 0;
    const silenced = () => heard.push("never");
    connection.addEventListener("message", silenced);
    connection.removeEventListener("message", silenced);
    connection.addEventListener("message", ({ data }) => heard.push(data));
    connection.addEventListener("message", { handleEvent: () => once++ }, { once: true });
    const end = new Promise((resolve) => connection.addEventListener("close", resolve));
    for (const text of ["a", "b", "c"]) await connection.send(text);
    await command(at, "listened", [{ close: { code: 4001, reason: "bye" } }]);
    const { type, code, reason, wasClean } = await end;
    equal([type, code, reason, wasClean], ["close", 4001, "bye", true]);
    equal([heard, once], [["a", "b", "c"], 1]);
  },

  async listeners_are_given_what_came_before_them({ Connection, at }) {
    const connection = await Connection.open(at("/scenario/glued"));
    // The echo is behind the hundred: when it is there, so are they.
    const other = await Connection.open(at("/echo"));
    await other.send("x");
    for await (const _ of other) break;
    await other.close();
    const heard = [];
    const all = new Promise((resolve) => {
      connection.addEventListener("message", ({ data }) => heard.push(data) === 100 && resolve());
    });
    await all;
    equal(heard, Array.from({ length: 100 }, (_, i) => `message ${i}`));
    await connection.close();
  },

  async listeners_that_come_after_the_end_are_given_the_rest({ Connection, at }) {
    const connection = await Connection.open(at("/scenario/message-then-close"));
    let ends = 0;
    connection.addEventListener("close", () => ends++);
    await connection.closed();
    const message = await new Promise((resolve) => connection.addEventListener("message", resolve));
    equal(typeof message.data, "string");
    equal(ends, 1);
  },

  async a_listener_that_throws_stops_nobody({ Connection, at }) {
    const connection = await Connection.open(at("/echo"));
    const reported = new Promise((resolve) => {
      const report = (event) => {
        event.preventDefault();
        event.stopImmediatePropagation();
        resolve(event.error);
      };
      addEventListener("error", report, { once: true, capture: true });
    });
    const wrong = new Error("a listener's own");
    connection.addEventListener("message", () => {
      throw wrong;
    }, { once: true });
    const heard = [];
    const both = new Promise((resolve) => {
      connection.addEventListener("message", ({ data }) => heard.push(data) === 2 && resolve());
    });
    await connection.send("a");
    await connection.send("b");
    await both;
    equal(heard, ["a", "b"]);
    equal((await reported) === wrong, true);
    await connection.close();
  },

  async one_connection_has_one_way_of_reading({ Connection, at }) {
    const heard = await Connection.open(at("/echo"));
    heard.addEventListener("message", () => {});
    throws(TypeError, /given to its listeners/, () => heard[Symbol.asyncIterator]());
    const looped = await Connection.open(at("/echo"));
    looped[Symbol.asyncIterator]();
    throws(TypeError, /read by a loop/, () => looped.addEventListener("message", () => {}));
    looped.addEventListener("close", () => {});
    await Promise.all([heard.close(), looped.close()]);
  },

  async takes_every_kind_of_message({ Connection, at }) {
    const connection = await Connection.open(at("/echo"));
    const messages = connection[Symbol.asyncIterator]();
    const bytes = new Uint8Array([0, 127, 255]);
    for (const message of [bytes, bytes.buffer, new DataView(bytes.buffer), bytes.subarray(0)]) {
      await connection.send(message);
      const { value } = await messages.next();
      equal(value instanceof ArrayBuffer, true);
      equal([...new Uint8Array(value)], [0, 127, 255]);
    }
    await connection.send(bytes.subarray(1, 2));
    equal([...new Uint8Array((await messages.next()).value)], [127]);
    for (const message of ["", "ä😀\0", "x".repeat(100_000)]) {
      await connection.send(message);
      equal((await messages.next()).value, message);
    }
    await connection.sendJson({ a: [1, null] });
    equal((await messages.next()).value, '{"a":[1,null]}');
    await connection.close();
  },

  async sends_without_waiting_stay_in_order({ Connection, at }) {
    const connection = await Connection.open(at("/echo"));
    const sent = Array.from({ length: 10_000 }, (_, i) => connection.send(`message ${i}`));
    const closing = Promise.all(sent).then(() => connection.send("last"));
    let i = 0;
    for await (const message of connection) {
      if (message === "last") break;
      if (message !== `message ${i++}`) throw new Error(`${message} came as number ${i}`);
    }
    equal(i, 10_000);
    await closing;
    await connection.close();
  },

  async a_send_waits_for_room({ Connection, at }) {
    const connection = await Connection.open(at("/echo"), { highWaterMark: 1000 });
    const [first, second] = [connection.send(new Uint8Array(50_000)), connection.send("behind it")];
    // Both wait for the same: for room.
    equal(connection.bufferedAmount > 1000, true);
    equal(first === second, true);
    await first;
    equal(connection.bufferedAmount <= 1000, true);
    await connection.close();
    equal((await connection.send("late").catch((error) => error)).code, "closed");
  },

  async fails_with_errors_that_programs_can_tell_apart({ Connection, at }) {
    const open = (path, options) => Connection.open(at(path), options);
    const echo = await open("/echo");
    const abandoned = new Connection(at("/scenario/no-answer"));
    abandoned.close();
    const sendEarly = async () => {
      const early = new Connection(at("/echo"));
      await early.send("x").finally(() => early.close());
    };
    const shared = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }).buffer;
    const circle = {};
    circle.own = circle;
    for (const [code, attempt] of [
      ["bad-url", () => Connection.open("not a url ::")],
      ["bad-url", () => new Connection("ftp://127.0.0.1/")],
      ["bad-subprotocol", () => open("/ws", { subprotocols: ["a b"] })],
      ["refused", () => open("/scenario/refuse")],
      ["too-slow", () => open("/scenario/no-answer", { openWithin: 50 })],
      ["closed-before-open", () => abandoned.opened()],
      ["not-open-yet", () => sendEarly()],
      ["not-json", () => echo.sendJson(undefined)],
      ["not-json", () => echo.sendJson(circle)],
      ["not-json", () => echo.sendJson(1n)],
      ["not-a-message", () => echo.send(new Uint8Array(shared))],
      ["not-a-message", () => echo.send("half of \ud83d")],
      ["code-not-allowed", () => echo.close(1001)],
      ["reason-too-long", () => echo.close(1000, "ä".repeat(62))],
      ["closing", () => (echo.close(1000), echo.send("x"))],
      ["closed", () => echo.closed().then(() => echo.sendJson(1))],
    ]) {
      const error = await (async () => attempt())().then(() => undefined, (error) => error);
      equal([code, error instanceof Error, error?.name, error?.code], [code, true, "ConnectionError", code]);
      equal(error.message.length > 30, true);
    }
  },

  async mistakes_are_type_errors({ Connection, at }) {
    const connection = await Connection.open(at("/echo"));
    for (const [words, attempt] of [
      [/no option `subProtocols`; known are subprotocols/, () => new Connection(at("/ws"), { subProtocols: [] })],
      [/`subprotocols` is an array of strings/, () => new Connection(at("/ws"), { subprotocols: "chat" })],
      [/`subprotocols` is an array of strings/, () => new Connection(at("/ws"), { subprotocols: [1] })],
      [/`openWithin` is a number/, () => new Connection(at("/ws"), { openWithin: "1s" })],
      [/`unreadLimit` is a number/, () => new Connection(at("/ws"), { unreadLimit: -1 })],
      [/options are an object/, () => new Connection(at("/ws"), 5)],
      [/there is no event `mesage`/, () => connection.addEventListener("mesage", () => {})],
      [/send\(\) takes a string.*not number/, () => connection.send(5)],
      [/a url is a string or a URL, and not undefined/, () => new Connection()],
      [/a url is a string or a URL, and not null/, () => Connection.open(null)],
      [/not undefined/, () => connection.send()],
      [/not null/, () => connection.send(null)],
      [/sendJson\(\) takes other values/, () => connection.send({ a: 1 })],
      [/a code is a whole number/, () => connection.close(1000.5)],
      [/a code is a whole number/, () => connection.close("1000")],
      [/a reason needs a code/, () => connection.close(undefined, "bye")],
      [/a reason is a string/, () => connection.close(1000, 5)],
    ]) {
      await rejects(TypeError, words, attempt);
    }
    equal(connection.status, "open");
    await connection.close();
  },

  async lives_without_its_object({ Connection, at }) {
    const connection = await Connection.open(at("/echo"));
    const heard = new Promise((resolve) => connection.addEventListener("message", ({ data }) => resolve(data)));
    const closed = connection.closed();
    await connection.send("hello");
    connection.free();
    equal(await heard, "hello");
    const again = await Connection.open(at("/echo?tag=lives"));
    again.addEventListener("message", () => {});
    const end = again.closed();
    again.free();
    await command(at, "lives", [{ close: { code: 4002 } }]);
    equal((await end).code, 4002);
    equal(await Promise.race([closed, Promise.resolve("open")]), "open");
  },

  async is_what_its_declarations_say({ Connection }) {
    const declarations = await (await fetch("/pkg/web/crosswire.d.ts")).text();
    const [, body] = declarations.match(/export class Connection [^{]*\{\n(.*?)\n\}/s);
    const members = body.replace(/ *\/\*\*.*?\*\/\n/gs, "").match(/^ {2}(?![ )])[^(:<;]+/gm);
    const names = members.map((member) => member.trim().replace("readonly ", ""));
    const own = (object, besides) => Reflect.ownKeys(object).map((key) => key.description ? `[${key.description}]` : key)
      .filter((key) => !besides.includes(key));
    // Of these wasm-bindgen makes its own.
    const methods = own(Connection.prototype, ["__destroy_into_raw", "[Symbol.dispose]"]);
    const statics = own(Connection, ["length", "name", "prototype", "__wrap"]).map((name) => `static ${name}`);
    equal(new Set(names).size, names.length);
    equal([...names].sort(), [...methods, ...statics].sort());
  },

  async is_loaded_by_a_classic_script({ at }) {
    const script = document.createElement("script");
    script.src = "/pkg/classic/crosswire.js";
    const there = new Promise((resolve, reject) => Object.assign(script, { onload: resolve, onerror: reject }));
    document.head.append(script);
    await there;
    await crosswire.ready;
    const connection = await crosswire.Connection.open(at("/echo"));
    await connection.send("hello");
    for await (const message of connection) {
      equal(message, "hello");
      break;
    }
    equal((await connection.close(1000)).clean, true);
  },
};

export const names = () => Object.keys(tests);

export async function run(name, url, control) {
  loaded ??= load();
  const at = (path) => (path === "/control" ? control : url + path);
  await tests[name]({ Connection: await loaded, at });
}

/** Has the server act on the connection with a tag. */
async function command(at, to, act) {
  const socket = new WebSocket(at("/control"));
  await new Promise((resolve, reject) => Object.assign(socket, { onopen: resolve, onerror: reject }));
  const answer = new Promise((resolve) => (socket.onmessage = ({ data }) => resolve(JSON.parse(data))));
  socket.send(JSON.stringify({ id: 1, to, act }));
  const { ok, message } = await answer;
  socket.close();
  if (!ok) throw new Error(message);
}

function equal(have, want) {
  const [left, right] = [have, want].map((value) => JSON.stringify(value, (_, part) => part === undefined ? "undefined" : part));
  if (left !== right) throw new Error(`${left} is not ${right}`);
}

function throws(kind, words, attempt) {
  try {
    attempt();
  } catch (error) {
    if (error instanceof kind && words.test(error.message)) return;
    throw error;
  }
  throw new Error(`nothing was thrown; wanted was ${words}`);
}

const rejects = async (kind, words, attempt) => {
  let settled;
  try {
    settled = await attempt();
  } catch (error) {
    return throws(kind, words, () => {
      throw error;
    });
  }
  throw new Error(`nothing was thrown but ${settled}; wanted was ${words}`);
};
