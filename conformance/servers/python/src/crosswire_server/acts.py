"""What can be done to a connection. Each act reads its own form, as docs/protocol.md has it, and does it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, Final, Protocol, Self

from crosswire_server.forms import counted, fields, flag, number, only_true, payload, string, whole
from crosswire_server.session import Session

MOST_TIMES: Final = 1_000_000
MOST_FRAGMENTS: Final = 65_536
TURN: Final = 64  # messages, and then others have theirs
LONGEST_WAIT: Final = 2000  # ms
LONGEST_SEEN_WAIT: Final = 10_000  # ms
SEEN_WAIT: Final = 2000  # ms, where none is told
LONGEST_REASON: Final = 123
LONGEST_PING: Final = 125


class NotReached(Exception):
    """What was waited for did not happen in time."""


class Act(Protocol):
    """Something that is done to a connection."""

    @classmethod
    def read(cls, value: object) -> Self:
        """Reads its form."""

    async def do(self, session: Session) -> None:
        """Does it."""


@dataclass(frozen=True, slots=True)
class Send:
    """A message, perhaps many times, perhaps in frames."""

    message: str | bytes
    times: int | None
    sizes: list[int] | None
    ping_between: bool

    @classmethod
    def read(cls, value: object) -> Self:
        of = fields(value, "text", "hex", "fill", "times", "fragments", "ping_between")
        message = payload(of)
        times = number(of, "times", MOST_TIMES) if "times" in of else None
        if times is not None and isinstance(message, str):
            counted(message, 0)
        ping_between = flag(of, "ping_between") if "ping_between" in of else False
        if "fragments" not in of and ping_between:
            raise ValueError(".ping_between: this needs `fragments` to stand between")
        return cls(message, times, _sizes(of["fragments"]) if "fragments" in of else None, ping_between)

    async def do(self, session: Session) -> None:
        for i in range(1 if self.times is None else self.times):
            message = self.message
            if self.times is not None and isinstance(message, str):
                message = counted(message, i)
            length = len(message.encode() if isinstance(message, str) else message)
            if self.sizes is not None and sum(self.sizes) != length:
                raise ValueError(f".fragments: the sizes do not add up to {length} bytes")
            await session.send(message, self.sizes, ping_between=self.ping_between)
            if i % TURN == 0:
                await asyncio.sleep(0)


def _sizes(value: object) -> list[int]:
    if not isinstance(value, list) or not 1 <= len(value) <= MOST_FRAGMENTS:
        raise ValueError(f".fragments: a list of 1 to {MOST_FRAGMENTS} sizes belongs here")
    return [number({"fragments": size}, "fragments", 64 << 20) for size in value]


@dataclass(frozen=True, slots=True)
class Close:
    """The closing handshake."""

    code: int | None
    reason: str

    @classmethod
    def read(cls, value: object) -> Self:
        of = fields(value, "code", "reason")
        if "code" not in of and "reason" in of:
            raise ValueError(".reason: a reason needs a code before it")
        reason = string(of, "reason") if "reason" in of else ""
        if len(reason.encode()) > LONGEST_REASON:
            raise ValueError(f".reason: {LONGEST_REASON} bytes fit into a close frame, and these are more")
        return cls(number(of, "code", 65535) if "code" in of else None, reason)

    async def do(self, session: Session) -> None:
        if self.code is None:
            raise ValueError(": websockets closes with a code, and 1000 where none is given")
        await session.close(self.code, self.reason)


@dataclass(frozen=True, slots=True)
class WaitMs:
    """A pause."""

    ms: int

    @classmethod
    def read(cls, value: object) -> Self:
        return cls(whole(value, LONGEST_WAIT))

    async def do(self, session: Session) -> None:
        await asyncio.sleep(self.ms / 1000)


def _control_payload(value: object) -> bytes:
    of = fields(value, "text", "hex", "fill")
    message = payload(of) if of else b""
    content = message.encode() if isinstance(message, str) else message
    if len(content) > LONGEST_PING:
        raise ValueError(f": {LONGEST_PING} bytes fit into a ping or pong, and these are {len(content)}")
    return content


@dataclass(frozen=True, slots=True)
class Ping:
    """A ping."""

    content: bytes

    @classmethod
    def read(cls, value: object) -> Self:
        return cls(_control_payload(value))

    async def do(self, session: Session) -> None:
        await session.ping(self.content)


@dataclass(frozen=True, slots=True)
class Pong:
    """A pong that nobody asked for."""

    content: bytes

    @classmethod
    def read(cls, value: object) -> Self:
        return cls(_control_payload(value))

    async def do(self, session: Session) -> None:
        await session.pong(self.content)


class Bare:
    """An act that needs no words but its name."""

    @classmethod
    def read(cls, value: object) -> Self:
        only_true(value)
        return cls()


class Drop(Bare):
    async def do(self, session: Session) -> None:
        session.drop()


class Finish(Bare):
    async def do(self, session: Session) -> None:
        session.finish()


@dataclass(frozen=True, slots=True)
class Seen:
    """The server's view, perhaps once something is true of it."""

    until: dict[str, Any]
    within_ms: int

    @classmethod
    def read(cls, value: object) -> Self:
        if isinstance(value, bool):
            only_true(value)
            return cls({}, 0)
        of = fields(value, "until", "within_ms")
        within_ms = number(of, "within_ms", LONGEST_SEEN_WAIT) if "within_ms" in of else SEEN_WAIT
        try:
            return cls(_until(of.get("until", {})), within_ms)
        except ValueError as error:
            raise ValueError(f".until{error}") from error

    async def do(self, session: Session) -> None:
        if not await session.until(self._is_reached, self.within_ms / 1000):
            raise NotReached

    def _is_reached(self, seen: dict[str, Any]) -> bool:
        until = self.until
        if (until.get("ended") and not seen["ended"]) or (until.get("close") and not seen["close"]):
            return False
        return all(
            seen[direction][name] >= least
            for direction in ("received", "sent")
            for name, least in until.get(direction, {}).items()
        )


def _until(value: object) -> dict[str, Any]:
    of = fields(value, "ended", "close", "received", "sent")
    until: dict[str, Any] = {name: flag(of, name) for name in ("ended", "close") if name in of}
    for direction in ("received", "sent"):
        if direction in of:
            counts = fields(of[direction], "text", "binary", "ping", "pong", "bytes")
            until[direction] = {name: number(counts, name, 1 << 63) for name in counts}
    return until


ACTS: Final[dict[str, type[Act]]] = {
    "send": Send,
    "ping": Ping,
    "pong": Pong,
    "close": Close,
    "drop": Drop,
    "finish": Finish,
    "wait_ms": WaitMs,
    "seen": Seen,
}
