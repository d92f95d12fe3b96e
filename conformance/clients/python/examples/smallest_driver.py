"""The smallest driver there can be: it passes the nine tests of core, and says of all else that it does not know it.
It reads a command a line and writes an event a line, as conformance/drivers.md has them."""

import asyncio
import hashlib
import json
import sys
from base64 import b64decode, b64encode
from collections import defaultdict
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.version import version

# What a command may have. Whoever knows a field does what it says: what is not here is refused.
FIELDS = {
    "hello": {"protocol"},
    "open": {"seq", "c", "on", "url", "within_ms", "subprotocols", "data"},
    "send": {"seq", "c", "on", "text", "base64"},
    "close": {"seq", "c", "on", "within_ms", "code", "reason"},
    "listen": {"seq", "c", "url"},
    "end": {"seq", "c"},
    "bye": set[str](),
}
HELLO = {"client": "python-smallest", "language": "python", "runtime": sys.version.split()[0], "origin": None}
LIBRARY = {"library": f"websockets {version}", "max_concurrent": 16, "capabilities": []}


class Test:
    """A test that has not ended: its events are numbered, and each of its commands is a task."""

    def __init__(self, seq: int) -> None:
        self.seq, self.n, self.tasks = seq, 0, list[asyncio.Task[None]]()
        self.sockets: dict[str, ClientConnection] = {}
        self.turns: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)  # of what is done with each connection

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
                await self.sockets[on].send(command["text"] if "text" in command else b64decode(command["base64"]))
            case {"cmd": "close", "on": on, "within_ms": ms}:
                asyncio.get_running_loop().call_later(ms / 1000, self.sockets[on].transport.abort)
                await self.sockets[on].close(command["code"], command.get("reason", ""))
        return {"is": "done"}

    async def read(self, on: str, *, in_full: bool) -> None:
        """Tells of every message. The end is told behind the answers to the commands that came before it."""
        socket = self.sockets[on]
        with suppress(ConnectionClosed):
            async for message in socket:
                self.report({"on": on, "is": "received"} | shown(message, in_full=in_full))
        async with self.turns[on]:
            how = {"code": socket.close_code, "reason": socket.close_reason, "clean": socket.close_code != 1006}
            self.report({"on": on, "is": "closed"} | how)


def say(**line: object) -> None:
    print(json.dumps(line), flush=True)


def shown(message: str | bytes, *, in_full: bool) -> dict[str, object]:
    kind, data = ("text", message.encode()) if isinstance(message, str) else ("binary", message)
    if len(data) > 4096 and not in_full:
        return {"kind": kind, "len": len(data), "sha256": hashlib.sha256(data).hexdigest(), "head": data[:64].hex()}
    return {"text": message} if kind == "text" else {"base64": b64encode(data).decode()}


async def main() -> None:
    tests = dict[int, Test]()
    while line := await asyncio.to_thread(sys.stdin.readline):
        command: dict[str, Any] = {}
        try:
            command = dict(json.loads(line))
            if unknown := command.keys() - FIELDS[command["cmd"]] - {"cmd"}:
                raise ValueError(f"there is no {unknown}")
            match command:
                case {"cmd": "hello", "protocol": 1}:
                    say(hello=HELLO | LIBRARY)
                case {"cmd": "bye"}:
                    return
                case {"cmd": "end", "seq": int(seq), "c": int(c)}:
                    ended = tests.pop(seq, Test(seq))
                    for task in ended.tasks:
                        task.cancel()
                    ended.report({"c": c, "is": "ended"})
                case {"seq": int(seq), "c": int()}:
                    test = tests.setdefault(seq, Test(seq))
                    test.tasks.append(asyncio.create_task(test.answer(command)))
                case _:
                    raise ValueError("there is something missing")
        except (LookupError, RecursionError, TypeError, ValueError) as error:
            say(error={"message": repr(error)} | {name: command[name] for name in ("seq", "c") if name in command})


asyncio.run(main())
