"""The driver protocol, with each library."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import pytest

from reference import Reference
from speaking import Speaking, seen, speaking

MEBIBYTE: Final = 1 << 20
SHA256_OF_FIVE_MILLION: Final = "d9b380b7e7b4216832cfebb75dbef64d95d592bcad101548204a03d9e0ddce70"


@pytest.fixture(params=["websockets", "aiohttp"])
async def driver(request: pytest.FixtureRequest) -> AsyncIterator[Speaking]:
    """A driver, whose every command is answered and whose exit code is 0 when the test is over."""
    async with speaking(request.param) as driver:
        yield driver
        if driver.process.returncode is None:
            if set(driver.unanswered()):
                await driver.end()
            assert await driver.finish() == 0


@pytest.fixture
async def websockets() -> AsyncIterator[Speaking]:
    """The driver of the library that can do more."""
    async with speaking("websockets") as driver:
        yield driver
        await driver.end()
        assert not driver.unanswered()
        assert await driver.finish() == 0


async def test_introduces_itself_as_often_as_it_is_asked(driver: Speaking) -> None:
    for _ in range(2):
        driver.write(b'{"cmd":"hello","protocol":1}')
        hello = (await driver.line())["hello"]
        assert hello["language"] == "python"
        assert hello["origin"] is None
        assert "abandon" in hello["capabilities"]
    driver.write(b'{"cmd":"hello","protocol":2}')
    assert (await driver.line())["error"]["message"] == "`hello`: `protocol`: 2 is not a value that is known here"


async def test_speaks_as_the_example_does(websockets: Speaking, server: Reference) -> None:
    url = server.at("/echo?tag=example")
    websockets.tell("open", on="a", url=url, within_ms=2000)
    websockets.tell("send", on="a", text="hello")
    events = [(await websockets.line())["event"] for _ in range(3)]
    websockets.tell("close", on="a", code=1000, reason="", within_ms=2000)
    events += [(await websockets.line())["event"] for _ in range(2)]
    for event in events:
        assert event.pop("ms") >= 0
    assert events == [
        {"seq": 1, "n": 1, "c": 1, "on": "a", "is": "opened", "subprotocol": None, "extensions": []},
        {"seq": 1, "n": 2, "c": 2, "on": "a", "is": "done"},
        {"seq": 1, "n": 3, "on": "a", "is": "received", "text": "hello"},
        {"seq": 1, "n": 4, "c": 3, "on": "a", "is": "done"},
        {"seq": 1, "n": 5, "on": "a", "is": "closed", "code": 1000, "reason": "", "clean": True},
    ]


@pytest.mark.parametrize(
    ("payload", "received"),
    [
        ({"text": "ä😀\0"}, {"text": "ä😀\0"}),
        ({"text": ""}, {"text": ""}),
        ({"base64": "AP8="}, {"base64": "AP8="}),
        ({"fill": {"len": 28, "as": "text"}}, {"text": "abcdefghijklmnopqrstuvwxyzab"}),
        ({"fill": {"len": 3, "as": "binary"}}, {"base64": "AAEC"}),
    ],
)
async def test_sends_every_payload(
    driver: Speaking, server: Reference, payload: dict[str, Any], received: dict[str, str]
) -> None:
    await driver.open("a", server.at("/echo"))
    await driver.done("send", on="a", **payload)
    event = await driver.event("received")
    assert {name: event.get(name) for name in received} == received


async def test_sends_in_frames_of_these_sizes(websockets: Speaking, server: Reference) -> None:
    await websockets.open("a", server.at("/echo"))
    for text, sizes in (("abc", [1, 0, 2]), ("ä", [1, 1]), ("", [0])):
        await websockets.done("send", on="a", text=text, fragments=sizes)
        assert (await websockets.event("received"))["text"] == text
    failed = await websockets.failed("send", on="a", text="abc", fragments=[1, 1])
    assert failed == "the sizes of the fragments do not add up to 3 bytes"


async def test_says_what_aiohttp_cannot_do(server: Reference) -> None:
    async with speaking("aiohttp") as driver:
        await driver.open("a", server.at("/echo"))
        for cmd, fields in (
            ("send", {"text": "a", "fragments": [1]}),
            ("ping", {"hex": ""}),
            ("close", {"within_ms": 1000}),
        ):
            assert (await driver.failed(cmd, on="a", **fields)).startswith("aiohttp ")
        await driver.done("send", on="a", text="it is still there")
        assert (await driver.event("received"))["text"] == "it is still there"


async def test_tells_long_messages_by_their_hash(driver: Speaking, server: Reference) -> None:
    await driver.open("a", server.at("/echo"), max_message=6_000_000)
    await driver.done("send", on="a", fill={"len": 5_000_000, "as": "binary"})
    event = await driver.event("received")
    assert (event["kind"], event["len"], event["sha256"]) == ("binary", 5_000_000, SHA256_OF_FIVE_MILLION)
    assert len(event["head"]) == 128
    assert not {"text", "base64"} & event.keys()
    await driver.done("send", on="a", fill={"len": 4096, "as": "text"})
    assert len((await driver.event("received"))["text"]) == 4096
    await driver.open("full", server.at("/echo"), data="full", max_message=3_000_000)
    await driver.done("send", on="full", fill={"len": 2_000_000, "as": "text"})
    assert len((await driver.event("received"))["text"]) == 2_000_000


async def test_pings_and_shows_pongs(websockets: Speaking, server: Reference) -> None:
    await websockets.open("a", server.at("/echo?tag=pings"))
    await websockets.done("ping", on="a", hex="00ff")
    assert (await websockets.event("pong"))["hex"] == "00ff"
    await websockets.done("pong", on="a", hex="70")
    story = await seen(server, "pings", received={"pong": 1})
    assert (story["last_pong"], story["received"]["ping"]) == ("70", 1)


async def test_shows_what_was_agreed_on(driver: Speaking, server: Reference) -> None:
    headers = [["X-One", "1"], ["X-One", "2"]]
    tag = f"agreed-{driver.process.pid}"
    opened = await driver.open("a", server.at(f"/echo?tag={tag}"), subprotocols=["chat", "soap"], headers=headers)
    assert opened["subprotocol"] == "chat"
    told = (await seen(server, tag))["handshake"]["headers"]
    assert [value for name, value in told if name.lower() == "x-one"] == ["1", "2"]


async def test_reports_why_a_connection_was_refused(driver: Speaking, server: Reference) -> None:
    refused = await driver.refused(server.at("/scenario/refuse?status=403"))
    assert refused["status"] == 403
    for url in ("ws://127.0.0.1:1/", "wss://127.0.0.1:1/", "nonsense", " ", server.at("/scenario/wrong-accept")):
        refused = await driver.refused(url)
        assert refused["error"], url
    assert (await driver.refused(server.at("/ws"), headers=[["bad name", "x\r\n"]]))["error"]
    assert (await driver.failed("send", on="refused", text="")).startswith("the connection was refused: ")


async def test_gives_up_what_does_not_open(driver: Speaking, server: Reference) -> None:
    url = server.at("/scenario/no-answer")
    refused = await driver.refused(url, within_ms=150)
    assert (refused["error"], refused["status"]) == ("not open within 150 ms", None)
    refused = await driver.refused(url, within_ms=60_000, abandon=True)
    assert refused["error"] == "given up, as it was told"
    await driver.open("a", server.at("/echo"))
    again = await driver.ask("open", on="a", url=url, within_ms=150)
    assert (again["is"], again["error"]) == ("refused", "the test has a connection `a` already")


@pytest.mark.parametrize(("code", "reason"), [(1000, ""), (3000, ""), (4999, "ä"), (1001, "away")])
async def test_closes_with_any_code(driver: Speaking, server: Reference, code: int, reason: str) -> None:
    tag = f"closes-{driver.process.pid}"
    await driver.open("a", server.at(f"/echo?tag={tag}"))
    await driver.done("close", on="a", code=code, reason=reason, within_ms=5000)
    got, _, clean = await driver.closed()
    assert (got, clean) == (code, True)
    assert (await seen(server, tag, ended=True))["close"] == {"code": code, "reason": reason}


@pytest.mark.parametrize(
    ("scenario", "code", "clean"),
    [
        ("close-after-101", 4001, True),
        ("message-then-close", 1000, True),
        ("vanishes", 1006, False),
        ("quiet-end", 1006, False),
        ("reserved-bits", 1006, False),
        ("bad-utf8", 1006, False),
        ("huge-length", 1006, False),
    ],
)
async def test_reports_how_the_peer_ended_it(
    driver: Speaking, server: Reference, scenario: str, code: int, *, clean: bool
) -> None:
    await driver.open("a", server.at(f"/scenario/{scenario}"))
    got, _, was_clean = await driver.closed()
    assert (got, was_clean) == (code, clean)


async def test_cuts_what_does_not_answer_a_close(driver: Speaking, server: Reference) -> None:
    await driver.open("a", server.at("/scenario/never-answers-close"))
    loop = asyncio.get_running_loop()
    begun = loop.time()
    c = driver.tell("close", on="a", code=1000, within_ms=200)
    assert await driver.closed() == (1006, "", False)
    assert loop.time() - begun >= 0.2
    assert (await driver.answer(c))["is"] == "done"


async def test_a_close_that_is_refused_cuts_nothing(websockets: Speaking, server: Reference) -> None:
    await websockets.open("a", server.at("/echo"))
    assert await websockets.failed("close", on="a", code=1005, within_ms=50)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await websockets.closed()
    await websockets.done("send", on="a", text="still there")
    assert (await websockets.event("received"))["text"] == "still there"


async def test_says_in_the_librarys_words_what_cannot_be_done_any_more(driver: Speaking, server: Reference) -> None:
    await driver.open("a", server.at("/echo"))
    await driver.done("close", on="a", code=1000, within_ms=5000)
    await driver.closed()
    assert await driver.failed("send", on="a", text="late")
    assert await driver.failed("drop", on="a") == "the connection has ended"
    assert await driver.failed("send", on="nobody", text="") == "the test has no connection `nobody`"
    await driver.open("a", server.at("/echo"))


async def test_drops_without_a_close_frame_behind_what_was_sent(driver: Speaking, server: Reference) -> None:
    tag = f"drops-{driver.process.pid}"
    await driver.open("a", server.at(f"/echo?tag={tag}"))
    sent = [driver.tell("send", on="a", text="x") for _ in range(200)]
    await driver.done("drop", on="a")
    assert {(await driver.answer(c))["is"] for c in sent} == {"done"}
    assert await driver.closed() == (1006, "", False)
    story = await seen(server, tag, ended=True)
    # How much of it the server has read by then is for TCP to say: what is cut with echoes unread is reset.
    assert (story["ended"], story["close"]) == ("vanished", None)


def flood(driver: Speaking) -> list[int]:
    """More than the buffers between two programs hold, each way."""
    return [driver.tell("send", on="a", fill={"len": MEBIBYTE, "as": "binary"}) for _ in range(32)]


async def test_reads_while_it_writes(driver: Speaking, server: Reference) -> None:
    await driver.open("a", server.at("/echo"), max_message=2 * MEBIBYTE)
    for c in flood(driver):
        assert (await driver.answer(c))["is"] == "done"
        assert (await driver.event("received"))["len"] == MEBIBYTE


async def test_starts_reading_while_a_send_is_stuck(driver: Speaking, server: Reference) -> None:
    await driver.open("a", server.at("/echo"), reading=False, max_message=2 * MEBIBYTE)
    sent = flood(driver)
    for cmd in ("start_reading", "stop_reading", "start_reading"):
        await driver.done(cmd, on="a")
    for c in sent:
        assert (await driver.answer(c))["is"] == "done"
        assert (await driver.event("received"))["len"] == MEBIBYTE
    await driver.done("close", on="a", code=1000, within_ms=5000)


async def test_ends_while_a_send_is_stuck(driver: Speaking, server: Reference) -> None:
    large = {"len": 16 * MEBIBYTE, "as": "binary"}
    for on in ("a", "b"):
        await driver.open(on, server.at("/scenario/never-reads"))
    stuck = driver.tell("send", on="a", fill=large)
    behind = driver.tell("send", on="a", fill=large)
    b = driver.tell("send", on="b", fill=large)
    await driver.done("drop", on="a")
    answers = [(await driver.answer(c))["is"] for c in (stuck, behind)]
    assert answers[1] == "failed"
    assert await driver.closed() == (1006, "", False)
    close = driver.tell("close", on="b", code=1000, within_ms=200)
    assert await driver.closed() == (1006, "", False)
    assert {(await driver.answer(c))["is"] for c in (b, close)} <= {"failed", "done"}


async def test_reads_nothing_until_it_is_told_to(driver: Speaking, server: Reference) -> None:
    await driver.open("a", server.at("/ws"), reading=False)
    await driver.open("b", server.at("/echo"))
    await driver.done("send", on="b", text="meanwhile")
    assert (await driver.event("received"))["on"] == "b"
    await driver.done("start_reading", on="a")
    assert (await driver.event("received"))["on"] == "a"


async def test_reacts_to_the_next_message_once(driver: Speaking, server: Reference) -> None:
    await driver.open("a", server.at("/echo"))
    await driver.done("react", on="a", then=[{"cmd": "send", "c": 1001, "text": "reaction"}])
    await driver.done("send", on="a", text="action")
    assert (await driver.event("received"))["text"] == "action"
    assert (await driver.answer(1001))["is"] == "done"
    assert (await driver.event("received"))["text"] == "reaction"
    close = {"cmd": "close", "c": 1002, "code": 4000, "reason": "enough", "within_ms": 5000}
    await driver.done("react", on="a", then=[close])
    await driver.done("send", on="a", text="action")
    assert (await driver.answer(1002))["is"] == "done"
    code, _, clean = await driver.closed()
    assert (code, clean) == (4000, True)

    await driver.open("b", server.at("/echo"))
    await driver.done("react", on="b", then=[{"cmd": "send", "c": 1003, "text": ""}])
    await driver.done("close", on="b", code=1000, within_ms=5000)
    assert (await driver.answer(1003))["error"] == "no message came"


async def test_many_senders_send_each_in_its_order(driver: Speaking, server: Reference) -> None:
    await driver.open("a", server.at("/echo"))
    await driver.done("send_many", on="a", senders=7, messages=[{"text": f"{i}"} for i in range(100)])
    of_sender: dict[int, list[int]] = defaultdict(list)
    for _ in range(100):
        i = int((await driver.event("received"))["text"])
        of_sender[i % 7].append(i)
    assert all(sent == sorted(sent) for sent in of_sender.values())
    await driver.done("send_many", on="a", senders=3, messages=[])


async def test_a_thousand_sends_are_a_thousand_answers_and_echoes_in_order(driver: Speaking, server: Reference) -> None:
    await driver.open("a", server.at("/echo"))
    sent = [driver.tell("send", on="a", text=f"message {i}") for i in range(1000)]
    for i, c in enumerate(sent):
        assert (await driver.answer(c))["is"] == "done"
        assert (await driver.event("received"))["text"] == f"message {i}"


async def test_connections_and_tests_do_not_wait_for_one_another(driver: Speaking, server: Reference) -> None:
    stuck = {"on": "stuck", "url": server.at("/scenario/no-answer"), "within_ms": 60_000}
    for seq in (1, 2):
        driver.seq = seq
        driver.tell("open", **stuck)
        driver.tell("send", on="stuck", text="waits")
        await driver.open("a", server.at("/echo"))
        await driver.done("send", on="a", text=f"{seq}")
    for seq in (2, 1):
        driver.seq = seq
        assert (await driver.event("received"))["text"] == f"{seq}"
    await driver.end()
    driver.seq = 2
    await driver.done("send", on="a", text="still there")
    assert (await driver.event("received"))["text"] == "still there"


async def test_ends_a_test_with_connections_open(driver: Speaking, server: Reference) -> None:
    tag = f"left-{driver.process.pid}"
    await driver.open("a", server.at(f"/scenario/pings?tag={tag}"))
    driver.tell("open", on="stuck", url=server.at("/scenario/no-answer"), within_ms=60_000)
    await driver.end()
    assert (await seen(server, tag, ended=True))["ended"] == "vanished"
    driver.seq = 2


async def test_listens_to_whether_something_listens(driver: Speaking, server: Reference) -> None:
    listened = await driver.ask("listen", url=server.at("/ws"))
    assert listened["is"] == "listened"
    assert "on" not in listened
    for url in ("ws://127.0.0.1:1/", "nonsense here", "/path", "ws://127.0.0.1:99999/"):
        assert (await driver.ask("listen", url=url))["is"] == "failed", url


async def test_answers_what_is_no_command_and_goes_on(driver: Speaking, server: Reference) -> None:
    for line, numbers in (
        (b'{"cmd":"fly","seq":7,"c":9}', {"seq": 7, "c": 9}),
        (b'{"cmd":"send","seq":7,"c":9,"on":"a","text":"","loudly":true}', {"seq": 7, "c": 9}),
        (b'{"cmd":"end","seq":7}', {"seq": 7}),
        (b'{"seq":-1,"c":9}', {"c": 9}),
        (b"garbage", {}),
        (b"", {}),
        (b"\xff", {}),
        (b"x" * (5 << 20), {}),
    ):
        driver.write(line)
        error = (await driver.line())["error"]
        assert error.pop("message"), line[:80]
        assert error == numbers, line[:80]
    await driver.open("a", server.at("/echo"))


async def test_ends_with_its_standard_input(driver: Speaking, server: Reference) -> None:
    await driver.open("a", server.at("/scenario/pings"))
    driver.input.close()
    assert await driver.exit_code() == 0


def test_reads_and_writes_files(tmp_path: Path) -> None:
    said = tmp_path / "said"
    told = tmp_path / "told"
    told.write_text('{"cmd":"hello","protocol":1}\n{"cmd":"fly"}')
    command = [sys.executable, "-m", "crosswire_client", "websockets"]
    with told.open() as given, said.open("w") as output:
        subprocess.run(command, stdin=given, stdout=output, check=True, timeout=20)
    assert [list(json.loads(line)) for line in said.read_text().splitlines()] == [["hello"], ["error"]]
    assert subprocess.run(command, stdin=subprocess.DEVNULL, check=False, timeout=20).returncode == 0


def test_says_so_where_nobody_reads_what_it_says() -> None:
    nobody, output = os.pipe()
    os.close(nobody)
    command = [sys.executable, "-m", "crosswire_client", "websockets"]
    hello = b'{"cmd":"hello","protocol":1}\n'
    said = subprocess.run(command, input=hello, stdout=output, stderr=subprocess.PIPE, check=False, timeout=20)
    os.close(output)
    assert (said.returncode, said.stderr) == (
        1,
        b"crosswire_client: the output cannot be written: [Errno 32] Broken pipe\n",
    )


async def test_takes_one_argument() -> None:
    async with speaking("nothing") as driver:
        assert await driver.exit_code() == 2
