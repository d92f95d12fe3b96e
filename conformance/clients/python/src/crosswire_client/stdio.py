"""Standard input and output: pipes, files or terminals. Neither waits for the other, and the event loop for none."""

from __future__ import annotations

import asyncio
import json
import os
import select
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import Final

LONGEST_LINE: Final = 4 << 20
BLOCK: Final = 1 << 16  # bytes that are read at once
TURN: Final = 64  # lines, and then others have theirs
UNWRITTEN: Final = 256  # lines; whoever has another one then waits, and reads nothing from its socket
LAST_WORDS: Final = 3  # seconds that the last lines have


async def lines(file: int) -> AsyncIterator[bytes | None]:
    """The lines of a file, until it ends. One that is too long is read away, and is none."""
    line, is_too_long, turn = bytearray(), False, 0
    while block := await _block(file):
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


async def _block(file: int) -> bytes:
    """What can be read at once, as soon as something can; nothing at the end."""
    loop = asyncio.get_running_loop()
    readable = loop.create_future()

    def tell() -> None:
        loop.remove_reader(file)
        readable.set_result(None)

    # There is no waiting for a file on a disk: it can always be read.
    with suppress(PermissionError):
        loop.add_reader(file, tell)
        await readable
    try:
        return os.read(file, BLOCK)
    except OSError:
        return b""


class FileOutput:
    """Lines on their way into a file. Those that come up in one round of the event loop are written together, by the
    loop itself as long as the file takes them at once. What it does not take is left to a thread, which may wait."""

    def __init__(self, file: int) -> None:
        self.failure: OSError | None = None
        self._file = file
        self._loop = asyncio.get_running_loop()
        self._takes = select.poll()
        self._takes.register(file, select.POLLOUT)
        self._ready: list[bytes] = []
        self._unwritten = 0
        self._room = asyncio.Event()
        self._room.set()
        self._left: SimpleQueue[tuple[memoryview, int] | None] = SimpleQueue()
        self._left_lines = 0
        self._thread: Thread | None = None

    def put(self, line: Mapping[str, object]) -> None:
        """Writes a line, after all that were put before it."""
        if not self._ready:
            self._loop.call_soon(self._write)
        self._ready.append(json.dumps(line, separators=(",", ":")).encode() + b"\n")
        self._count(1)

    async def room(self) -> None:
        """Waits until no more is unwritten than should be."""
        await self._room.wait()

    def end(self) -> None:
        """Writes what is left. Nothing may be put after this."""
        self._write()
        if self._thread is not None:
            self._left.put(None)
            self._thread.join(LAST_WORDS)

    def _count(self, lines: int) -> None:
        self._unwritten += lines
        if self._unwritten < UNWRITTEN:
            self._room.set()
        else:
            self._room.clear()

    def _write(self) -> None:
        lines, rest = len(self._ready), memoryview(b"".join(self._ready))
        self._ready = []
        # Where so little is written to what is ready for it, the write waits for nobody.
        while rest and self._left_lines == 0 and self._takes.poll(0):
            rest = self._some(rest, select.PIPE_BUF)
        if rest:
            self._leave(rest, lines)
        else:
            self._count(-lines)

    def _some(self, data: memoryview, most: int) -> memoryview:
        """Writes no more than so much of it, and gives the rest."""
        if self.failure is None:
            try:
                return data[os.write(self._file, data[:most]) :]
            except OSError as error:
                # Nobody reads any more. The input ends then as well, and that ends the program.
                self.failure = error
        return data[:0]

    def _leave(self, rest: memoryview, lines: int) -> None:
        if self._thread is None:
            self._thread = Thread(target=self._write_what_is_left, daemon=True)
            self._thread.start()
        self._left_lines += lines
        self._left.put((rest, lines))

    def _write_what_is_left(self) -> None:
        while left := self._left.get():
            rest, lines = left
            while rest:
                rest = self._some(rest, len(rest))
            # The loop may have ended meanwhile.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._is_written, lines)

    def _is_written(self, lines: int) -> None:
        self._left_lines -= lines
        self._count(-lines)
