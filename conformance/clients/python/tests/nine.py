"""The names of the nine, in the list and in a module of tests."""

from __future__ import annotations

import inspect
import json
from types import ModuleType

from reference import CONFORMANCE


def nine_of_the_list() -> list[tuple[str, str]]:
    """Name and title of each test of core, in its order."""
    core = json.loads((CONFORMANCE / "suites/core.json").read_text())
    return [(test["id"].removeprefix("core/"), test["title"]) for test in core["tests"]]


def nine_of(module: ModuleType) -> list[tuple[str, str]]:
    """The same of a module: each coroutine that is a test is one of them."""
    tests = [(name, test) for name, test in vars(module).items() if inspect.iscoroutinefunction(test)]
    return [
        (name.removeprefix("test_").replace("_", "-"), inspect.getdoc(test) or "")
        for name, test in tests
        if name.startswith("test_")
    ]
