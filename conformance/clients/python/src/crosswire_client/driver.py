"""Commands to where they belong: a connection's to its tasks. None waits for another connection."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from crosswire_client.commands import Bye, Command, End, Hello, Listen, OfTest, Open, Order
from crosswire_client.connection import Connection, words_of
from crosswire_client.events import Output, Test
from crosswire_client.library import Library
from crosswire_client.reading import Mistake, understand
from crosswire_client.stdio import LONGEST_LINE

MAX_CONCURRENT: Final = 64
LISTEN_WITHIN: Final = 2  # seconds; the command says no time of its own


@dataclass(slots=True)
class Running:
    """A test that has not ended."""

    test: Test
    connections: dict[str, Connection] = field(default_factory=dict)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def let_go(self) -> None:
        """Begins to end everything of it."""
        for task in self.tasks:
            task.cancel()


class Driver:
    """Does with a library what it is told, in tasks of a group that its owner waits for."""

    def __init__(self, library: Library, output: Output, tasks: asyncio.TaskGroup) -> None:
        self._library = library
        self._output = output
        self._tasks = tasks
        self._started = time.monotonic()
        self._tests: dict[int, Running] = {}

    def take(self, line: bytes | None) -> bool:
        """Begins what a line says; none is one that was too long. Says whether there may be another one."""
        try:
            if line is None:
                raise Mistake(f"a line is at most {LONGEST_LINE} bytes long")
            return self._begin(understand(line))
        except Mistake as mistake:
            self._output.put({"error": {"message": str(mistake)} | mistake.numbers})
            return True

    def let_go(self) -> None:
        """Lets go of every test."""
        for running in self._tests.values():
            running.let_go()

    def hello(self) -> dict[str, object]:
        """How the driver introduces itself."""
        return {
            "client": self._library.client,
            "language": "python",
            "runtime": f"{sys.implementation.name} {'.'.join(map(str, sys.version_info[:3]))}",
            "library": self._library.version,
            "max_concurrent": MAX_CONCURRENT,
            "origin": None,
            "capabilities": self._library.capabilities,
        }

    def _begin(self, command: Command) -> bool:
        match command:
            case Hello():
                self._output.put({"hello": self.hello()})
            case Bye():
                return False
            case End():
                running = self._running(command)
                del self._tests[command.seq]
                running.let_go()
                running.test.report("ended", c=command.c)
            case Listen():
                running = self._running(command)
                self._start(running, _listen(command, running.test))
            case Open():
                self._open(command, self._running(command))
            case _:
                self._order(command, self._running(command))
        return True

    def _running(self, command: OfTest) -> Running:
        if command.seq not in self._tests:
            self._tests[command.seq] = Running(Test(command.seq, self._output, self._started))
        return self._tests[command.seq]

    def _start(self, running: Running, life: Coroutine[None, None, None]) -> None:
        task = self._tasks.create_task(life)
        running.tasks.add(task)
        task.add_done_callback(running.tasks.discard)

    def _open(self, command: Open, running: Running) -> None:
        before = running.connections.get(command.on)
        if before and not before.is_over:
            error = f"the test has a connection `{command.on}` already"
            running.test.report("refused", c=command.c, on=command.on, error=error, status=None)
            return
        connection = Connection(self._library, command, running.test)
        running.connections[command.on] = connection
        self._start(running, connection.live())

    def _order(self, command: Order, running: Running) -> None:
        if connection := running.connections.get(command.on):
            connection.take(command)
        else:
            error = f"the test has no connection `{command.on}`"
            running.test.report("failed", c=command.c, on=command.on, error=error)


async def _listen(command: Listen, test: Test) -> None:
    """Connects to the address of a URL, and ends the connection."""
    try:
        url = urlsplit(command.url)
        if not url.hostname:
            raise ValueError(f"{command.url} names no host")
        async with asyncio.timeout(LISTEN_WITHIN):
            _, writer = await asyncio.open_connection(url.hostname, url.port or 80)
        writer.close()
    except TimeoutError:
        test.report("failed", c=command.c, error=f"no connection within {LISTEN_WITHIN} s")
    except (OSError, ValueError) as error:
        test.report("failed", c=command.c, error=words_of(error))
    else:
        test.report("listened", c=command.c)
