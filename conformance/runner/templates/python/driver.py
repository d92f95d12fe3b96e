"""The driver of {{name}}: reads commands, has library.py carry them out, and reports, as conformance/drivers.md says.

It knows no library. What it does not know it refuses: a command that is passed over is a test that is passed over.
"""

import asyncio
import hashlib
import json
import os
import sys
import time
import traceback
from base64 import b64decode, b64encode
from urllib.parse import urlsplit

import library

LONGEST_LINE = 4 << 20
LISTEN_WITHIN = 2  # seconds; the command says no time of its own
SHOWN_IN_FULL = 4096  # bytes; a longer message is told by its hash
# What each command needs, and what it may have. A capability that you claim in library.py brings more of both.
COMMANDS = {
    "hello": ({"protocol"}, set()),
    "open": ({"seq", "c", "on", "url", "within_ms"}, {"subprotocols", "data"}),
    "send": ({"seq", "c", "on"}, {"text", "base64", "fill"}),
    "close": ({"seq", "c", "on", "within_ms"}, {"code", "reason"}),
    "listen": ({"seq", "c", "url"}, set()),
    "end": ({"seq", "c"}, set()),
    "bye": (set(), set()),
}
FIELDS = {
    "seq": int, "c": int, "protocol": int, "within_ms": int, "code": int, "on": str, "url": str, "text": str,
    "base64": str, "reason": str, "data": str, "subprotocols": list, "fill": dict,
}  # fmt: skip


class Test:
    """A test that has not ended. Its events are numbered without a gap."""

    def __init__(self, seq):
        self.seq, self.n, self.connections, self.tasks = seq, 0, {}, set()

    def report(self, what, **more):
        self.n += 1
        ms = round(time.monotonic() * 1000, 3)
        say(event={"seq": self.seq, "n": self.n, "ms": ms, "is": what, **more})

    def start(self, life):
        task = asyncio.create_task(life)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def end(self, c):
        for task in self.tasks:
            task.cancel()
        self.report("ended", c=c)


class Connection:
    """One task reads, another carries out commands in their order, and neither waits for the other."""

    def __init__(self, test, opening):
        self.test, self.opening, self.on = test, opening, opening["on"]
        self.waiting = asyncio.Queue()  # commands, and behind the last message the end
        self.deadlines = []

    async def live(self):
        within = self.opening["within_ms"]
        try:
            async with asyncio.timeout(within / 1000):
                link = await library.connect(self.opening["url"], self.opening.get("subprotocols", []))
        except Exception as error:
            words = f"not open within {within} ms" if isinstance(error, TimeoutError) else words_of(error)
            self.answer(self.opening, "refused", error=words, status=None)
            while True:
                self.answer(await self.waiting.get(), "failed", error=words)
        try:
            self.answer(self.opening, "opened", subprotocol=link.subprotocol, extensions=None)
            self.test.start(self.read(link))
            while True:
                match await self.waiting.get():
                    case library.Ending() as ending:
                        self.close(ending)
                    case command:
                        await self.carry_out(link, command)
        finally:
            link.cut()

    async def read(self, link):
        in_full = self.opening.get("data") == "full"
        try:
            while not isinstance(message := await link.receive(), library.Ending):
                self.test.report("received", on=self.on, **shown(message, in_full))
        except Exception as error:
            # Whatever a library raises here, nothing comes any more; it is an Ending that library.py does not know yet.
            traceback.print_exc()
            message = library.Ending(code=1006, reason=words_of(error), is_clean=False)
        self.waiting.put_nowait(message)

    async def carry_out(self, link, command):
        try:
            if command["cmd"] == "send":
                await link.send(payload(command))
            else:
                within = command["within_ms"] / 1000
                self.deadlines.append(asyncio.get_running_loop().call_later(within, link.cut))
                await link.close(command.get("code"), command.get("reason", ""))
        except Exception as error:
            self.answer(command, "failed", error=words_of(error))
        else:
            self.answer(command, "done")

    def close(self, ending):
        for deadline in self.deadlines:
            deadline.cancel()
        how = {"code": ending.code, "reason": ending.reason, "clean": ending.is_clean}
        self.test.report("closed", on=self.on, **how)

    def answer(self, command, what, **more):
        self.test.report(what, c=command["c"], on=self.on, **more)


