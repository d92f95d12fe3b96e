"""The reference server, and the program that has it inside."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[4]
CONFORMANCE: Final = ROOT / "conformance"


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference server that runs."""

    url: str
    control: str

    def at(self, path: str) -> str:
        """The address of a path."""
        return self.url + path


def crosswire() -> str:
    """The program: named by CROSSWIRE, built in this repository, or in the path."""
    named = os.environ.get("CROSSWIRE")
    built = ROOT / "target/release/crosswire"
    found = named or (str(built) if built.is_file() else shutil.which("crosswire"))
    if not found or not shutil.which(found):
        said = f"CROSSWIRE names {named}, which is no program" if named else "crosswire is not built"
        raise FileNotFoundError(f"{said}; ./justw build builds {built}")
    return found


@contextmanager
def reference() -> Iterator[Reference]:
    """Runs the reference server. It stops when its standard input ends, which leaving `with` sees to."""
    command = [crosswire(), "serve", "--under-test", "--journal"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
        assert program.stdout is not None
        ready = json.loads(program.stdout.readline())["ready"]
        yield Reference(ready["url"], ready["control"])
