"""The library. This is the file to write: driver.py does everything else."""

from dataclasses import dataclass

VERSION = "no library yet"  # its name and its version, such as "websockets 17.4"
CAPABILITIES = []  # what it lets one do besides, by the names of conformance/capabilities.json: what you claim you are held to
NOT_WRITTEN = "not written yet: connect with your library here, in library.py"


@dataclass
class Ending:
    """How a connection ended."""

    code: int  # of the peer's close frame; 1005 where it had none, 1006 where no close frame came
    reason: str
    is_clean: bool  # close frames went both ways, and then TCP ended without being cut


class Link:
    """A connection that is open."""

    subprotocol = None  # the one that was agreed on

    async def receive(self):
        """The next message, as str or as bytes; behind the last one an Ending, when TCP is over."""
        raise NotImplementedError(NOT_WRITTEN)

    async def send(self, message):
        """Sends a str as a text message and bytes as a binary one. Returns when the library has taken it."""
        raise NotImplementedError(NOT_WRITTEN)

    async def close(self, code, reason):
        """Carries out, or begins, the closing handshake."""
        raise NotImplementedError(NOT_WRITTEN)

    def cut(self):
        """Ends TCP without a closing handshake, at once. What waits for this connection then goes on."""
        raise NotImplementedError(NOT_WRITTEN)


async def connect(url, subprotocols):
    """Opens a connection and gives its Link, however long it takes: driver.py cancels this when time is over."""
    raise NotImplementedError(NOT_WRITTEN)
