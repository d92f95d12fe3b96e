"""What the server saw of a connection."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Literal

from websockets.exceptions import ConnectionClosed, PayloadTooBig, ProtocolError

End = Literal["clean", "vanished", "violation", "timed_out", "cut"]


@dataclass(slots=True)
class Tally:
    """The messages of one direction. The library shows no pings and no pongs, so there are none."""

    text: int = 0
    binary: int = 0
    length: int = 0
    _digest: hashlib._Hash = field(default_factory=hashlib.sha256)

    def add(self, message: str | bytes) -> None:
        """Counts a message."""
        payload = message.encode() if isinstance(message, str) else message
        self.text += isinstance(message, str)
        self.binary += not isinstance(message, str)
        self.length += len(payload)
        self._digest.update(b"t" if isinstance(message, str) else b"b")
        self._digest.update(len(payload).to_bytes(8, "big"))
        self._digest.update(hashlib.sha256(payload).digest())

    def told(self) -> dict[str, object]:
        """As `seen` tells it."""
        counts: dict[str, object] = {
            "text": self.text,
            "binary": self.binary,
            "ping": 0,
            "pong": 0,
            "bytes": self.length,
        }
        return counts | {"sha256": self._digest.hexdigest()}


def end_of(closed: ConnectionClosed, *, was_cut: bool) -> End:
    """How a connection ended, by what the library raises for it."""
    cause = closed.__cause__
    if was_cut:
        return "cut"
    if isinstance(cause, ProtocolError | PayloadTooBig | UnicodeDecodeError):
        return "violation"
    if isinstance(cause, TimeoutError):
        return "timed_out"
    return "clean" if closed.rcvd and closed.sent and cause is None else "vanished"
