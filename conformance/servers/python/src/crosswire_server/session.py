"""A connection, its journal, and what can be done to it."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Callable
from itertools import accumulate, pairwise
from typing import Final

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from crosswire_server.journal import End, Tally, end_of

WRITE_TIMEOUT: Final = 30  # seconds that a client may take nothing
NO_CODE: Final = 1005  # of a close frame that has none
NO_LINGER: Final = struct.pack("ii", 1, 0)


class NotOpen(Exception):
    """The connection is closing, or has ended."""


class NoRoom(Exception):
    """The client has taken nothing for too long."""


class Session:
    """A connection from its handshake on, and for a while after its end."""

    def __init__(self, connection: ServerConnection, name: str, tag: str | None) -> None:
        self.connection = connection
        self.name = name
        self.tag = tag
        self.ended: End | None = None
        self._received = Tally()
        self._sent = Tally()
        self._close: dict[str, object] | None = None
        self._was_cut = False
        self._changed = asyncio.Event()
        self._closing: asyncio.Task[None] | None = None

    async def receive(self) -> str | bytes:
        """The next message."""
        message = await self.connection.recv()
        self._received.add(message)
        self._change()
        return message

    async def send(self, message: str | bytes, sizes: list[int] | None = None, *, ping_between: bool = False) -> None:
        """Sends a message, in frames of these sizes where they are given; the library adds one that is empty."""
        if self.connection.state is not State.OPEN:
            raise NotOpen
        # Counted first: it is in a frame before the library waits for room.
        self._sent.add(message)
        self._change()
        frames = message if sizes is None else self._frames(message, sizes, ping_between=ping_between)
        try:
            async with asyncio.timeout(WRITE_TIMEOUT):
                await self.connection.send(frames, text=isinstance(message, str))
        except ConnectionClosed as error:
            raise NotOpen from error
        except TimeoutError as error:
            raise NoRoom from error

    async def _frames(self, message: str | bytes, sizes: list[int], *, ping_between: bool) -> AsyncIterator[bytes]:
        payload = message.encode() if isinstance(message, str) else message
        for begin, end in pairwise(accumulate(sizes, initial=0)):
            if ping_between and begin > 0:
                await self.connection.ping()
            yield payload[begin:end]

    async def close(self, code: int, reason: str) -> None:
        """Begins the closing handshake, and does not wait for its end."""
        if self.connection.state is not State.OPEN:
            raise NotOpen
        self._closing = asyncio.create_task(self.connection.close(code, reason))
        # By then the frame is on its way, or the library has refused it.
        await asyncio.sleep(0)
        if self._closing.done():
            self._closing.result()

    async def ping(self, content: bytes) -> None:
        """Sends a ping."""
        if self.connection.state is not State.OPEN:
            raise NotOpen
        await self.connection.ping(content)

    async def pong(self, content: bytes) -> None:
        """Sends a pong that nobody asked for."""
        if self.connection.state is not State.OPEN:
            raise NotOpen
        await self.connection.pong(content)

    def drop(self) -> None:
        """Cuts TCP with a reset, once what was sent before is out."""
        self._was_cut = True
        transport = self.connection.transport
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        transport.close()

    def finish(self) -> None:
        """Ends the server's side of TCP without a close frame."""
        self._was_cut = True
        self.connection.transport.write_eof()

    async def watch(self, forget_tag: Callable[[Session], None]) -> None:
        """Writes the end down, once TCP is over. The tag is free before anybody can see that."""
        await self.connection.wait_closed()
        try:
            await self.connection.ping()
        except ConnectionClosed as closed:
            if closed.rcvd is not None:
                code = None if closed.rcvd.code == NO_CODE else closed.rcvd.code
                self._close = {"code": code, "reason": closed.rcvd.reason}
            forget_tag(self)
            self.ended = end_of(closed, was_cut=self._was_cut)
            self._change()

    def seen(self) -> dict[str, object]:
        """The server's side of the story."""
        request, response = self.connection.request, self.connection.response
        assert request is not None
        assert response is not None
        extensions = response.headers.get_all("Sec-WebSocket-Extensions")
        return {
            "handshake": {
                "target": request.path,
                "headers": list(request.headers.raw_items()),
                "subprotocol": self.connection.subprotocol,
                "extensions": [extension.strip() for each in extensions for extension in each.split(",")],
            },
            "received": self._received.told(),
            "sent": self._sent.told(),
            "last_pong": None,
            "close": self._close,
            "open": self.ended is None,
            "ended": self.ended,
        }

    async def until(self, is_reached: Callable[[dict[str, object]], bool], within: float) -> bool:
        """Waits until something is true of the story. Says whether it has become true in time."""
        try:
            async with asyncio.timeout(within):
                while not is_reached(self.seen()):
                    await self._changed.wait()
        except TimeoutError:
            return False
        return True

    def _change(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
