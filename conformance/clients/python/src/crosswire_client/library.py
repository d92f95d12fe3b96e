"""What the driver needs of a library. Whatever a library raises is told in its own words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from crosswire_client.commands import Message, Open

NO_CODE = 1005  # of a close frame that had none, as the WebSocket API has it
NO_FRAME = 1006  # where no close frame came


@dataclass(frozen=True, slots=True)
class Ending:
    """How a connection ended, as far as the library shows it."""

    code: int
    reason: str
    is_clean: bool


class Unsupported(Exception):
    """The library has no way to do this."""


class Link(Protocol):
    """A connection that is open."""

    @property
    def subprotocol(self) -> str | None:
        """The one that was agreed on."""

    @property
    def extensions(self) -> list[str] | None:
        """Those that the server's header names, or none where the library does not show them."""

    async def receive(self) -> str | bytes | Ending:
        """The next message; behind the last one the end, when TCP is over."""

    async def send(self, message: Message, fragments: list[int] | None) -> None: ...

    async def ping(self, payload: bytes, on_pong: Callable[[bytes], None]) -> None: ...

    async def pong(self, payload: bytes) -> None: ...

    async def close(self, code: int | None, reason: str) -> None:
        """Carries out the closing handshake."""

    def cut(self) -> None:
        """Ends TCP without a closing handshake, at once. What waits for this connection then goes on."""

    async def let_go(self) -> None:
        """Frees what is left of a connection that has ended or was cut."""


class Library(Protocol):
    """A WebSocket library."""

    client: str
    version: str
    capabilities: tuple[str, ...]

    async def connect(self, opening: Open) -> Link:
        """Opens a connection, however long it takes."""

    def status_of(self, error: Exception) -> int | None:
        """The status of HTTP that a handshake was refused with."""
