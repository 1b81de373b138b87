"""A test whose program is missing is skipped, the last line says so, and in CI that is a failure."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.pytest_plugins.tools import NO_SKIPS
from tests.support.repository import ROOT

TESTS = """
from tests.support.pytest_plugins.tools import Tool

TOOL = Tool("a tool", ("no-such-program",), "apt-get install a-tool")


def test_needs_it() -> None:
    TOOL.require()


def test_needs_it_too() -> None:
    TOOL.require()


def test_needs_nothing() -> None:
    assert TOOL.is_missing
"""


@pytest.mark.parametrize(
    ("processes", "environment", "code", "ending"),
    [
        ("0", {NO_SKIPS: "1"}, 1, "; here that is a failure"),
        pytest.param("2", {}, 0, "", marks=pytest.mark.nightly),
    ],
)
def test_the_last_line(processes: str, environment: dict[str, str], code: int, ending: str, tmp_path: Path) -> None:
    (tmp_path / "test_few.py").write_text(TESTS)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-n",
        processes,
        "-p",
        "tests.support.pytest_plugins.tools",
        "-c",
        "/dev/null",
    ]
    done = subprocess.run(
        [*command, "--rootdir", str(tmp_path), str(tmp_path)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    *_, summary, last = done.stdout.splitlines()
    assert "1 passed, 2 skipped" in summary
    assert last == f"2 tests were skipped: 2 without a tool (apt-get install a-tool){ending}"
