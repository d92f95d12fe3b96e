"""The study's nine tests, as a user of aiohttp would write them: no list, no driver."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

from nine import nine_of, nine_of_the_list
from reference import Reference


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    async with ClientSession() as session:
        yield session


async def test_listens(server: Reference) -> None:
    """The server listens on its port"""
    address = urlsplit(server.url)
    _, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.close()
    await writer.wait_closed()


async def test_connects(server: Reference, session: ClientSession) -> None:
    """A client connects"""
    async with session.ws_connect(server.at("/ws")) as client:
        assert not client.closed


async def test_welcome(server: Reference, session: ClientSession) -> None:
    """The first message from the server is the welcome"""
    async with session.ws_connect(server.at("/ws")) as client:
        match await client.receive_json():
            case {"type": "welcome", "connection": str(), "server": str()}:
                pass
            case other:
                pytest.fail(f"{other} is no welcome")
        await nothing_else_came(client)


async def test_echo(server: Reference, session: ClientSession) -> None:
    """A client sends a message and gets it back unchanged"""
    async with session.ws_connect(server.at("/ws")) as client:
        await client.receive()
        for text in ("hello", "ä😀\0", ""):
            await client.send_str(text)
            assert await client.receive_str() == text
        await client.send_bytes(b"\x00\xff")
        assert await client.receive_bytes() == b"\x00\xff"


async def test_push(server: Reference, session: ClientSession) -> None:
    """The server sends a message that nobody asked for"""
    async with (
        session.ws_connect(server.at("/ws?tag=aiohttp-one")) as one,
        session.ws_connect(server.at("/ws")) as other,
    ):
        for client in (one, other):
            await client.receive()
        await act(server, session, "aiohttp-one", {"send": {"text": "news"}})
        assert await one.receive_str() == "news"
        await nothing_else_came(other)


async def test_close_1000(server: Reference, session: ClientSession) -> None:
    """A client closes with 1000, gets 1000 back, and the connection ends cleanly"""
    async with session.ws_connect(server.at("/ws")) as client:
        await client.receive()
        await client.close(code=1000, message=b"done")
        assert (client.closed, client.close_code, client.exception()) == (True, 1000, None)
        assert (await client.receive()).type is WSMsgType.CLOSED


async def test_many_to_server(server: Reference, session: ClientSession) -> None:
    """Many messages sent without waiting come back complete and in order"""
    messages = [f"message {i}" for i in range(1000)]

    async def send_all() -> None:
        for message in messages:
            await client.send_str(message)

    async with session.ws_connect(server.at("/ws")) as client, asyncio.TaskGroup() as tasks:
        await client.receive()
        tasks.create_task(send_all())
        assert [await client.receive_str() for _ in messages] == messages
        await nothing_else_came(client)


async def test_many_to_client(server: Reference, session: ClientSession) -> None:
    """Many messages pushed by the server arrive complete and in order"""
    async with session.ws_connect(server.at("/ws?tag=aiohttp-many")) as client, asyncio.TaskGroup() as tasks:
        await client.receive()
        tasks.create_task(act(server, session, "aiohttp-many", {"send": {"text": "message ${i}", "times": 1000}}))
        assert [await client.receive_str() for _ in range(1000)] == [f"message {i}" for i in range(1000)]
        await nothing_else_came(client)


async def test_many_clients(server: Reference, session: ClientSession) -> None:
    """Many clients are independent of one another"""
    urls = [server.at(f"/ws?tag=aiohttp-{i}") for i in range(20)]
    clients = await asyncio.gather(*(session.ws_connect(url) for url in urls))
    for i, client in enumerate(clients):
        await client.receive()
        await client.send_str(f"from {i}")
    for i, client in enumerate(clients):
        assert await client.receive_str() == f"from {i}"
    await act(server, session, "aiohttp-7", {"drop": True})
    dropped = clients.pop(7)
    await dropped.receive()
    assert (dropped.closed, dropped.close_code) == (True, aiohttp.WSCloseCode.ABNORMAL_CLOSURE)
    for client in clients:
        await nothing_else_came(client)
        await client.close()


async def act(server: Reference, session: ClientSession, to: str, *acts: dict[str, object]) -> None:
    """Has the server do something to a connection."""
    async with session.ws_connect(server.control) as control:
        await control.send_json({"id": 1, "to": to, "act": acts})
        assert await control.receive_json() == {"id": 1, "ok": True}


async def nothing_else_came(client: ClientWebSocketResponse) -> None:
    """The echo of a last word is the very next message."""
    await client.send_str("last word")
    assert await client.receive_str() == "last word"


def test_these_are_the_nine_of_the_list() -> None:
    assert nine_of(sys.modules[__name__]) == nine_of_the_list()
