"""The server as the runner meets it: a program, its ready line, and what it lets in."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedOK, InvalidStatus
from websockets.typing import Origin, Subprotocol

from crosswire_server.__main__ import listen

HERE = Path(__file__).parents[1]
CONFORMANCE = HERE.parents[1]


@dataclass(frozen=True, slots=True)
class Running:
    """A server that listens."""

    process: asyncio.subprocess.Process
    ready: dict[str, Any]

    def at(self, path: str) -> str:
        """The address of a path."""
        return f"{self.ready['url']}{path}"

    async def stop(self) -> int:
        """Ends its standard input, and gives its exit code. It has 2 s, which a busy machine makes longer."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        async with asyncio.timeout(10):
            return await self.process.wait()


@asynccontextmanager
async def serving(*flags: str) -> AsyncIterator[Running]:
    """A server that runs while a test does."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "crosswire_server", *flags),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        yield Running(process, json.loads(await process.stdout.readline())["ready"])
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@pytest.fixture
async def server() -> AsyncIterator[Running]:
    async with serving() as server:
        yield server


async def control(server: Running, command: str) -> dict[str, Any]:
    """The answer to a command."""
    async with connect(server.ready["control"], proxy=None) as session:
        await session.send(command)
        answer: dict[str, Any] = json.loads(await session.recv())
        return answer


async def test_its_ready_line_says_what_it_can_do(server: Running) -> None:
    registry = json.loads((CONFORMANCE / "capabilities.json").read_text())["server"]
    manifest = json.loads((HERE / "impl.json").read_text())["servers"][0]
    assert set(server.ready["can"]) <= registry.keys()
    assert server.ready["name"] == manifest["name"]
    assert f'"{server.ready["version"].replace(" ", " ==")}"' in (HERE / "pyproject.toml").read_text()


async def test_it_stops_with_its_standard_input_and_says_goodbye(server: Running) -> None:
    client = await connect(server.at("/ws"), proxy=None)
    await client.recv()
    assert await server.stop() == 0
    with pytest.raises(ConnectionClosedOK) as closed:
        await client.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1001


async def test_it_stops_whatever_its_clients_do(server: Running) -> None:
    port = int(server.ready["url"].rpartition(":")[2])
    _, silent = await asyncio.open_connection("127.0.0.1", port)
    deaf = await connect(server.at("/echo?tag=deaf"), proxy=None, max_queue=1)
    await control(server, '{"to":"deaf","act":[{"send":{"fill":{"len":100,"as":"text"},"times":100}}]}')
    sending = asyncio.ensure_future(deaf.send(b"x" * (15 << 20)))
    assert await server.stop() == 0
    sending.cancel()
    await asyncio.wait({sending})
    deaf.transport.abort()
    await deaf.wait_closed()
    silent.close()
    with suppress(ConnectionError):
        await silent.wait_closed()


@pytest.mark.parametrize(
    ("path", "more", "status"),
    [
        ("/nowhere", {}, 404),
        ("/", {}, 404),
        ("/ws?tag=a%20b", {}, 400),
        ("/ws?tag=a&tag=b", {}, 400),
        ("/ws?tag=taken", {}, 409),
        ("/ws", {"subprotocols": [Subprotocol("chat")]}, 400),
        ("/ws", {"origin": Origin("http://evil.example")}, 403),
    ],
)
async def test_it_refuses(server: Running, path: str, more: dict[str, Any], status: int) -> None:
    async with connect(server.at("/ws?tag=taken"), proxy=None):
        with pytest.raises(InvalidStatus) as refused:
            await connect(server.at(path), proxy=None, **more)
    assert refused.value.response.status_code == status


async def test_no_page_may_control(server: Running) -> None:
    own = Origin(server.ready["url"].replace("ws:", "http:"))
    async with connect(server.at("/ws"), proxy=None, origin=own):
        with pytest.raises(InvalidStatus) as refused:
            await connect(server.ready["control"], proxy=None, origin=own)
    assert refused.value.response.status_code == 403


async def test_it_chooses_subprotocols(server: Running) -> None:
    plain = Subprotocol("crosswire.v1.plain")
    for path, offered, chosen in (
        ("/ws", ["chat", plain], plain),
        ("/echo", ["chat", plain], "chat"),
        ("/echo", [], None),
    ):
        subprotocols = [Subprotocol(each) for each in offered] or None
        async with connect(server.at(path), proxy=None, subprotocols=subprotocols) as client:
            assert client.subprotocol == chosen


async def test_it_has_the_limits_that_it_is_given() -> None:
    async with serving("--max-message=1000", "--max-sessions=1", "--allow-origin=http://friend.example") as server:
        origin = Origin("http://friend.example")
        async with connect(server.at("/ws"), proxy=None, origin=origin) as client:
            await client.recv()
            with pytest.raises(InvalidStatus) as refused:
                await connect(server.at("/ws"), proxy=None)
            assert refused.value.response.status_code == 503
            assert json.loads(refused.value.response.body)["error"] == "full"
            await client.send("é" * 501)
            await client.wait_closed()
            assert client.close_code == 1009


@pytest.mark.parametrize("flag", ["--max-message=0", "--max-sessions=many", "--colour=red"])
async def test_it_says_what_is_wrong_with_a_flag(flag: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "crosswire_server", flag), stderr=asyncio.subprocess.PIPE
    )
    _, said = await process.communicate()
    assert process.returncode == 2
    assert flag.partition("=")[0] in said.decode()


@pytest.mark.parametrize(
    ("command", "error", "words"),
    [
        ("nonsense", "bad_command", "a command is one JSON object: Expecting value"),
        ("[]", "bad_command", "a command is one JSON object"),
        ('{"to":"a","to":"a","act":[]}', "bad_command", "there twice"),
        ('{"act":[]}', "bad_command", "to: this field is missing"),
        ('{"to":"a","act":[],"soon":1}', "bad_command", "soon: there is no such field here"),
        ('{"to":"a","act":[{"fly":{}}]}', "bad_command", "act[0]: this server has no act `fly`"),
        ('{"to":"a","act":[{"raw":{"hex":"00"}}]}', "bad_command", "act[0]: this server has no act `raw`"),
        ('{"to":"a","act":[{"ping":{}},{"close":{"code":70000}}]}', "bad_command", "act[1].close.code: a whole"),
        ('{"to":"a","act":[{"send":{"text":"","hex":""}}]}', "bad_command", "act[0].send: give exactly one of"),
        ('{"to":"a","act":[{"send":{"text":"${x}","times":2}}]}', "bad_command", "act[0].send.text: `${x}`"),
        ('{"to":"a","act":[{"send":{"hex":"0"}}]}', "bad_command", "act[0].send.hex: "),
        ('{"to":"a","act":[{"drop":false}]}', "bad_command", "act[0].drop: only `true`"),
        ('{"to":"a","act":[{"wait_ms":2001}]}', "bad_command", "act[0].wait_ms: a whole"),
        ('{"to":"a","act":[{"ping":{"fill":{"len":126,"as":"text"}}}]}', "bad_command", "act[0].ping: 125 bytes"),
        ('{"to":"nobody","act":[]}', "unknown_connection", "no connection has the tag or id `nobody`"),
        ('{"to":"a","act":[{"send":{"text":"a","fragments":[2]}}]}', "bad_command", "do not add up to 1 bytes"),
        ('{"to":"a","act":[{"close":{"code":1005}}]}', "bad_command", "websockets does not do this"),
        ('{"to":"a","act":[{"seen":{"until":{"ended":true},"within_ms":20}}]}', "not_reached", "act[0].seen"),
        ('{"to":"a","act":[{"close":{"code":1000}},{"send":{"text":""}}]}', "not_open", "act[1]: the connection is"),
    ],
)
async def test_it_says_what_is_wrong_with_a_command(server: Running, command: str, error: str, words: str) -> None:
    async with connect(server.at("/ws?tag=a"), proxy=None):
        answer = await control(server, command)
    assert answer["error"] == error
    assert words in answer["message"]
    assert answer["done"] == (1 if error == "not_open" else 0)


@pytest.mark.parametrize("identity", ["7", "1.50", '"ä\\u00e4"', '{ "a" : [1,  2.0] }', "null", "18446744073709551616"])
async def test_an_id_comes_back_as_it_was_written(server: Running, identity: str) -> None:
    async with connect(server.at("/ws?tag=a"), proxy=None), connect(server.ready["control"], proxy=None) as session:
        await session.send(f'{{ "to" : "a", "id":{identity} ,"act":[] }}')
        assert await session.recv() == f'{{"id":{identity},"ok": true}}'
        await session.send(f'{{"id":{identity},"to":7,"act":[]}}')
        assert str(await session.recv()).startswith(f'{{"id":{identity},"error": "bad_command"')


async def test_it_tells_what_it_saw(server: Running) -> None:
    async with connect(server.at("/ws?tag=a"), proxy=None, compression=None) as client:
        await client.recv()
        await client.send("ä")
        assert await client.recv() == "ä"
    answer = await control(server, '{"id":1,"to":"a","act":[{"seen":{"until":{"ended":true}}}]}')
    seen = answer["seen"]
    assert seen["handshake"]["target"] == "/ws?tag=a"
    assert ["Sec-WebSocket-Version", "13"] in seen["handshake"]["headers"]
    assert (seen["received"]["text"], seen["received"]["bytes"], seen["sent"]["text"]) == (1, 2, 2)
    assert (seen["close"], seen["open"], seen["ended"]) == ({"code": 1000, "reason": ""}, False, "clean")
    # The name is free, and what was seen of its last bearer is still told.
    async with connect(server.at("/ws?tag=a"), proxy=None):
        answer = await control(server, '{"id":1,"to":"a","act":[{"seen":true}]}')
        assert answer["seen"]["open"]


def test_sends_at_once() -> None:
    """asyncio turns Nagle's algorithm off only where a socket says that it is TCP."""
    with listen() as listener:
        assert listener.proto == socket.IPPROTO_TCP
