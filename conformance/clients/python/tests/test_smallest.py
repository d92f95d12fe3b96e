"""The smallest driver, which drivers.md can be learned from."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

from reference import crosswire

EXAMPLES: Final = Path(__file__).parents[1] / "examples"
DRIVER: Final = EXAMPLES / "smallest_driver.py"


def test_it_passes_all_nine(tmp_path: Path) -> None:
    manifest = str(EXAMPLES / "impl.json")
    command = [crosswire(), "run", "--profile", "core", "--client", manifest, "--out", str(tmp_path)]
    run = subprocess.run([*command, "--time-scale", "2"], capture_output=True, text=True, check=False, timeout=60)
    assert run.returncode == 0, run.stdout
    lines = (tmp_path / "results.ndjson").read_text().splitlines()
    verdicts = [result["verdict"] for result in map(json.loads, lines) if result["type"] == "result"]
    assert verdicts == ["pass"] * 9


def test_it_refuses_what_it_does_not_know() -> None:
    lines = [
        '{"cmd":"fly","seq":1,"c":2}',
        '{"cmd":"send","seq":1,"c":2,"on":"a","text":"","fragments":[0]}',
        '{"cmd":"end","seq":1}',
        "garbage",
        "[]",
        "[" * 100_000,
        '{"cmd":"send","seq":1,"c":3,"on":"a","text":""}',
    ]
    said = subprocess.run(
        [sys.executable, DRIVER],
        input="\n".join(lines) + "\n",
        capture_output=True,
        text=True,
        check=True,
        timeout=20,
    )
    answers = [json.loads(line) for line in said.stdout.splitlines()]
    assert [list(answer) for answer in answers] == [["error"]] * 6 + [["event"]]
    assert (answers[0]["error"]["seq"], answers[0]["error"]["c"]) == (1, 2)
    assert answers[6]["event"]["is"] == "failed"


def test_it_has_at_most_120_lines() -> None:
    assert len(DRIVER.read_text().splitlines()) <= 120
