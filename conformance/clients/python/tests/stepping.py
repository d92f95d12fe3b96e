"""`crosswire step`, which steps and judges a test whenever a row asks for it; this process is the driver."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, TypedDict

from crosswire_client.driver import Driver
from crosswire_client.library import Library
from crosswire_client.stdio import LONGEST_LINE
from reference import crosswire

MANIFEST: Final = Path(__file__).parents[1] / "impl.json"
AT_ONCE: Final = 8  # rows wait more than they work
TIME_SCALE: Final = 2  # only waits that run out take longer


class Row(TypedDict):
    """A test of the list, as `ready` tells it."""

    id: str
    unsupported: str | None
    known: dict[str, str] | None


class ProcessOutput:
    """What the driver says goes to the stepper."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer

    def put(self, line: Mapping[str, object]) -> None:
        self._writer.write(json.dumps(line).encode() + b"\n")

    async def room(self) -> None:
        await self._writer.drain()


class Stepping:
    """A stepper that is ready, and the driver that it tells what to do."""

    def __init__(self, output: ProcessOutput) -> None:
        self.ready: asyncio.Future[list[Row]] = asyncio.get_running_loop().create_future()
        self._output = output
        self._verdicts: list[asyncio.Future[dict[str, Any]]] = []
        self._seats = asyncio.Semaphore(AT_ONCE)

    async def rows(self) -> dict[str, Row]:
        """The tests by their names."""
        return {row["id"]: row for row in await asyncio.shield(self.ready)}

    async def judge(self, test: str) -> dict[str, Any]:
        """Runs a test, and gives its verdict."""
        async with self._seats:
            verdict: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
            self._verdicts.append(verdict)
            self._output.put({"start": {"seq": len(self._verdicts), "test": test}})
            return await verdict

    async def listen(self, said: asyncio.StreamReader, driver: Driver) -> None:
        """Hears everything that the stepper says."""
        async for line in said:
            match json.loads(line):
                case {"ready": {"tests": rows}}:
                    self.ready.set_result(rows)
                case {"verdict": {"seq": seq} as verdict}:
                    self._verdicts[seq - 1].set_result(verdict)
                case _:
                    driver.take(line)
        awaited: list[asyncio.Future[Any]] = [self.ready, *self._verdicts]
        for future in awaited:
            if not future.done():
                future.set_exception(RuntimeError("`crosswire step` has ended; what it said is above"))


@asynccontextmanager
async def stepping(library: Library) -> AsyncIterator[Stepping]:
    """A stepper with this library's driver. It ends with its standard input."""
    process = await asyncio.create_subprocess_exec(
        *(crosswire(), "step", "--client", str(MANIFEST), "--time-scale", str(TIME_SCALE)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=LONGEST_LINE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    output = ProcessOutput(process.stdin)
    async with asyncio.TaskGroup() as tasks:
        driver = Driver(library, output, tasks)
        stepper = Stepping(output)
        tasks.create_task(stepper.listen(process.stdout, driver))
        yield stepper
        driver.let_go()
        process.stdin.close()
        await process.wait()
