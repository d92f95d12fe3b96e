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
DEEP: Final = "[" * 900 + "]" * 900


def verdicts(out: Path, *which: str) -> dict[str, str]:
    """What came of these tests. Nothing is known to fail."""
    manifest = str(EXAMPLES / "impl.json")
    command = [crosswire(), "run", *which, "--client", manifest, "--server", "crosswire", "--out", str(out)]
    run = subprocess.run([*command, "--time-scale", "2"], capture_output=True, text=True, check=False, timeout=60)
    assert run.returncode == 0, run.stdout
    lines = (out / "results.ndjson").read_text().splitlines()
    return {result["test"]: result["verdict"] for result in map(json.loads, lines) if result["type"] == "result"}


def test_it_passes_all_nine(tmp_path: Path) -> None:
    core = verdicts(tmp_path, "--profile", "core")
    assert core == dict.fromkeys(core, "pass")
    assert len(core) == 9


def test_it_sends_every_payload(tmp_path: Path) -> None:
    sizes = verdicts(tmp_path, "--test", "edges/sizes-*", "--test", "edges/close-behind-large-echoes")
    assert sizes == dict.fromkeys(sizes, "pass")
    assert len(sizes) > 5


def test_it_refuses_what_it_does_not_know() -> None:
    lines = [
        '{"cmd":"fly","seq":1,"c":2}',
        '{"cmd":"send","seq":1,"c":2,"on":"a","text":"","fragments":[0]}',
        '{"cmd":"end","seq":1}',
        '{"cmd":"open","seq":1,"c":2,"on":"a","within_ms":1}',
        '{"cmd":"open","seq":1,"c":2,"on":[],"url":"","within_ms":1}',
        '{"cmd":"send","seq":1,"c":2,"on":"a"}',
        '{"cmd":"send","seq":1,"c":2,"on":"a","text":"","base64":""}',
        '{"cmd":"end","seq":1e3,"c":2}',
        f'{{"cmd":"fly","seq":{DEEP},"c":2}}',
        f'{{"cmd":{DEEP},"seq":1,"c":2}}',
        "garbage",
        "[]",
        "[" * 100_000,
        '{"cmd":"send","seq":1,"c":3,"on":"a","text":""}',
        '{"cmd":"send","seq":1,"c":4,"on":"a","fill":{"len":1,"as":"letters"}}',
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
    assert [list(answer) for answer in answers] == [["error"]] * 13 + [["event"]] * 2
    assert (answers[0]["error"]["seq"], answers[0]["error"]["c"]) == (1, 2)
    assert [answer["event"]["is"] for answer in answers[13:]] == ["failed", "failed"]


def test_its_lines_are_counted() -> None:
    count = len(DRIVER.read_text().splitlines())
    assert f"a whole driver in {count} lines" in (EXAMPLES.parent / "README.md").read_text()
