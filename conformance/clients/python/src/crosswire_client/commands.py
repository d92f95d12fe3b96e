"""What the driver can be told. These types say how a line is read, and it is read strictly: nothing is carried out of a
command that is unknown, has a field that is unknown, lacks one, or has a value of the wrong kind."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from string import ascii_lowercase
from typing import Final, Literal

LONGEST_FILL: Final = 256 << 20  # bytes; it is made in memory
HIGHEST_CODE: Final = 65535  # two bytes of a close frame


class Base64(bytes):
    """Bytes that are told in base64."""


class Hex(bytes):
    """Bytes that are told in hexadecimal digits."""


class InvalidText(Hex):
    """The bytes of a text that are no UTF-8."""


Message = str | bytes | InvalidText


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """So many bytes or letters, which are made when they are sent."""

    len: int
    as_: Literal["text", "binary"]

    def __post_init__(self) -> None:
        if self.len > LONGEST_FILL:
            raise ValueError(f"a fill may be {LONGEST_FILL} bytes long, and this one is {self.len}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """The content of a message, in exactly one form."""

    text: str | None = None
    base64: Base64 | None = None
    fill: Fill | None = None
    invalid_text: InvalidText | None = None

    def __post_init__(self) -> None:
        if len(self._forms()) != 1:
            raise ValueError("a payload is exactly one of `text`, `base64`, `fill` and `invalid_text`")

    def _forms(self) -> list[Message | Fill]:
        forms = (self.text, self.base64, self.fill, self.invalid_text)
        return [form for form in forms if form is not None]

    def message(self) -> Message:
        """The message to be sent."""
        match self._forms()[0]:
            case Fill(len=length, as_="text"):
                return (ascii_lowercase * (length // 26 + 1))[:length]
            case Fill(len=length):
                return (bytes(range(251)) * (length // 251 + 1))[:length]
            case message:
                return message


def pieces(message: Message, sizes: list[int]) -> list[bytes]:
    """The bytes of a message in pieces of these sizes."""
    data = message.encode() if isinstance(message, str) else bytes(message)
    if not sizes or sum(sizes) != len(data):
        raise ValueError(f"the sizes of the fragments do not add up to {len(data)} bytes")
    return [data[begin:end] for begin, end in pairwise(accumulate(sizes, initial=0))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    protocol: Literal[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bye:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class OfTest:
    seq: int
    c: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen(OfTest):
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class End(OfTest):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class OfConnection(OfTest):
    on: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Open(OfConnection):
    url: str
    within_ms: int
    subprotocols: list[str] = field(default_factory=list)
    headers: list[tuple[str, str]] = field(default_factory=list)
    max_message: int | None = None
    reading: bool = True
    data: Literal["full"] | None = None
    abandon: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Send(OfConnection):
    payload: Payload  # its form stands among the other fields
    fragments: list[int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SendMany(OfConnection):
    senders: int
    messages: list[Payload]

    def __post_init__(self) -> None:
        if self.senders < 1:
            raise ValueError("`senders` is at least 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping(OfConnection):
    hex: Hex


@dataclass(frozen=True, slots=True, kw_only=True)
class Pong(OfConnection):
    hex: Hex


@dataclass(frozen=True, slots=True, kw_only=True)
class Close(OfConnection):
    within_ms: int
    code: int | None = None
    reason: str | None = None

    def __post_init__(self) -> None:
        if self.code is None and self.reason is not None:
            raise ValueError("a close frame has no `reason` without a `code`")
        if self.code is not None and self.code > HIGHEST_CODE:
            raise ValueError("`code` is a number of two bytes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop(OfConnection):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class StopReading(OfConnection):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class StartReading(OfConnection):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class React(OfConnection):
    then: list[Send | Close]

    def __post_init__(self) -> None:
        if any((order.seq, order.on) != (self.seq, self.on) for order in self.then):
            raise ValueError("what `then` does belongs to the connection of its `react`")


Order = Send | SendMany | Ping | Pong | Close | Drop | StopReading | StartReading | React
Command = Hello | Bye | Listen | End | Open | Order
