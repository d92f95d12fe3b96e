"""What many tests need."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from reference import Reference, reference


@pytest.fixture(scope="session")
def server() -> Iterator[Reference]:
    """A reference server for all tests of a run."""
    with reference() as running:
        yield running
