"""The driver of a library, over standard input and output: `python -m crosswire_client websockets`."""

from __future__ import annotations

import asyncio
import gc
import sys
from importlib import import_module
from typing import Final

from crosswire_client.driver import Driver
from crosswire_client.library import Library
from crosswire_client.stdio import FileOutput, lines

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
    # What is loaded stays: to look through it again and again took 8 % of a busy driver's time.
    gc.freeze()
    if failure := asyncio.run(speak(library)):
        print(f"crosswire_client: the output cannot be written: {failure}", file=sys.stderr)
        return CRASHED
    return 0


async def speak(library: Library) -> OSError | None:
    """Does what standard input says, and reports on standard output. Gives what kept it from that."""
    output = FileOutput(sys.stdout.fileno())
    async with asyncio.TaskGroup() as tasks:
        driver = Driver(library, output, tasks)
        async for line in lines(sys.stdin.fileno()):
            if not driver.take(line):
                break
        driver.let_go()
    output.end()
    return output.failure


if __name__ == "__main__":
    sys.exit(main())
