"""Standard input and output, each with a thread of its own: so they may be pipes, files or terminals, and neither waits
for the other."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import CancelledError
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import Final

LONGEST_LINE: Final = 4 << 20
BLOCK: Final = 1 << 16  # bytes that are read at once
BLOCKS: Final = 16  # that are read ahead
TURN: Final = 64  # lines, and then others have theirs
UNWRITTEN: Final = 256  # lines; whoever has another one then waits, and reads nothing from its socket
LAST_WORDS: Final = 3  # seconds that the last lines have


async def lines(file: int) -> AsyncIterator[bytes | None]:
    """The lines of a file, until it ends. One that is too long is read away, and is none."""
    loop = asyncio.get_running_loop()
    blocks: asyncio.Queue[bytes] = asyncio.Queue(BLOCKS)

    def read() -> None:
        data = b"begun"
        # When the loop has ended, nobody takes what is still read.
        with suppress(RuntimeError, CancelledError):
            while data:
                try:
                    data = os.read(file, BLOCK)
                except OSError:
                    data = b""
                asyncio.run_coroutine_threadsafe(blocks.put(data), loop).result()

    Thread(target=read, daemon=True).start()
    line, is_too_long, turn = bytearray(), False, 0
    while block := await blocks.get():
        *ends, begun = block.split(b"\n")
        for end in ends:
            line += end
            yield None if is_too_long or len(line) > LONGEST_LINE else bytes(line)
            line, is_too_long, turn = bytearray(), False, turn + 1
            if turn % TURN == 0:
                await asyncio.sleep(0)
        line += begun
        if len(line) > LONGEST_LINE:
            line, is_too_long = bytearray(), True
    if line or is_too_long:
        yield None if is_too_long else bytes(line)


class FileOutput:
    """Lines on their way into a file. Those that come up in one round of the event loop go to the thread together: it
    costs more to wake it than to write a line."""

    def __init__(self, file: int) -> None:
        self.failure: OSError | None = None
        self._file = file
        self._loop = asyncio.get_running_loop()
        self._ready: list[bytes] = []
        self._batches: SimpleQueue[list[bytes]] = SimpleQueue()
        self._unwritten = 0
        self._room = asyncio.Event()
        self._room.set()
        self._thread = Thread(target=self._write, daemon=True)
        self._thread.start()

    def put(self, line: Mapping[str, object]) -> None:
        """Writes a line, after all that were put before it."""
        if not self._ready:
            self._loop.call_soon(self._hand_over)
        self._ready.append(json.dumps(line, separators=(",", ":")).encode() + b"\n")
        self._count(1)

    async def room(self) -> None:
        """Waits until no more is unwritten than should be."""
        await self._room.wait()

    def end(self) -> None:
        """Writes what is left. Nothing may be put after this."""
        self._hand_over()
        self._batches.put([])
        self._thread.join(LAST_WORDS)

    def _hand_over(self) -> None:
        if self._ready:
            self._batches.put(self._ready)
            self._ready = []

    def _count(self, lines: int) -> None:
        self._unwritten += lines
        if self._unwritten < UNWRITTEN:
            self._room.set()
        else:
            self._room.clear()

    def _write(self) -> None:
        while batch := self._batches.get():
            rest = memoryview(b"".join(batch))
            try:
                while rest and self.failure is None:
                    rest = rest[os.write(self._file, rest) :]
            except OSError as error:
                # Nobody reads any more. The input ends then as well, and that ends the program.
                self.failure = error
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._count, -len(batch))
