"""Servers that send what nobody may send, or nothing: each driver says how that ended, and goes on."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator

import pytest

from raw import answer, frame, raw_server
from reference import Reference
from speaking import Speaking, speaking


@pytest.fixture(params=["websockets", "aiohttp"])
async def driver(request: pytest.FixtureRequest, server: Reference) -> AsyncIterator[Speaking]:
    """A driver that works as ever when the test is over."""
    async with speaking(request.param) as driver:
        yield driver
        await driver.end()
        driver.seq += 1
        await driver.open("a", server.at("/echo"))
        await driver.done("send", on="a", text="well")
        assert (await driver.event("received"))["text"] == "well"
        assert await driver.finish() == 0


@pytest.mark.parametrize("garbage", [b"\0" * 100, b"SSH-2.0-OpenSSH_9\r\n", b"HTTP/1.1 101\r\n\r\n", b"x" * 100_000])
async def test_garbage_is_no_handshake(driver: Speaking, garbage: bytes) -> None:
    async def handler(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(garbage)
        await writer.drain()

    async with raw_server(handler) as url:
        refused = await driver.refused(url)
        assert refused["error"]


async def test_nothing_at_all_is_given_up(driver: Speaking) -> None:
    async def handler(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with raw_server(handler) as url:
        refused = await driver.refused(url, within_ms=100)
        assert refused["error"] == "not open within 100 ms"


async def test_an_answer_that_never_ends_is_given_up(driver: Speaking) -> None:
    async def handler(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\nX: ")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.01)

    async with raw_server(handler) as url:
        refused = await driver.refused(url, within_ms=200)
        assert refused["error"] == "not open within 200 ms"


@pytest.mark.parametrize("seed", range(8))
async def test_random_bytes_end_a_connection(driver: Speaking, seed: int) -> None:
    noise = random.Random(seed).randbytes(20_000)  # noqa: S311 - the same in every run

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await answer(reader) + noise)
        await writer.drain()

    async with raw_server(handler) as url:
        await driver.open("a", url)
        _, _, clean = await driver.closed()
        assert not clean


async def test_a_hundred_megabytes_are_refused_at_their_header(driver: Speaking) -> None:
    has_heard = asyncio.Event()

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await answer(reader) + b"\x82\x7f" + (100 << 20).to_bytes(8, "big") + b"begun")
        # What comes is a close frame, or the end: nobody waits for the other hundred megabytes.
        await reader.read(1)
        has_heard.set()

    async with raw_server(handler) as url:
        await driver.open("a", url)
        async with asyncio.timeout(5):
            await has_heard.wait()
        code, _, clean = await driver.closed()
        assert (code, clean) == (1006, False)


async def test_a_peer_that_breaks_off_within_a_message_is_gone(driver: Speaking) -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await answer(reader) + frame(0x81, b"whole") + frame(0x01, b"half"))
        await writer.drain()

    async with raw_server(handler) as url:
        await driver.open("a", url)
        assert (await driver.event("received"))["text"] == "whole"
        assert await driver.closed() == (1006, "", False)


async def test_a_message_in_pieces_of_a_byte_is_whole(driver: Speaking) -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for byte in await answer(reader) + frame(0x01, "ä".encode()[:1]) + frame(0x80, "ä".encode()[1:]):
            writer.write(bytes([byte]))
            await writer.drain()
        await reader.read()

    async with raw_server(handler) as url:
        await driver.open("a", url)
        assert (await driver.event("received"))["text"] == "ä"


async def test_an_end_of_a_test_does_not_wait_for_a_peer_that_waits(driver: Speaking) -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await answer(reader))
        await reader.read()

    async with raw_server(handler) as url:
        await driver.open("a", url)
        driver.tell("send", on="a", fill={"len": 8 << 20, "as": "binary"})
        driver.tell("close", on="a", code=1000, within_ms=60_000)
