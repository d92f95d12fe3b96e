"""aiohttp's client."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import aiohttp
from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType, WSServerHandshakeError

from crosswire_client.commands import InvalidText, Message, Open
from crosswire_client.library import NO_CODE, NO_FRAME, Ending, Library, Link, Unsupported


class Aiohttp:
    """The library, with everything as it is by default but what a command says."""

    client = "python-aiohttp"
    version = f"aiohttp {aiohttp.__version__}"
    # Not `ping`: pongs are shown only to those who answer pings themselves. Not `close-without-code`: a code is always
    # sent. Not `fragments`, and not `extensions-shown`: it has no way to do either. Not
    # `waits-for-tcp-end`: it ends TCP as soon as the close frames are exchanged.
    capabilities: tuple[str, ...] = (
        "pong",
        "abort",
        "headers",
        "handshake-status",
        "close-any-code",
        "many-senders",
        "stop-reading",
        "react",
        "message-limit",
        "invalid-text",
        "abandon",
    )

    async def connect(self, opening: Open) -> Link:
        """Opens a connection in a session of its own: ending the session ends this connection, and no other."""
        limit: dict[str, Any] = {} if opening.max_message is None else {"max_msg_size": opening.max_message}
        session = ClientSession()
        try:
            connection = await session.ws_connect(
                opening.url, protocols=opening.subprotocols, headers=opening.headers, **limit
            )
        except BaseException:
            await session.close()
            raise
        return AiohttpLink(session, connection)

    def status_of(self, error: Exception) -> int | None:
        """The status of HTTP that a handshake was refused with."""
        return error.status if isinstance(error, WSServerHandshakeError) else None


class AiohttpLink:
    """An open connection."""

    extensions = None

    def __init__(self, session: ClientSession, connection: ClientWebSocketResponse) -> None:
        self.subprotocol = connection.protocol
        self._session = session
        self._connection = connection
        self._is_at_rest = asyncio.Event()  # unless a close of ours is under way
        self._is_at_rest.set()

    async def receive(self) -> str | bytes | Ending:
        """The next message; behind the last one the end, when TCP is over."""
        message = await self._connection.receive()
        match message.type:
            case WSMsgType.TEXT:
                return str(message.data)
            case WSMsgType.BINARY:
                return bytes(message.data)
            case WSMsgType.CLOSE:
                is_clean = self._connection.exception() is None
                return Ending(message.data or NO_CODE, message.extra or "", is_clean)
            case WSMsgType.ERROR:
                return Ending(NO_FRAME, "", is_clean=False)
        # Closed by ourselves, or cut. Only when that is over it is known how the peer has answered.
        await self._is_at_rest.wait()
        code = self._connection.close_code or NO_CODE
        return Ending(code, "", is_clean=code != NO_FRAME)

    async def send(self, message: Message, fragments: list[int] | None) -> None:
        """Sends a message."""
        if fragments is not None:
            raise Unsupported("aiohttp sends every message in one frame")
        match message:
            case InvalidText():
                # As Python keeps bytes in a text that are none.
                await self._connection.send_str(message.decode(errors="surrogateescape"))
            case str():
                await self._connection.send_str(message)
            case bytes():
                await self._connection.send_bytes(message)

    async def ping(self, payload: bytes, on_pong: Callable[[bytes], None]) -> None:
        """Does nothing: the pong would not be shown."""
        raise Unsupported("aiohttp shows pongs only to those who answer pings themselves")

    async def pong(self, payload: bytes) -> None:
        """Sends a pong that nobody asked for."""
        await self._connection.pong(payload)

    async def close(self, code: int | None, reason: str) -> None:
        """Carries out the closing handshake."""
        if code is None:
            raise Unsupported("aiohttp closes with a code, and 1000 where none is given")
        self._is_at_rest.clear()
        try:
            await self._connection.close(code=code, message=reason.encode())
        finally:
            self._is_at_rest.set()

    def cut(self) -> None:
        """Ends TCP without a closing handshake."""
        transport_socket = self._connection.get_extra_info("socket")
        if transport_socket is not None:
            with suppress(OSError):
                transport_socket.shutdown(socket.SHUT_RDWR)

    async def let_go(self) -> None:
        """Frees what is left of a connection that has ended or was cut."""
        await self._connection.close()
        await self._session.close()


LIBRARY: Final[Library] = Aiohttp()
