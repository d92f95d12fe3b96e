"""What many tests need."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import pytest

from reference import Reference, reference


@pytest.fixture(scope="session")
def server() -> Iterator[Reference]:
    """A reference server for all tests of a run."""
    with reference() as running:
        yield running


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> Generator[None, None, None]:
    """Ends with the line that continuous integration adds up. What is known to fail, and does, is as it should be."""
    yield
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or session.config.option.collectonly:
        return
    count = {outcome: len(reports) for outcome, reports in reporter.stats.items()}
    passed = count.get("passed", 0) + count.get("xfailed", 0)
    failed = count.get("failed", 0) + count.get("error", 0)
    if exitstatus != pytest.ExitCode.OK:
        failed = max(failed, 1)
    skipped = f", {count['skipped']} skipped" if "skipped" in count else ""
    reporter.write_line(f"{passed} passed, {failed} failed{skipped}")
