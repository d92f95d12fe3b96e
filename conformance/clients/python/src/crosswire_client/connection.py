"""A connection: one task reads, another carries out commands in their order, and neither keeps the other waiting.

**What is stuck can be freed.** While the library is stuck with a command, because the peer takes nothing, `drop`,
`stop_reading` and `start_reading` take effect at once, before the commands in front of them: otherwise a peer that
waits to be read from would wait for ever. They overtake nothing that is not stuck.

**Its end** is reported behind the answers to all commands that came before it. What comes later is still given to the
library, whose words are the answer.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import Final

from crosswire_client import commands as told
from crosswire_client.commands import Open, Order, Payload
from crosswire_client.events import Test, shown
from crosswire_client.library import Ending, Library, Link

WAITING: Final = 1 << 18  # commands, at most
TURN: Final = 64  # commands and messages, and then others have theirs
URGENT: Final = (told.Drop, told.StopReading, told.StartReading)


class Connection:
    """What a test calls by one name."""

    # From when it is open.
    _link: Link
    _tasks: asyncio.TaskGroup

    def __init__(self, library: Library, opening: Open, test: Test) -> None:
        self.is_over = False
        self._library = library
        self._opening = opening
        self._test = test
        self._is_open = False
        self._refusal: str | None = None
        self._waiting: deque[Order | Ending] = deque()
        self._is_called = asyncio.Event()
        self._urgent = 0  # of those that wait
        self._is_at_work = False
        self._steps = 0
        self._turns = 0
        self._may_read = asyncio.Event()
        if opening.reading:
            self._may_read.set()
        self._reaction: list[Order] = []
        self._deadlines: dict[int, asyncio.TimerHandle] = {}
        self._has_ended = False
        self._is_cut = False

    def take(self, command: Order) -> None:
        """Carries out a command, when those before it have been."""
        if self._refusal is not None or len(self._waiting) >= WAITING:
            self._answer(command, "failed", error=self._refusal or "too many commands wait for this connection")
            return
        # The time of a `close` runs from here, also where a send that is stuck stands before it.
        self._arm(command)
        self._waiting.append(command)
        self._is_called.set()
        if isinstance(command, URGENT):
            self._urgent += 1
            self._look()

    async def live(self) -> None:
        """Opens the connection and lives its life. Cancelling this lets go of everything."""
        if not await self._open():
            return
        self._is_open = True
        for command in self._waiting:
            self._arm(command)
        try:
            async with asyncio.TaskGroup() as self._tasks:
                self._tasks.create_task(self._read())
                self._tasks.create_task(self._work())
        finally:
            self._link.cut()
            await self._link.let_go()

    async def _open(self) -> bool:
        abandon, within = self._opening.abandon, self._opening.within_ms
        status = None
        try:
            # With no time at all it begins, and is given up where it would first wait.
            async with asyncio.timeout(0 if abandon else within / 1000):
                self._link = await self._library.connect(self._opening)
        except TimeoutError as error:
            words = "given up, as it was told" if abandon else f"{error}" or f"not open within {within} ms"
        except Exception as error:  # noqa: BLE001 - whatever it is, the library says it
            words, status = words_of(error), self._library.status_of(error)
        else:
            subprotocol, extensions = self._link.subprotocol, self._link.extensions
            self._answer(self._opening, "opened", subprotocol=subprotocol, extensions=extensions)
            return True
        self._answer(self._opening, "refused", error=words, status=status)
        self.is_over = True
        self._refusal = f"the connection was refused: {words}"
        for command in self._waiting:
            if not isinstance(command, Ending):
                self._answer(command, "failed", error=self._refusal)
        self._waiting.clear()
        return False

    async def _read(self) -> None:
        await self._may_read.wait()
        while not isinstance(message := await self._link.receive(), Ending):
            # What the library had at hand when it was told to stop waits as well.
            await self._may_read.wait()
            if self._is_cut:
                continue
            self._test.report("received", on=self._opening.on, **shown(message, in_full=self._opening.data == "full"))
            reaction, self._reaction = self._reaction, []
            for command in reaction:
                await self._carry_out(command)
            await self._give_way()
            await self._may_read.wait()
        self._has_ended = True
        self._waiting.append(message)
        self._is_called.set()

    async def _work(self) -> None:
        while True:
            while not self._waiting:
                self._is_called.clear()
                await self._is_called.wait()
            command = self._waiting.popleft()
            if isinstance(command, Ending):
                self._close(command)
                continue
            self._urgent -= isinstance(command, URGENT)
            if self._urgent:
                self._look()
            self._is_at_work = True
            await self._carry_out(command)
            self._is_at_work = False
            await self._give_way()

    async def _give_way(self) -> None:
        """Waits while too much is unwritten. What never has to wait lets others have their turn all the same."""
        await self._test.output.room()
        self._turns += 1
        if self._turns % TURN == 0:
            await asyncio.sleep(0)

    def _look(self) -> None:
        """Looks, when all that can go on has gone on, whether the library is stuck with a command."""
        asyncio.get_running_loop().call_soon(self._free, self._steps)

    def _free(self, steps: int) -> None:
        if not self._is_at_work or not self._urgent:
            return
        if steps != self._steps:
            self._look()
            return
        waiting, self._waiting, self._urgent = self._waiting, deque(), 0
        for command in waiting:
            if isinstance(command, Ending) or not isinstance(command, URGENT):
                self._waiting.append(command)
            else:
                self._tasks.create_task(self._carry_out(command))

    async def _carry_out(self, command: Order) -> None:
        self._arm(command)
        try:
            await self._act(command)
        except Exception as error:  # noqa: BLE001 - likewise
            # A close that was refused is none, and cuts nothing.
            if deadline := self._deadlines.pop(command.c, None):
                deadline.cancel()
            self._answer(command, "failed", error=words_of(error))
        else:
            self._answer(command, "done")
        self._steps += 1

    async def _act(self, command: Order) -> None:
        match command:
            case told.Send(payload=payload, fragments=fragments):
                await self._link.send(payload.message(), fragments)
            case told.SendMany(senders=senders, messages=messages):
                async with asyncio.TaskGroup() as tasks:
                    for first in range(min(senders, len(messages))):
                        tasks.create_task(self._send_all(messages[first::senders]))
            case told.Ping(hex=payload):
                await self._link.ping(payload, self._pong)
            case told.Pong(hex=payload):
                await self._link.pong(payload)
            case told.Close(code=code, reason=reason):
                await self._link.close(code, reason or "")
            case told.React(then=then):
                self._reaction += then
            case told.StopReading():
                self._may_read.clear()
            case told.StartReading():
                self._may_read.set()
            case told.Drop() if self._has_ended:
                raise ConnectionError("the connection has ended")
            case told.Drop():
                self._cut()

    async def _send_all(self, payloads: Iterable[Payload]) -> None:
        for payload in payloads:
            await self._link.send(payload.message(), None)
            self._steps += 1

    def _pong(self, payload: bytes) -> None:
        if not self.is_over:
            self._test.report("pong", on=self._opening.on, hex=payload.hex())

    def _arm(self, command: Order | Ending) -> None:
        if self._is_open and isinstance(command, told.Close) and command.c not in self._deadlines:
            cut = asyncio.get_running_loop().call_later(command.within_ms / 1000, self._cut)
            self._deadlines[command.c] = cut

    def _cut(self) -> None:
        self._is_cut = True
        self._may_read.set()
        self._link.cut()

    def _close(self, end: Ending) -> None:
        for deadline in self._deadlines.values():
            deadline.cancel()
        for command in self._reaction:
            self._answer(command, "failed", error="no message came")
        clean = end.is_clean and not self._is_cut
        self._test.report("closed", on=self._opening.on, code=end.code, reason=end.reason, clean=clean)
        self.is_over = True

    def _answer(self, command: Open | Order, what: str, **more: object) -> None:
        self._test.report(what, c=command.c, on=command.on, **more)


def words_of(error: BaseException) -> str:
    """What an exception says; its name, where it says nothing."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return str(error) or type(error).__name__
