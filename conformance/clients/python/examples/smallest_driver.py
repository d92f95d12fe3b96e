"""The smallest driver there can be: it does what every driver must, claims no capability, and says of all else that it
does not know it. It reads a command a line and writes an event a line, as conformance/drivers.md has them."""

import asyncio
import hashlib
import json
import os
import sys
from base64 import b64decode, b64encode
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import suppress
from string import ascii_lowercase
from typing import Any
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.version import version

# What a command needs, and what it may have. Whoever knows a field does what it says: what is not here is refused.
FIELDS = {
    "hello": ({"protocol"}, set[str]()),
    "open": ({"seq", "c", "on", "url", "within_ms"}, {"subprotocols", "data"}),
    "send": ({"seq", "c", "on"}, {"text", "base64", "fill"}),
    "close": ({"seq", "c", "on", "within_ms"}, {"code", "reason"}),
    "listen": ({"seq", "c", "url"}, set[str]()),
    "end": ({"seq", "c"}, set[str]()),
    "bye": (set[str](), set[str]()),
}
HELLO = {"client": "python-smallest", "language": "python", "runtime": sys.version.split()[0], "origin": None}
LIBRARY = {"library": f"websockets {version}", "max_concurrent": 16, "capabilities": []}


class Test:
    """A test that has not ended: its events are numbered, and each of its commands is a task."""

    def __init__(self, seq: int) -> None:
        self.seq, self.n, self.tasks = seq, 0, list[asyncio.Task[None]]()
        self.sockets: dict[str, ClientConnection] = {}
        self.turns: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)  # of what is done with each connection
        self.cut = set[str]()

    def report(self, event: dict[str, Any]) -> None:
        self.n += 1
        say(event={"seq": self.seq, "n": self.n, "ms": asyncio.get_running_loop().time() * 1000} | event)

    async def answer(self, command: dict[str, Any]) -> None:
        about = {name: command[name] for name in ("c", "on") if name in command}
        async with self.turns[command.get("on", "")]:
            try:
                self.report(about | await self.do(command))
            except Exception as error:
                failed = {"is": "refused", "status": None} if command["cmd"] == "open" else {"is": "failed"}
                self.report(about | failed | {"error": repr(error)})

    async def do(self, command: dict[str, Any]) -> dict[str, Any]:
        """Does what is told, and gives the answer."""
        match command:
            case {"cmd": "open", "on": on, "url": url, "within_ms": ms}:
                offered, within = command.get("subprotocols"), ms / 1000
                self.sockets[on] = await connect(url, subprotocols=offered, open_timeout=within, proxy=None)
                self.tasks.append(asyncio.create_task(self.read(on, in_full="data" in command)))
                return {"is": "opened", "subprotocol": self.sockets[on].subprotocol, "extensions": None}
            case {"cmd": "listen", "url": url}:
                (await asyncio.open_connection(urlsplit(url).hostname, urlsplit(url).port))[1].close()
                return {"is": "listened"}
            case {"cmd": "send", "on": on}:
                await self.sockets[on].send(message_of(command))
            case {"cmd": "close", "on": on, "within_ms": ms}:
                try:
                    async with asyncio.timeout(ms / 1000):
                        await self.sockets[on].close(command["code"], command.get("reason", ""))
                except TimeoutError:
                    self.cut.add(on)
                    self.sockets[on].transport.abort()
        return {"is": "done"}

    async def read(self, on: str, *, in_full: bool) -> None:
        """Tells of every message. The end is told behind the answers to the commands that came before it."""
        socket = self.sockets[on]
        with suppress(ConnectionClosed):
            async for message in socket:
                self.report({"on": on, "is": "received"} | shown(message, in_full=in_full))
        async with self.turns[on]:
            code, reason = socket.close_code, socket.close_reason
            clean = code != 1006 and on not in self.cut
            self.report({"on": on, "is": "closed", "code": code, "reason": reason, "clean": clean})

    def end(self, c: int) -> None:
        """Lets go of whatever there is, and waits for nothing."""
        for task in self.tasks:
            task.cancel()
        for socket in self.sockets.values():
            socket.transport.abort()
        self.report({"c": c, "is": "ended"})


def say(**line: object) -> None:
    print(json.dumps(line), flush=True)


def message_of(command: dict[str, Any]) -> str | bytes:
    match command:
        case {"text": str(text)}:
            return text
        case {"base64": str(base64)}:
            return b64decode(base64, validate=True)
        case {"fill": {"len": int(length), "as": "text"}}:
            return (ascii_lowercase * (length // 26 + 1))[:length]
        case {"fill": {"len": int(length), "as": "binary"}}:
            return (bytes(range(251)) * (length // 251 + 1))[:length]
    raise ValueError("a payload is one of `text`, `base64` and `fill`")


def shown(message: str | bytes, *, in_full: bool) -> dict[str, object]:
    kind, data = ("text", message.encode()) if isinstance(message, str) else ("binary", message)
    if len(data) > 4096 and not in_full:
        return {"kind": kind, "len": len(data), "sha256": hashlib.sha256(data).hexdigest(), "head": data[:64].hex()}
    return {"text": message} if kind == "text" else {"base64": b64encode(data).decode()}


async def lines() -> AsyncIterator[bytes]:
    """The lines of standard input. A thread waits for what is there at once: a hop for each line would be slow."""
    begun = b""
    while block := await asyncio.to_thread(os.read, 0, 1 << 16):
        *ended, begun = (begun + block).split(b"\n")
        for line in ended:
            yield line
    if begun:
        yield begun


def check(command: dict[str, Any]) -> None:
    """Of a command that is not as it should be, nothing is carried out."""
    needed, more = FIELDS[command["cmd"]]
    if wrong := (command.keys() - {"cmd"} - more) ^ needed:
        raise ValueError(f"these fields are missing, or there are none: {sorted(wrong)}")
    if command["cmd"] == "send" and len(command.keys() & more) != 1:
        raise ValueError(f"a payload is exactly one of {sorted(more)}")


async def main() -> None:
    tests = dict[int, Test]()
    async for line in lines():
        command: dict[str, Any] = {}
        try:
            command = dict(json.loads(line))
            check(command)
            match command:
                case {"cmd": "hello", "protocol": 1}:
                    say(hello=HELLO | LIBRARY)
                case {"cmd": "bye"}:
                    return
                case {"cmd": "end", "seq": int(seq), "c": int(c)}:
                    tests.pop(seq, Test(seq)).end(c)
                case {"seq": int(seq), "c": int()} if isinstance(command.get("on", ""), str):
                    test = tests.setdefault(seq, Test(seq))
                    test.tasks.append(asyncio.create_task(test.answer(command)))
                case _:
                    raise ValueError("a field is not of its kind")
        except (LookupError, RecursionError, TypeError, ValueError) as error:
            numbers = {name: command[name] for name in ("seq", "c") if isinstance(command.get(name), int)}
            say(error={"message": repr(error)} | numbers)


asyncio.run(main())
