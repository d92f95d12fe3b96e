"""A line, read as what the types of the commands say."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from binascii import unhexlify
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, Literal, NoReturn, Union, get_args, get_origin, get_type_hints

from crosswire_client.commands import Base64, Command, Hex, InvalidText, Payload

NUMBERS: Final = range(1 << 63)
WORDS: Final = {
    int: "a whole number from 0",
    str: "a text",
    bool: "true or false",
    list: "a list",
    tuple: "a pair",
    Base64: "a text in base64",
    Hex: "a text of hexadecimal digits",
    InvalidText: "a text of hexadecimal digits",
    Literal: "a value that is known here",
}


class Mistake(Exception):
    """A line that is no command, and the command's numbers as far as they could be read."""

    def __init__(self, message: str, line: object = None) -> None:
        super().__init__(message)
        given = line if isinstance(line, dict) else {}
        self.numbers = {name: given[name] for name in ("seq", "c") if type(given.get(name)) is int and given[name] >= 0}


def understand(line: bytes) -> Command:
    """Reads a line."""
    try:
        value = json.loads(line.decode(), object_pairs_hook=_without_repetition, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Mistake(f"this line is no JSON: {error}") from error
    try:
        command: Command = _read(Command, value)
    except ValueError as error:
        raise Mistake(str(error), value) from error
    return command


def _without_repetition(pairs: list[tuple[str, object]]) -> dict[str, object]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError("a name is there twice in one object")
    return values


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")


def _read(kind: Any, value: Any) -> Any:
    """The value as one of this kind. A ValueError says why it is none."""
    origin, of, given = get_origin(kind), get_args(kind), type(value)
    if origin in (Union, UnionType):
        kinds = tuple(each for each in of if each is not NoneType)
        return _read(kinds[0], value) if len(kinds) == 1 else _command(kinds, value)
    if origin is list and given is list:
        return [_read(of[0], item) for item in value]
    if origin is tuple and given is list and len(value) == len(of):
        return tuple(map(_read, of, value))
    if origin is Literal and any(given is type(word) and value == word for word in of):
        return value
    if is_dataclass(kind) and given is dict:
        return _object(kind, dict(value))
    if given is kind and (kind is bool or (kind is int and value in NUMBERS)):
        return value
    if given is str and origin is None:
        value.encode()  # JSON can write half of a surrogate pair. UTF-8 cannot, and says so with a ValueError.
        if kind is str:
            return value
        if kind is Base64:
            return Base64(b64decode(value, validate=True))
        if issubclass(kind, Hex):
            return kind(unhexlify(value))
    raise ValueError(f"{json.dumps(value):.60} is not {WORDS.get(origin or kind, 'an object')}")


def _object(kind: Any, given: dict[str, object]) -> Any:
    """An object that has the fields of a type, and no others."""
    types, values = _types(kind), {}
    if "payload" in types:
        forms = _types(Payload)
        given["payload"] = {form: given.pop(form) for form in forms if form in given}
    for field in fields(kind):
        name = field.name.rstrip("_")
        if name in given:
            try:
                values[field.name] = _read(types[field.name], given.pop(name))
            except ValueError as error:
                raise ValueError(f"`{name}`: {error}") from error
        elif field.default is MISSING and field.default_factory is MISSING:
            raise ValueError(f"the field `{name}` is missing")
    for name in given:
        raise ValueError(f"there is no field `{name}`")
    return kind(**values)


def _command(kinds: tuple[type, ...], value: object) -> Any:
    """An object of one of several types, by the name under `cmd`."""
    given, named = dict(value) if isinstance(value, dict) else {}, _by_name(kinds)
    name = given.pop("cmd", None)
    if not isinstance(name, str) or name not in named:
        raise ValueError(f"there is no command {json.dumps(name):.60}; there are {', '.join(named)}")
    if isinstance(given.get("then"), list):
        # Its test and its connection are those of the `react`. They may be said again.
        told = {field: given[field] for field in ("seq", "on") if field in given}
        given["then"] = [told | order if isinstance(order, dict) else order for order in given["then"]]
    try:
        return _object(named[name], given)
    except ValueError as error:
        raise ValueError(f"`{name}`: {error}") from error


@cache
def _by_name(kinds: tuple[type, ...]) -> dict[str, type]:
    return {re.sub("(?<=.)([A-Z])", r"_\1", kind.__name__).lower(): kind for kind in kinds}


_types = cache(get_type_hints)
