"""What is printed never ends a command that is done, wherever it is printed."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from edgeship.cli.output import Output, plain, table
from tests.cli.command_line import CommandLine

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
def test_help_is_no_error(words: list[str], bare: CommandLine) -> None:
    done = bare(*words)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("Usage: edgeship ")


def test_the_version(bare: CommandLine) -> None:
    name, number = bare("--version").out.split()
    assert (name, number[0].isdigit()) == ("edgeship", True)


def test_a_reader_that_has_read_enough() -> None:
    script = f"{sys.executable} -c '{RUN}' --help | head -c 1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_reader_of_a_long_result_that_has_read_enough() -> None:
    """Longer than any pipe's buffer: the command is done, and says nothing of it."""
    script = (
        "import sys; from edgeship.cli import main; from edgeship.cli.output import Output, plain;"
        "lines = [plain('a line') for _ in range(15_000)];"
        "main._command = lambda: lambda *_, **__: Output(as_json=False).result({}, lines);"
        "sys.exit(main.main([]))"
    )
    command = f'{sys.executable} -c "{script}" | head -c 1; exit ${{PIPESTATUS[0]}}'
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "a", "")


def test_a_broken_connection_is_no_reader_that_is_gone(bare: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr("edgeship.cli.main._command", lambda: broken)
    assert bare("status").code == 3
