"""What is printed never ends a command that is done, wherever it is printed."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from edgeship.cli.output import Output, plain, table

RUN = "from edgeship.cli.main import run; run()"
SCRIPT = r"""
import sys
from edgeship.cli.output import Output, plain, table
from edgeship.cli.terminal_text import never_fail
never_fail(sys.stdout)
never_fail(sys.stderr)
out = Output(as_json="--json" in sys.argv)
out.note("latest of checkout: 1.0.0 → 1.1.0…")
shown = table("t", ("a",), [("≥ 1 \u00d7",)])
out.result({"text": "1 → 2 ✓ 日本"}, [plain("1.0.0 → 1.1.0 ✓ \u2013 \u2018why\u2019 日本"), shown])
"""


def printed(encoding: str, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *words],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.decode(encoding)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1", "cp437"])
def test_a_terminal_without_some_characters(encoding: str) -> None:
    first, *rest = printed(encoding).splitlines()
    assert first.startswith("1.0.0 -> 1.1.0 ")
    assert first.endswith("\\u65e5\\u672c")
    assert "─" not in "".join(rest)
    assert any(">= 1 " in line or "≥ 1 " in line for line in rest)
    assert "\\u65e5" in printed(encoding, "--json")


def test_unicode_stays_where_it_can_be_printed() -> None:
    assert printed("utf-8").splitlines()[0] == "1.0.0 → 1.1.0 ✓ \u2013 \u2018why\u2019 日本"


def test_a_piped_table_is_not_padded(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [("a", "x" * 480), ("b", "short")]
    Output(as_json=False).result({}, [table("t", ("name", "why"), rows), plain("end")])
    lines = capsys.readouterr().out.splitlines()
    assert all(line == line.rstrip() for line in lines)
    assert min(len(line) for line in lines if "short" in line) < 30
    assert max(map(len, lines)) > 480


@pytest.mark.parametrize("words", [[], ["-h"], ["rollout"], ["rollout", "-h"], ["local"], ["version"], ["policy"]])
def test_help_is_no_error(words: list[str]) -> None:
    done = subprocess.run([sys.executable, "-c", RUN, *words], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Usage: edgeship ")


def test_the_version() -> None:
    done = subprocess.run([sys.executable, "-c", RUN, "--version"], capture_output=True, text=True, check=False)
    assert done.stdout.startswith("edgeship ")
    assert done.stdout.split()[1][0].isdigit()


def test_a_reader_that_has_read_enough() -> None:
    script = f"{sys.executable} -c '{RUN}' --help | head -c 1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
