"""A WebSocket server that knows nothing of crosswire: `pip install websockets`, then `python examples/echo.py`."""

import asyncio
from contextlib import suppress

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed


async def echo(connection: ServerConnection) -> None:
    with suppress(ConnectionClosed):  # the tests end connections in every way there is
        async for message in connection:
            await connection.send(message)


async def main() -> None:
    await (await serve(echo, "127.0.0.1", 8765)).serve_forever()


asyncio.run(main())
