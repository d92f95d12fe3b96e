"""Standard input and output. Reading never waits for writing: whoever has more to say than is read waits by himself."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from itertools import count
from typing import IO, Final

LONGEST_LINE: Final = 4 << 20
TURN: Final = 64  # lines
LAST_WORDS: Final = 3  # seconds that the last lines have


async def lines(file: IO[str]) -> AsyncIterator[bytes | None]:
    """The lines of a pipe or a terminal. One that is too long is read away, and is none."""
    reader = asyncio.StreamReader(limit=LONGEST_LINE)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), file)
    is_too_long = False
    for turn in count(1):
        # What has come already is read without a wait, and nobody else would have a turn.
        if turn % TURN == 0:
            await asyncio.sleep(0)
        try:
            line = await reader.readuntil(b"\n")
        except asyncio.LimitOverrunError as error:
            is_too_long = True
            await reader.readexactly(error.consumed)
        except asyncio.IncompleteReadError as error:
            if error.partial or is_too_long:
                yield None if is_too_long else error.partial
            return
        else:
            yield None if is_too_long else line
            is_too_long = False


class PipeOutput:
    """Lines on their way into a pipe or a terminal."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer

    @classmethod
    async def to(cls, file: IO[str]) -> PipeOutput:
        """Begins to write there."""
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        transport, protocol = await loop.connect_write_pipe(lambda: asyncio.StreamReaderProtocol(reader), file)
        return cls(asyncio.StreamWriter(transport, protocol, reader, loop))

    def put(self, line: Mapping[str, object]) -> None:
        """Writes a line, after all that were put before it."""
        self._writer.write(json.dumps(line, separators=(",", ":")).encode() + b"\n")

    async def room(self) -> None:
        """Waits until no more is unwritten than should be."""
        # Where nobody reads any more, the input ends as well, and that ends the program.
        with suppress(ConnectionError):
            await self._writer.drain()

    async def end(self) -> None:
        """Writes what is left. Fails where nobody has read it."""
        async with asyncio.timeout(LAST_WORDS):
            self._writer.close()
            await self._writer.wait_closed()
