"""Who is let in, and what is spoken with whom."""

from __future__ import annotations

import asyncio
import json
import re
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import UUID

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed, NegotiationError
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol
from websockets.version import version

from crosswire_server.control import answer
from crosswire_server.session import NoRoom, NotOpen, Session

PATHS: Final = ("/ws", "/echo", "/control")
PLAIN: Final = Subprotocol("crosswire.v1.plain")
TAG: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
ECHO_LIMIT: Final = 16 << 20  # bytes of a message on /echo
KEPT: Final = 60  # seconds that what was seen of a connection is kept behind its end
MOST_KEPT: Final = 10_000


class Server:
    """Every connection by its names, and what is done with a new one."""

    def __init__(self, max_sessions: int) -> None:
        self._max_sessions = max_sessions
        self._count = 0
        self._open: dict[UUID, Session] = {}
        self._tags: dict[str, Session] = {}
        self._named: dict[str, Session] = {}
        self._ended: deque[Session] = deque()
        self._watching: set[asyncio.Task[None]] = set()

    def named(self, name: str) -> Session | None:
        """The connection that has this tag or id; else the last that had it."""
        return self._named.get(name)

    def process_request(self, connection: ServerConnection, request: Request) -> Response | None:
        """Refuses paths that there are not; the library looks at the rest of the request."""
        path = path_of(request)
        if path not in PATHS:
            return refuse(connection, HTTPStatus.NOT_FOUND, "unknown_path", f"there is no {path} here")
        if path == "/control" and "Origin" in request.headers:
            # A page would need a token, and there is none.
            return refuse(connection, HTTPStatus.FORBIDDEN, "origin", "no page may control this server")
        if path == "/echo":
            # The library has one limit for all connections. No frame of this one has been read yet.
            connection.protocol.max_message_size = max(ECHO_LIMIT, connection.protocol.max_message_size or 0)
        return None

    def select_subprotocol(self, connection: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
        """On /ws the one that is known, elsewhere the first."""
        assert connection.request is not None
        if not offered:
            return None
        if path_of(connection.request) != "/ws":
            return offered[0]
        if PLAIN in offered:
            return PLAIN
        raise NegotiationError(f"none of these subprotocols is known here, but {PLAIN}")

    def process_response(self, connection: ServerConnection, request: Request, response: Response) -> Response | None:
        """Gives a connection that the library accepts its place and its names, before it hears of that."""
        if response.status_code != HTTPStatus.SWITCHING_PROTOCOLS:
            return None
        tags = parse_qs(urlsplit(request.path).query.replace("+", "%2B"), keep_blank_values=True).get("tag", [])
        if len(tags) > 1 or not all(TAG.fullmatch(tag) for tag in tags):
            message = "a tag is 1 to 64 of A-Z a-z 0-9 - _ . and there is at most one"
            return refuse(connection, HTTPStatus.BAD_REQUEST, "bad_tag", message)
        if any(tag in self._tags for tag in tags):
            return refuse(connection, HTTPStatus.CONFLICT, "tag_in_use", "another connection has this tag")
        if len(self._open) >= self._max_sessions:
            message = f"all {self._max_sessions} sessions are taken; try again later"
            return refuse(connection, HTTPStatus.SERVICE_UNAVAILABLE, "full", message)
        self._count += 1
        session = Session(connection, f"~{self._count}", tags[0] if tags else None)
        self._open[connection.id] = session
        self._tags |= dict.fromkeys(tags, session)
        self._named |= dict.fromkeys([session.name, *tags], session)
        watching = asyncio.create_task(session.watch(self._free))
        self._watching.add(watching)
        watching.add_done_callback(self._watching.discard)
        return None

    async def handler(self, connection: ServerConnection) -> None:
        """Speaks with a connection until it ends."""
        assert connection.request is not None
        session = self._open[connection.id]
        try:
            match path_of(connection.request):
                case "/ws":
                    welcome = {"type": "welcome", "connection": session.name, "server": f"websockets/{version}"}
                    await session.send(json.dumps(welcome))
                    await echo(session)
                case "/echo":
                    await echo(session)
                case _:
                    while True:
                        await session.send(await answer(await session.receive(), self.named))
        except (ConnectionClosed, NotOpen, NoRoom):
            # How it ended is written down by whoever watches it.
            pass

    def cut_what_is_left(self) -> None:
        """Ends what has not ended by itself."""
        for session in self._open.values():
            session.connection.transport.abort()

    def _free(self, session: Session) -> None:
        """Gives the place and the tag of a connection back. What was seen of it is kept for a while."""
        del self._open[session.connection.id]
        if session.tag is not None:
            del self._tags[session.tag]
        self._ended.append(session)
        asyncio.get_running_loop().call_later(KEPT, self._forget, session)
        if len(self._ended) > MOST_KEPT:
            self._forget(self._ended[0])

    def _forget(self, session: Session) -> None:
        if self._ended and self._ended[0] is session:
            self._ended.popleft()
            for name in (session.name, session.tag):
                if name is not None and self._named.get(name) is session:
                    del self._named[name]


async def echo(session: Session) -> None:
    """Sends every message back."""
    while True:
        message = await session.receive()
        # What has come before a close frame is still to be read when there is nobody left to send to.
        with suppress(NotOpen):
            await session.send(message)


def path_of(request: Request) -> str:
    """The path that a request asks for."""
    return unquote(urlsplit(request.path).path)


def refuse(connection: ServerConnection, status: HTTPStatus, error: str, message: str) -> Response:
    """A refusal that says why."""
    response = connection.respond(status, json.dumps({"error": error, "message": message}))
    del response.headers["Content-Type"]
    response.headers["Content-Type"] = "application/json"
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = "1"
    return response
