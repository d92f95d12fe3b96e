"""The study's nine tests, as a user of websockets would write them: no list, no driver."""

from __future__ import annotations

import asyncio
import json
import sys
from urllib.parse import urlsplit

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK

from nine import nine_of, nine_of_the_list
from reference import Reference


async def test_listens(server: Reference) -> None:
    """The server listens on its port"""
    address = urlsplit(server.url)
    _, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.close()
    await writer.wait_closed()


async def test_connects(server: Reference) -> None:
    """A client connects"""
    async with connect(server.at("/ws"), proxy=None) as client:
        assert client.response is not None
        assert client.response.status_code == 101


async def test_welcome(server: Reference) -> None:
    """The first message from the server is the welcome"""
    async with connect(server.at("/ws"), proxy=None) as client:
        match json.loads(await client.recv()):
            case {"type": "welcome", "connection": str(), "server": str()}:
                pass
            case other:
                pytest.fail(f"{other} is no welcome")
        await nothing_else_came(client)


async def test_echo(server: Reference) -> None:
    """A client sends a message and gets it back unchanged"""
    async with connect(server.at("/ws"), proxy=None) as client:
        await client.recv()
        for message in ("hello", "ä😀\0", "", b"\x00\xff"):
            await client.send(message)
            assert await client.recv() == message


async def test_push(server: Reference) -> None:
    """The server sends a message that nobody asked for"""
    async with connect(server.at("/ws?tag=one"), proxy=None) as one, connect(server.at("/ws"), proxy=None) as other:
        for client in (one, other):
            await client.recv()
        await act(server, "one", {"send": {"text": "news"}})
        assert await one.recv() == "news"
        await nothing_else_came(other)


async def test_close_1000(server: Reference) -> None:
    """A client closes with 1000, gets 1000 back, and the connection ends cleanly"""
    client = await connect(server.at("/ws"), proxy=None)
    await client.recv()
    await client.close(1000, "done")
    with pytest.raises(ConnectionClosedOK) as closed:
        await client.recv()
    for frame in (closed.value.rcvd, closed.value.sent):
        assert frame is not None
        assert (frame.code, frame.reason) == (1000, "done")


async def test_many_to_server(server: Reference) -> None:
    """Many messages sent without waiting come back complete and in order"""
    messages = [f"message {i}" for i in range(1000)]

    async def send_all() -> None:
        for message in messages:
            await client.send(message)

    async with connect(server.at("/ws"), proxy=None) as client, asyncio.TaskGroup() as tasks:
        await client.recv()
        tasks.create_task(send_all())
        assert [await client.recv() for _ in messages] == messages
        await nothing_else_came(client)


async def test_many_to_client(server: Reference) -> None:
    """Many messages pushed by the server arrive complete and in order"""
    async with connect(server.at("/ws?tag=many"), proxy=None) as client, asyncio.TaskGroup() as tasks:
        await client.recv()
        tasks.create_task(act(server, "many", {"send": {"text": "message ${i}", "times": 1000}}))
        assert [await client.recv() for _ in range(1000)] == [f"message {i}" for i in range(1000)]
        await nothing_else_came(client)


async def test_many_clients(server: Reference) -> None:
    """Many clients are independent of one another"""
    urls = [server.at(f"/ws?tag=client-{i}") for i in range(20)]
    clients = await asyncio.gather(*(connect(url, proxy=None) for url in urls))
    for i, client in enumerate(clients):
        await client.recv()
        await client.send(f"from {i}")
    for i, client in enumerate(clients):
        assert await client.recv() == f"from {i}"
    await act(server, "client-7", {"drop": True})
    with pytest.raises(ConnectionClosedError):
        await clients.pop(7).recv()
    for client in clients:
        await nothing_else_came(client)
        await client.close()


async def act(server: Reference, to: str, *acts: dict[str, object]) -> None:
    """Has the server do something to a connection."""
    async with connect(server.control, proxy=None) as control:
        await control.send(json.dumps({"id": 1, "to": to, "act": acts}))
        assert json.loads(await control.recv()) == {"id": 1, "ok": True}


async def nothing_else_came(client: ClientConnection) -> None:
    """The echo of a last word is the very next message."""
    await client.send("last word")
    assert await client.recv() == "last word"


def test_these_are_the_nine_of_the_list() -> None:
    assert nine_of(sys.modules[__name__]) == nine_of_the_list()
