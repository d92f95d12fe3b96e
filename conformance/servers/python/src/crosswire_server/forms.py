"""Values as commands have them. What is wrong with one is a ValueError that begins with its place: `.code: …`."""

from __future__ import annotations

import json
import re
from binascii import Error, unhexlify
from collections.abc import Mapping
from string import ascii_lowercase
from typing import Final, NoReturn

LONGEST_FILL: Final = 64 << 20
VARIABLE: Final = re.compile(r"\$\$\{|\$\{(.*?)\}")

Fields = Mapping[str, object]


def strict_json(text: str) -> object:
    """JSON in which no name is there twice, and every number is one."""

    def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
        values = dict(pairs)
        if len(values) != len(pairs):
            raise ValueError("a key is there twice in one object")
        return values

    def no_number(word: str) -> NoReturn:
        raise ValueError(f"{word} is no number")

    try:
        return json.loads(text, object_pairs_hook=unique, parse_constant=no_number)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def fields(value: object, *names: str) -> Fields:
    """An object with some of these fields, and no others."""
    if not isinstance(value, dict):
        raise ValueError(": an object belongs here")
    if unknown := sorted(value.keys() - set(names)):
        raise ValueError(f".{unknown[0]}: there is no such field here; there are {', '.join(names)}")
    return value


def number(of: Fields, name: str, most: int) -> int:
    """A whole number from 0 to the most that it may be."""
    try:
        return whole(of[name], most)
    except ValueError as error:
        raise ValueError(f".{name}{error}") from error


def whole(value: object, most: int) -> int:
    """The same of a value that is no field."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise ValueError(f": a whole number from 0 to {most} belongs here")
    return value


def string(of: Fields, name: str) -> str:
    """A text that UTF-8 has."""
    value = of[name]
    try:
        if isinstance(value, str) and value.encode() is not None:
            return value
    except UnicodeEncodeError:
        pass
    raise ValueError(f".{name}: a text belongs here")


def flag(of: Fields, name: str) -> bool:
    """True or false."""
    value = of[name]
    if not isinstance(value, bool):
        raise ValueError(f".{name}: true or false belongs here")
    return value


def only_true(value: object) -> None:
    """What stands behind acts that need no more words."""
    if value is not True:
        raise ValueError(": only `true` makes sense here; leave the act out instead")


def payload(of: Fields) -> str | bytes:
    """The content of a message, in exactly one form."""
    match [form for form in ("text", "hex", "fill") if form in of]:
        case ["text"]:
            return string(of, "text")
        case ["hex"]:
            try:
                return unhexlify(string(of, "hex"))
            except (Error, ValueError) as error:
                raise ValueError(f".hex: {error}") from error
        case ["fill"]:
            return _filled(of["fill"])
    raise ValueError(": give exactly one of `text`, `hex` and `fill`")


def _filled(value: object) -> str | bytes:
    try:
        fill = fields(value, "len", "as")
        if "len" not in fill or fill.get("as") not in ("text", "binary"):
            raise ValueError(': a fill is like {"len":3,"as":"text"}, or "binary"')
        length = number(fill, "len", LONGEST_FILL)
    except ValueError as error:
        raise ValueError(f".fill{error}") from error
    if fill["as"] == "text":
        return (ascii_lowercase * (length // 26 + 1))[:length]
    return (bytes(range(251)) * (length // 251 + 1))[:length]


def counted(text: str, i: int) -> str:
    """A text of round i: `${i}` is its number, and `$${` is a literal `${`."""

    def replacement(found: re.Match[str]) -> str:
        if found[0] == "$${":
            return "${"
        if found[1] != "i":
            raise ValueError(f".text: `{found[0]}` is not known here: only `${{i}}` is; `$${{` is a literal `${{`")
        return str(i)

    return VARIABLE.sub(replacement, text)
