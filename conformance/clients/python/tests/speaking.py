"""The driver as the runner speaks with it: a program, told lines and telling lines.

What it says of a test is held to be without gaps, and each command to be answered once."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from itertools import count
from typing import Any, Final

from websockets.asyncio.client import connect

from crosswire_client.stdio import LONGEST_LINE
from reference import Reference

DEADLINE: Final = 20  # seconds: nothing takes longer
Event = dict[str, Any]


class Speaking:
    """A driver that runs, and what it has said that nobody has asked about yet."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.process = process
        self.input = process.stdin
        self.seq = 1
        self._output = process.stdout
        self._next_c = count(1)
        self._told: set[tuple[int, int]] = set()
        self._answered: set[tuple[int, int]] = set()
        self._last_n: dict[int, int] = {}
        self._unread: list[Event] = []

    def write(self, line: bytes) -> None:
        """Says a line as it stands."""
        self.input.write(line + b"\n")

    def tell(self, cmd: str, **fields: object) -> int:
        """Tells a command, and does not wait for its answer."""
        c = next(self._next_c)
        command = {"cmd": cmd, "seq": self.seq, "c": c, **fields}
        then = command.get("then")
        reactions = [order["c"] for order in then] if isinstance(then, list) else []
        self._told |= {(self.seq, number) for number in (c, *reactions)}
        self.write(json.dumps(command).encode())
        return c

    async def line(self) -> dict[str, Any]:
        """The next line."""
        async with asyncio.timeout(DEADLINE):
            line = await self._output.readuntil(b"\n")
        said: dict[str, Any] = json.loads(line)
        if event := said.get("event"):
            seq, last = event["seq"], self._last_n.get(event["seq"], 0)
            assert event["n"] == last + 1, event
            self._last_n[seq] = event["n"]
            if "c" in event:
                assert (seq, event["c"]) in self._told, f"nobody asked for {event}"
                assert (seq, event["c"]) not in self._answered, f"a second answer: {event}"
                self._answered.add((seq, event["c"]))
        return said

    async def find(self, is_wanted: Callable[[Event], bool]) -> Event:
        """The next event of this test of which something is true. Others are kept."""
        for i, event in enumerate(self._unread):
            if event["seq"] == self.seq and is_wanted(event):
                return self._unread.pop(i)
        while True:
            said: Event = (await self.line())["event"]
            if said["seq"] == self.seq and is_wanted(said):
                return said
            self._unread.append(said)

    async def event(self, what: str) -> Event:
        """The next event of a kind."""
        return await self.find(lambda event: event["is"] == what)

    async def answer(self, c: int) -> Event:
        """The answer to a command."""
        return await self.find(lambda event: event.get("c") == c)

    async def ask(self, cmd: str, **fields: object) -> Event:
        """Tells a command, and gives its answer."""
        return await self.answer(self.tell(cmd, **fields))

    async def done(self, cmd: str, **fields: object) -> None:
        """Tells a command that can be carried out."""
        answer = await self.ask(cmd, **fields)
        assert answer["is"] == "done", answer

    async def failed(self, cmd: str, **fields: object) -> str:
        """Tells a command that cannot be carried out, and gives the reason."""
        answer = await self.ask(cmd, **fields)
        assert answer["is"] == "failed", answer
        return str(answer["error"])

    async def open(self, on: str, url: str, **more: object) -> Event:
        """Opens a connection."""
        opened = await self.ask("open", on=on, url=url, within_ms=10_000, **more)
        assert opened["is"] == "opened", opened
        return opened

    async def refused(self, url: str, **more: object) -> Event:
        """Tries to open a connection in vain."""
        refused = await self.ask("open", **{"on": "refused", "url": url, "within_ms": 5000, **more})
        assert refused["is"] == "refused", refused
        return refused

    async def closed(self) -> tuple[int, str, bool]:
        """How the next connection that is over has ended."""
        event = await self.event("closed")
        return event["code"], event["reason"], event["clean"]

    async def end(self) -> None:
        """Ends the test."""
        ended = await self.ask("end")
        assert ended["is"] == "ended"
        assert "on" not in ended

    def unanswered(self) -> Iterable[tuple[int, int]]:
        """Commands that have no answer."""
        return self._told - self._answered

    async def finish(self) -> int:
        """Says goodbye, and gives the exit code."""
        self.write(b'{"cmd":"bye"}')
        return await self.exit_code()

    async def exit_code(self) -> int:
        """Waits until the driver has ended by itself."""
        async with asyncio.timeout(DEADLINE):
            return await self.process.wait()


@asynccontextmanager
async def speaking(library: str) -> AsyncIterator[Speaking]:
    """A driver that runs. It is ended when the test has forgotten to."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "crosswire_client", library),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=2 * LONGEST_LINE,
    )
    try:
        yield Speaking(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def control(server: Reference, to: str, *acts: dict[str, object]) -> dict[str, Any]:
    """Has the server do something to a connection."""
    async with connect(server.control, proxy=None) as control:
        await control.send(json.dumps({"id": 1, "to": to, "act": acts}))
        answer: dict[str, Any] = json.loads(await control.recv())
    assert answer.get("ok"), answer
    return answer


async def seen(server: Reference, to: str, **until: object) -> dict[str, Any]:
    """What the server saw of a connection, once something is true of it."""
    answer = await control(server, to, {"seen": {"until": until, "within_ms": 10_000}})
    story: dict[str, Any] = answer["seen"]
    return story
