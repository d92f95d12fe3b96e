"""The manifest, the hello of each driver and the registry, held against one another."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest

from crosswire_client.driver import Driver
from crosswire_client.events import Output
from crosswire_client.library import Library
from crosswire_client.with_aiohttp import Aiohttp
from crosswire_client.with_websockets import Websockets
from reference import CONFORMANCE

HERE = Path(__file__).parents[1]
CLIENTS: list[dict[str, Any]] = json.loads((HERE / "impl.json").read_text())["clients"]


class Silence:
    """An output that nobody reads."""

    def put(self, line: object) -> None:
        pass

    async def room(self) -> None:
        pass


@pytest.mark.parametrize(("library", "entry"), list(zip((Websockets(), Aiohttp()), CLIENTS, strict=True)))
async def test_the_hello_is_that_of_the_manifest(library: Library, entry: dict[str, Any]) -> None:
    output: Output = Silence()
    async with asyncio.TaskGroup() as tasks:
        hello = Driver(library, output, tasks).hello()
    assert hello["client"] == entry["name"]
    assert entry["run"][-1] == entry["library"]
    name, version = str(hello["library"]).split()
    assert name == entry["library"]
    assert f"{name}=={version} " in (HERE / "requirements.txt").read_text()
    assert f'"{name} =={version}"' in (HERE / "pyproject.toml").read_text()
    registry = json.loads((CONFORMANCE / "capabilities.json").read_text())["client"]
    assert set(library.capabilities) <= set(registry)


@pytest.mark.parametrize("entry", CLIENTS, ids=lambda entry: entry["name"])
def test_what_is_known_has_a_reason_and_a_link(entry: dict[str, Any]) -> None:
    known = json.loads((HERE / entry["known"]).read_text())["known"]
    assert known
    for failure in known:
        assert failure["reason"].endswith(".")
        assert re.match(r"https://github\.com/", failure["link"])
