"""A command of a control session, and its answer."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Final

from websockets.exceptions import ConcurrencyError, ConnectionClosed, ProtocolError

from crosswire_server.acts import ACTS, Act, NotReached, Seen, WaitMs
from crosswire_server.forms import fields, strict_json, string
from crosswire_server.session import WRITE_TIMEOUT, NoRoom, NotOpen, Session

MOST_ACTS: Final = 1000
SHAPE: Final = '{"id":1,"to":"TAG","act":[{"send":{"text":"hi"}}]}'
BETWEEN: Final = re.compile(r"[ \t\n\r,:]*")  # two parts of an object that is known to be one


class Failed(Exception):
    """Why a command was not carried out to its end."""

    def __init__(self, error: str, message: str) -> None:
        super().__init__(message)
        self.error = error


async def answer(text: str | bytes, named: Callable[[str], Session | None]) -> str:
    """Carries a command out, and says how that went."""
    said: dict[str, object] = {}
    identity, done = "null", 0
    try:
        command = _parse(text)
        identity = identity_of(str(text))
        to, acts = _read(command)
        session = named(to)
        if session is None:
            message = f"no connection has the tag or id `{to}`; name one when it connects: /ws?tag={to}"
            raise Failed("unknown_connection", message)
        for act in acts:
            try:
                await _do(act, session, f"act[{done}]")
            finally:
                if isinstance(act, Seen):
                    said["seen"] = session.seen()
            done += 1
    except Failed as failed:
        said |= {"error": failed.error, "message": str(failed), "done": done}
    else:
        said["ok"] = True
    # The id is put in as it was written: no number of it may lose a digit.
    return f'{{"id":{identity},{json.dumps(said)[1:]}'


def _parse(text: str | bytes) -> object:
    try:
        if isinstance(text, bytes):
            raise ValueError("it is a text message, and this one is binary")
        command = strict_json(text)
        if not isinstance(command, dict):
            raise ValueError("it is an object")
    except ValueError as error:
        raise Failed("bad_command", f"a command is one JSON object: {error}; it looks like {SHAPE}") from error
    return command


def identity_of(command: str) -> str:
    """The `id` of an object as it is written there, or `null`."""
    decode = json.JSONDecoder().raw_decode
    at = command.index("{") + 1
    while (at := _skip(command, at)) < len(command) and command[at] != "}":
        name, at = decode(command, at)
        begin = _skip(command, at)
        _, at = decode(command, begin)
        if name == "id":
            return command[begin:at]
    return "null"


def _skip(command: str, at: int) -> int:
    found = BETWEEN.match(command, at)
    return found.end() if found else at


def _read(command: object) -> tuple[str, list[Act]]:
    try:
        of = fields(command, "id", "to", "act")
        for name in ("to", "act"):
            if name not in of:
                raise ValueError(f".{name}: this field is missing")
        forms = of["act"]
        if not isinstance(forms, list) or len(forms) > MOST_ACTS:
            raise ValueError(f".act: a list of at most {MOST_ACTS} acts belongs here")
        return string(of, "to"), [_read_act(form, f"act[{i}]") for i, form in enumerate(forms)]
    except ValueError as error:
        raise Failed("bad_command", f"{str(error).removeprefix('.')}; a command looks like {SHAPE}") from error


def _read_act(form: object, place: str) -> Act:
    if not isinstance(form, dict) or len(form) != 1:
        raise ValueError(f'{place}: an act is an object with one key, its name, like {{"ping":{{}}}}')
    [(name, value)] = form.items()
    if name not in ACTS:
        raise ValueError(f"{place}: this server has no act `{name}`; it has {', '.join(ACTS)}")
    try:
        return ACTS[name].read(value)
    except ValueError as error:
        raise ValueError(f"{place}.{name}{error}") from error


async def _do(act: Act, session: Session, place: str) -> None:
    try:
        if session.ended and not isinstance(act, WaitMs | Seen):
            raise NotOpen
        await act.do(session)
    except (NotOpen, ConnectionClosed, OSError) as error:
        raise Failed("not_open", f"{place}: the connection is closing or has ended") from error
    except NoRoom as error:
        raise Failed("no_room", f"{place}: the client took nothing for {WRITE_TIMEOUT} s") from error
    except NotReached as error:
        raise Failed("not_reached", f"{place}.seen: what `until` names did not happen in time") from error
    except (ProtocolError, ConcurrencyError) as error:
        raise Failed("bad_command", f"{place}: websockets does not do this: {error}") from error
    except ValueError as error:
        raise Failed("bad_command", f"{place}{error}") from error
