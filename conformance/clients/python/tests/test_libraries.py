"""What is Python's own: cancelling, waiting with a deadline and again, peers that vanish, and what is left behind."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientSession, WSMsgType
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError

from crosswire_client.driver import Driver
from crosswire_client.library import Library
from crosswire_client.with_aiohttp import Aiohttp
from crosswire_client.with_websockets import Websockets
from raw import answer, frame, raw_server
from reference import Reference
from speaking import DEADLINE, seen


@pytest.fixture(autouse=True)
async def nothing_is_left() -> AsyncIterator[None]:
    """No task that was not there before."""
    before = asyncio.all_tasks()
    yield
    async with asyncio.timeout(DEADLINE):
        while left := asyncio.all_tasks() - before - {asyncio.current_task()}:
            await asyncio.wait(left)


async def halves(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Sends half of a message, and the other half when a frame has come."""
    writer.write(await answer(reader) + frame(0x01, b"one "))
    await reader.read(1)
    writer.write(frame(0x80, b"message"))
    await reader.read()


async def test_websockets_loses_nothing_by_a_receive_that_was_cancelled() -> None:
    async with raw_server(halves) as url, connect(url, proxy=None, close_timeout=0.1) as client:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await client.recv()
        receiving = asyncio.ensure_future(client.recv())
        await asyncio.sleep(0)
        receiving.cancel()
        await asyncio.wait({receiving})
        await client.send("go on")
        assert await client.recv() == "one message"


async def test_aiohttp_loses_nothing_by_a_receive_that_timed_out() -> None:
    async with raw_server(halves) as url, ClientSession() as session, session.ws_connect(url) as client:
        with pytest.raises(TimeoutError):
            await client.receive(timeout=0.05)
        await client.send_str("go on")
        assert await client.receive_str() == "one message"


async def test_aiohttp_does_not_wait_for_an_answer_when_a_receive_has_timed_out(server: Reference) -> None:
    async with ClientSession() as session:
        client = await session.ws_connect(server.at("/echo?tag=timed-out"))
        with pytest.raises(TimeoutError):
            await client.receive(timeout=0.05)
        await client.close(code=4000)
        assert client.close_code == 1006, "the server has answered with 4000, but nobody waited for that"
        assert (await seen(server, "timed-out", ended=True))["close"] == {"code": 4000, "reason": ""}


async def test_websockets_says_that_a_peer_has_vanished(server: Reference) -> None:
    async with connect(server.at("/scenario/vanishes"), proxy=None) as client:
        assert await client.recv() == "last words"
        with pytest.raises(ConnectionClosedError) as closed:
            await client.recv()
        assert closed.value.rcvd is None


async def test_aiohttp_says_that_a_peer_has_vanished(server: Reference) -> None:
    async with ClientSession() as session, session.ws_connect(server.at("/scenario/vanishes")) as client:
        assert await client.receive_str() == "last words"
        message = await client.receive()
        assert message.type in (WSMsgType.CLOSED, WSMsgType.ERROR)
        assert client.close_code == 1006


class Collected:
    """What a driver has said."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []
        self.opened = asyncio.Semaphore(0)

    def put(self, line: Any) -> None:
        self.lines.append(line)
        if line["event"]["is"] == "opened":
            self.opened.release()

    async def room(self) -> None:
        pass


@pytest.mark.parametrize("library", [Websockets(), Aiohttp()], ids=lambda library: library.client)
async def test_the_end_of_a_test_leaves_no_task(library: Library, server: Reference) -> None:
    output = Collected()
    paths = {
        "idle": "/ws",
        "opening": "/scenario/no-answer",
        "stuck": "/scenario/never-reads",
        "closing": "/scenario/never-answers-close",
        "pinged": "/scenario/pings",
    }
    async with asyncio.timeout(DEADLINE), asyncio.TaskGroup() as tasks:
        driver = Driver(library, output, tasks)

        def tell(**command: object) -> None:
            assert driver.take(json.dumps({"seq": 1, "c": len(output.lines), **command}).encode())

        for on, path in paths.items():
            tell(cmd="open", on=on, url=server.at(path), within_ms=60_000)
        tell(cmd="send", on="stuck", fill={"len": 16 << 20, "as": "binary"})
        tell(cmd="close", on="closing", code=1000, within_ms=60_000)
        tell(cmd="react", on="idle", then=[{"cmd": "send", "c": 99, "text": ""}])
        for _ in range(len(paths) - 1):
            await output.opened.acquire()
        tell(cmd="end")
        assert output.lines[-1]["event"]["is"] == "ended"
        said = len(output.lines)
    # The group is over: every task of the test is.
    assert len(output.lines) == said
