"""Every test of the list, as a row of its own with each library: `pytest -k 'core/echo and websockets'`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, Final

import pytest

from crosswire_client.library import Library
from crosswire_client.with_aiohttp import Aiohttp
from crosswire_client.with_websockets import Websockets
from reference import CONFORMANCE
from stepping import Stepping, stepping

IDS: Final[list[str]] = [
    test["id"]
    for suite in sorted((CONFORMANCE / "suites").glob("*.json"))
    for test in json.loads(suite.read_text())["tests"]
]
LIBRARIES: Final[dict[str, Library]] = {"websockets": Websockets(), "aiohttp": Aiohttp()}


class Rows:
    """The rows that were asked for with one library. They are all begun at once, so that one waits beside another."""

    def __init__(self, stepper: Stepping, asked: list[str]) -> None:
        self.stepper = stepper
        self._verdicts = {test: asyncio.ensure_future(stepper.judge(test)) for test in asked}

    async def verdict(self, test: str) -> dict[str, Any]:
        return await self._verdicts[test]


@pytest.fixture(scope="session", params=LIBRARIES)
async def rows(request: pytest.FixtureRequest) -> AsyncIterator[Rows]:
    ready: asyncio.Future[Rows] = asyncio.get_running_loop().create_future()
    is_over = asyncio.Event()

    # One task from the beginning to the end: a fixture's are two.
    async def live() -> None:
        async with stepping(LIBRARIES[request.param]) as stepper:
            rows = await stepper.rows()
            asked = [test for test in _asked(request) if test in rows and not rows[test]["unsupported"]]
            ready.set_result(Rows(stepper, asked))
            await is_over.wait()

    living = asyncio.ensure_future(live())
    either: list[asyncio.Future[Any]] = [living, ready]
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    if living.done():
        living.result()
    yield ready.result()
    is_over.set()
    await living


def _asked(request: pytest.FixtureRequest) -> list[str]:
    selected = [getattr(item, "callspec", None) for item in request.session.items]
    return [
        spec.params["test"]
        for spec in selected
        if spec and "test" in spec.params and spec.params.get("rows") == request.param
    ]


async def test_every_test_of_the_list_is_a_row(rows: Rows) -> None:
    assert sorted(IDS) == sorted(await rows.stepper.rows())


@pytest.mark.parametrize("test", IDS)
async def test_row(test: str, rows: Rows) -> None:
    row = (await rows.stepper.rows())[test]
    if row["unsupported"]:
        pytest.skip(row["unsupported"])
    verdict = await rows.verdict(test)
    if verdict["outcome"] == "known" and row["known"]:
        pytest.xfail(f"{row['known']['reason']} ({row['known']['link']})")
    assert verdict["outcome"] == "ok", verdict["message"] or f"{verdict['outcome']}: it passes, and is listed as known"
