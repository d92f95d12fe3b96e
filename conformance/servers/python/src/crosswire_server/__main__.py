"""`python -m crosswire_server` listens on a free port of 127.0.0.1, says so, and stops with its standard input."""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import socket
import sys
from contextlib import suppress
from threading import Thread
from typing import Final

from websockets.asyncio.server import serve
from websockets.typing import Origin
from websockets.version import version

from crosswire_server.server import Server

CAN: Final = (
    "welcome",
    "echo",
    "bare-echo",
    "routes",
    "subprotocols",
    "origins",
    "control",
    "control-ping",
    "control-drop",
    "control-finish",
    "control-fragments",
    "journal",
)
LAST: Final = 1  # second that clients have to take their leave


def main() -> None:
    """Serves as its arguments say."""
    parser = argparse.ArgumentParser(prog="crosswire_server", description=__doc__)
    parser.add_argument(
        "--max-message", type=count, default=1 << 20, metavar="BYTES", help="the longest message that it takes"
    )
    parser.add_argument("--max-sessions", type=count, default=10_000, metavar="N", help="one more is refused with 503")
    parser.add_argument("--allow-origin", action="append", default=[], metavar="ORIGIN", help="pages that may connect")
    arguments = parser.parse_args()
    # What is loaded stays: it need not be looked through again and again.
    gc.freeze()
    asyncio.run(run(arguments.max_message, arguments.max_sessions, arguments.allow_origin))


def count(text: str) -> int:
    """A number of things, of which there is at least one."""
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


def listen() -> socket.socket:
    """Listens on a free port of this machine."""
    # asyncio turns Nagle's algorithm off for a socket that says it is TCP. One of `socket.create_server` does not
    # say so, and neither does any that it accepts: what is sent behind a push would wait 40 ms to be acknowledged.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen(1024)
    return listener


async def run(max_message: int, max_sessions: int, allowed: list[str]) -> None:
    """Serves until standard input ends."""
    # The port is known before anything is served: pages of this very server have an origin with it.
    listener = listen()
    host = f"127.0.0.1:{listener.getsockname()[1]}"
    origins = [None, Origin(f"http://{host}"), *map(Origin, allowed)]
    server = Server(max_sessions)
    serving = serve(
        server.handler,
        sock=listener,
        max_size=max_message,
        origins=origins,
        select_subprotocol=server.select_subprotocol,
        process_request=server.process_request,
        process_response=server.process_response,
    )
    listening = await serving
    ready = {
        "url": f"ws://{host}",
        "control": f"ws://{host}/control",
        "name": "python-websockets",
        "version": f"websockets {version}",
        "can": CAN,
        "limits": {"max_message": max_message},
    }
    print(json.dumps({"ready": ready}), flush=True)
    await end_of_input()
    listening.close()
    with suppress(TimeoutError):
        async with asyncio.timeout(LAST):
            await listening.wait_closed()
    server.cut_what_is_left()


async def end_of_input() -> None:
    """Waits until standard input ends."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()

    def read() -> None:
        while os.read(sys.stdin.fileno(), 1 << 16):
            pass
        loop.call_soon_threadsafe(ended.set)

    # Nothing waits for this thread: a signal ends the server as well.
    Thread(target=read, daemon=True).start()
    await ended.wait()


if __name__ == "__main__":
    main()