async def listen(test, command):
    """Connects to the address of a URL, and ends the connection."""
    try:
        url = urlsplit(command["url"])
        async with asyncio.timeout(LISTEN_WITHIN):
            _, writer = await asyncio.open_connection(url.hostname, url.port)
        writer.close()
    except (OSError, ValueError) as error:
        test.report("failed", c=command["c"], error=words_of(error))
    else:
        test.report("listened", c=command["c"])


def payload(command):
    """The message that a command tells, in one of three forms."""
    if "text" in command:
        return command["text"]
    if "base64" in command:
        return b64decode(command["base64"], validate=True)
    length = command["fill"]["len"]
    if command["fill"]["as"] == "text":
        return ("abcdefghijklmnopqrstuvwxyz" * (length // 26 + 1))[:length]
    return (bytes(range(251)) * (length // 251 + 1))[:length]


def shown(message, in_full):
    """How a message is told: whole, or by its hash."""
    kind, data = ("text", message.encode()) if isinstance(message, str) else ("binary", message)
    if len(data) <= SHOWN_IN_FULL or in_full:
        return {"text": message} if kind == "text" else {"base64": b64encode(data).decode()}
    return {"kind": kind, "len": len(data), "sha256": hashlib.sha256(data).hexdigest(), "head": data[:64].hex()}


def check(command):
    """Nothing is carried out of a command that has a field too many, lacks one, or has one of another type."""
    name = command.get("cmd") if isinstance(command, dict) else None
    if name not in COMMANDS:
        raise ValueError(f"there is no command {json.dumps(name):.60}; there are {', '.join(COMMANDS)}")
    needed, more = COMMANDS[name]
    for field in sorted(needed - command.keys()):
        raise ValueError(f"`{name}` needs a field `{field}`")
    for field in sorted(command.keys() - {"cmd"} - needed - more):
        raise ValueError(f"`{name}` has no field `{field}`")
    for field in command.keys() - {"cmd"}:
        if type(command[field]) is not FIELDS[field]:
            raise ValueError(f"`{field}` of `{name}` is a {FIELDS[field].__name__}")
    if name == "hello" and command["protocol"] != 1:
        raise ValueError(f"protocol {command['protocol']} is not spoken here, but 1")
    if name == "send" and len({"text", "base64", "fill"} & command.keys()) != 1:
        raise ValueError("a payload is exactly one of `text`, `base64` and `fill`")
    return command


def begin(command, tests):
    """Begins what a command says; nothing waits for its end."""
    if command["cmd"] == "hello":
        who = {"client": "{{name}}", "language": "{{language}}", "runtime": f"python {sys.version.split()[0]}"}
        what = {"library": library.VERSION, "capabilities": library.CAPABILITIES}
        say(hello=who | what | {"max_concurrent": 16, "origin": None})
        return
    seq, c, on = command["seq"], command["c"], command.get("on")
    test = tests.setdefault(seq, Test(seq))
    match command["cmd"]:
        case "end":
            tests.pop(seq).end(c)
        case "listen":
            test.start(listen(test, command))
        case "open":
            test.connections[on] = Connection(test, command)
            test.start(test.connections[on].live())
        case _ if on in test.connections:
            test.connections[on].waiting.put_nowait(command)
        case _:
            test.report("failed", c=c, on=on, error=f"the test has no connection `{on}`")


def say(**line):
    print(json.dumps(line), flush=True)


def words_of(error):
    return str(error) or type(error).__name__


async def lines():
    """The lines of standard input, which may be a pipe, a terminal or a file."""
    begun = b""
    while block := await next_block():
        *ended, begun = (begun + block).split(b"\n")
        if max(map(len, [*ended, begun])) > LONGEST_LINE:
            sys.exit(f"a line is at most {LONGEST_LINE} bytes long, and this one is longer")
        for line in ended:
            yield line
    if begun:
        yield begun


async def next_block():
    """What can be read at once, as soon as something can: a hop to a thread for each line would be slow."""
    loop, readable = asyncio.get_running_loop(), asyncio.Event()
    try:
        loop.add_reader(0, readable.set)
        await readable.wait()
        loop.remove_reader(0)
    except PermissionError:
        pass  # there is no waiting for a file on a disk: it can always be read
    return os.read(0, 1 << 16)


async def main():
    tests = {}
    async for line in lines():
        command = {}
        try:
            command = json.loads(line)
            if check(command)["cmd"] == "bye":
                return
            begin(command, tests)
        except (ValueError, TypeError, RecursionError) as error:
            given = command if isinstance(command, dict) else {}
            say(error={"message": words_of(error)} | {name: given[name] for name in ("seq", "c") if name in given})


asyncio.run(main())
