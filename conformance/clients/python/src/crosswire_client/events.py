"""What the driver reports."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Mapping
from typing import Any, Protocol

from crosswire_client.stdio import LONGEST_LINE

SHOWN_IN_FULL = 4 << 10  # a longer message is told by its hash, unless it was asked for in full
HEAD = 64  # of such a message
AROUND = 1 << 10  # on a line, besides the payload


class Output(Protocol):
    """Where lines go."""

    def put(self, line: Mapping[str, object]) -> None:
        """Writes a line, after all that were put before it."""

    async def room(self) -> None:
        """Waits until no more lines are unwritten than should be."""


class Test:
    """The events of one test: numbered without a gap, and none behind its end."""

    def __init__(self, seq: int, output: Output, started: float) -> None:
        self.seq = seq
        self.output = output
        self.is_over = False
        self._started = started
        self._events = 0

    def report(self, what: str, *, c: int | None = None, on: str | None = None, **more: object) -> None:
        """Reports what happened; with `c` it answers a command."""
        if self.is_over:
            return
        self._events += 1
        event: dict[str, object] = {"seq": self.seq, "n": self._events}
        if c is not None:
            event["c"] = c
        event["ms"] = round((time.monotonic() - self._started) * 1000, 3)
        if on is not None:
            event["on"] = on
        self.output.put({"event": event | {"is": what} | more})
        self.is_over = what == "ended"


def shown(message: str | bytes, *, in_full: bool) -> dict[str, Any]:
    """How a message is told: whole, or by its hash where that is long, or longer than a line."""
    data = message.encode() if isinstance(message, str) else message
    if len(data) <= SHOWN_IN_FULL or in_full:
        told = message if isinstance(message, str) else base64.b64encode(message).decode()
        if len(json.dumps(told)) + AROUND <= LONGEST_LINE:
            return {"text" if isinstance(message, str) else "base64": told}
    kind = "text" if isinstance(message, str) else "binary"
    digest = hashlib.sha256(data).hexdigest()
    return {"kind": kind, "len": len(data), "sha256": digest, "head": data[:HEAD].hex()}
