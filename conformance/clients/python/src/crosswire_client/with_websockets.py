"""websockets, by its asyncio interface."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol
from websockets.version import version

from crosswire_client.commands import InvalidText, Message, Open, pieces
from crosswire_client.library import NO_FRAME, Ending, Library, Link, Unsupported


class Websockets:
    """The library, with everything as it is by default but what a command says."""

    client = "python-websockets"
    version = f"websockets {version}"
    # Not `close-without-code`: `close` takes a number, which is 1000 where none is given.
    capabilities: tuple[str, ...] = (
        "ping",
        "pong",
        "abort",
        "headers",
        "handshake-status",
        "close-any-code",
        "fragments",
        "many-senders",
        "stop-reading",
        "react",
        "message-limit",
        "invalid-text",
        "abandon",
        "extensions-shown",
        "waits-for-tcp-end",
    )

    async def connect(self, opening: Open) -> Link:
        """Opens a connection, directly and however long it takes."""
        limit: dict[str, Any] = {} if opening.max_message is None else {"max_size": opening.max_message}
        connection = await connect(
            opening.url,
            subprotocols=[Subprotocol(each) for each in opening.subprotocols] or None,
            additional_headers=opening.headers,
            open_timeout=None,
            proxy=None,
            **limit,
        )
        return WebsocketsLink(connection)

    def status_of(self, error: Exception) -> int | None:
        """The status of HTTP that a handshake was refused with."""
        return error.response.status_code if isinstance(error, InvalidStatus) else None


class WebsocketsLink:
    """An open connection."""

    def __init__(self, connection: ClientConnection) -> None:
        assert connection.response is not None
        extensions = connection.response.headers.get_all("Sec-WebSocket-Extensions")
        self.subprotocol = connection.subprotocol
        self.extensions = [extension.strip() for each in extensions for extension in each.split(",")]
        self._connection = connection

    async def receive(self) -> str | bytes | Ending:
        """The next message; behind the last one the end, when TCP is over."""
        try:
            return await self._connection.recv()
        except ConnectionClosed as closed:
            # What has broken a connection is the cause; without one TCP has ended as it should.
            is_clean = closed.rcvd is not None and closed.sent is not None and closed.__cause__ is None
            if closed.rcvd is None:
                return Ending(NO_FRAME, "", is_clean)
            return Ending(closed.rcvd.code, closed.rcvd.reason, is_clean)

    async def send(self, message: Message, fragments: list[int] | None) -> None:
        """Sends a message. In frames it ends with one more, which is empty."""
        is_text = isinstance(message, str | InvalidText)
        if fragments is None:
            await self._connection.send(message, text=is_text)
        else:
            await self._connection.send(pieces(message, fragments), text=is_text)

    async def ping(self, payload: bytes, on_pong: Callable[[bytes], None]) -> None:
        """Sends a ping, and tells when its pong has come."""
        pong = asyncio.ensure_future(await self._connection.ping(payload))

        def tell(pong: asyncio.Future[float]) -> None:
            if not pong.cancelled() and pong.exception() is None:
                on_pong(payload)

        pong.add_done_callback(tell)

    async def pong(self, payload: bytes) -> None:
        """Sends a pong that nobody asked for."""
        await self._connection.pong(payload)

    async def close(self, code: int | None, reason: str) -> None:
        """Carries out the closing handshake."""
        if code is None:
            raise Unsupported("websockets closes with a code, and 1000 where none is given")
        await self._connection.close(code, reason)

    def cut(self) -> None:
        """Ends TCP without a closing handshake."""
        self._connection.transport.abort()

    async def let_go(self) -> None:
        """Nothing is left when TCP is over."""
        await self._connection.wait_closed()


LIBRARY: Final[Library] = Websockets()
