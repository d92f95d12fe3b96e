"""The driver of a library, over standard input and output: `python -m crosswire_client websockets`."""

from __future__ import annotations

import asyncio
import sys
from importlib import import_module
from typing import Final

from crosswire_client.driver import Driver
from crosswire_client.library import Library
from crosswire_client.stdio import PipeOutput, lines

LIBRARIES: Final = ("websockets", "aiohttp")
CRASHED: Final = 1
WRONG_USAGE: Final = 2


def main() -> int:
    """Speaks the driver protocol until it is told `bye`, or its input ends."""
    match sys.argv[1:]:
        case [name] if name in LIBRARIES:
            # Only the one that is asked for: each takes longer to load than all the rest.
            library: Library = import_module(f"crosswire_client.with_{name}").LIBRARY
        case _:
            print(f"usage: python -m crosswire_client {'|'.join(LIBRARIES)}", file=sys.stderr)
            return WRONG_USAGE
    try:
        asyncio.run(speak(library))
    except OSError as error:
        print(f"crosswire_client: the output cannot be written: {error}", file=sys.stderr)
        return CRASHED
    return 0


async def speak(library: Library) -> None:
    """Does what standard input says, and reports on standard output."""
    output = await PipeOutput.to(sys.stdout)
    async with asyncio.TaskGroup() as tasks:
        driver = Driver(library, output, tasks)
        async for line in lines(sys.stdin):
            if not driver.take(line):
                break
        driver.let_go()
    await output.end()


if __name__ == "__main__":
    sys.exit(main())
