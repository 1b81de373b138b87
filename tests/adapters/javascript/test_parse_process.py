"""Whatever a script holds, its parse ends within a bound of memory and time."""

from __future__ import annotations

import random
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from edgeship.adapters.javascript import parse_process
from edgeship.adapters.javascript.parse_process import CPU_SECONDS, MEMORY_BYTES, parse_apart
from edgeship.adapters.javascript.parser import MAX_PARSED_BYTES, SMALL_BYTES, JavaScriptParser
from edgeship.domain.releases.entry import Syntax
from tests.support.repository import ROOT

PART = Syntax(None, complete=False)
HOSTILE = {
    "array": b"[",
    "arrays": b"[]",
    "parenthesis": b"(",
    "blocks": b"{}",
    "semicolons": b";",
    "commas": b"a,",
    "labels": b"a:",
    "conditions": b"a?b:",
    "arrows": b"a=>",
    "negations": b"!",
    "sums": b"+a",
    "calls": b"a()",
    "statements": b"a;",
    "strings": b"'';",
    "templates": b"`${",
    "functions": b"x(function(){",
    "classes": b"class A{",
    "imports": b"import('./a.js');",
    "exports": b"export{}//",
    "spaces": b"export default a" + b" " * 5_000,
    "random bytes": random.Random(1).randbytes(MAX_PARSED_BYTES),
}
MEASURE = """
import pathlib, resource, sys
from edgeship.adapters.javascript.parser import JavaScriptParser
print(JavaScriptParser().syntax(pathlib.Path(sys.argv[1])))
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def hostile(unit: bytes, size: int) -> bytes:
    return (b"await;" + unit * (size // len(unit)))[:size]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_small_script_is_parsed_in_this_process_within_little_memory(name: str, tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_bytes(hostile(HOSTILE[name], SMALL_BYTES))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    JavaScriptParser().syntax(script)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 * 1024


@pytest.mark.nightly
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is no limit of memory")
@pytest.mark.parametrize("name", HOSTILE)
def test_a_large_script_is_bounded(name: str, tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_bytes(hostile(HOSTILE[name], MAX_PARSED_BYTES))
    began = resource.getrusage(resource.RUSAGE_CHILDREN)
    ended = subprocess.run(
        [sys.executable, "-c", MEASURE, str(script)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert int(ended.stdout.splitlines()[-1]) * 1024 <= MEMORY_BYTES + 16 * 1024 * 1024
    assert used.ru_utime + used.ru_stime - began.ru_utime - began.ru_stime <= sum(CPU_SECONDS.values()) + 2


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is no limit of memory")
def test_a_parse_that_reaches_the_limit_of_memory_says_nothing(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_bytes(hostile(b"a:", 400 * 1024))
    assert parse_apart(script, "whole") is None
    assert parse_apart(script, "ends") is None
    assert JavaScriptParser().syntax(script) == PART


def test_a_parse_that_reaches_the_limit_of_time_says_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "script"
    script.write_bytes(b"import './a.js';")
    assert parse_apart(script, "whole") == Syntax("an import statement", ("./a.js",))
    monkeypatch.setattr(parse_process, "_WALL_SECONDS", 0.001)
    assert parse_apart(script, "whole") is None


def test_the_process_has_no_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "env").mkdir()
    spy = tmp_path / "python"
    spy.write_text(f"#!/bin/sh\nenv > {tmp_path}/env/seen\necho '{{}}' > /dev/null\n")
    spy.chmod(0o755)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setattr(sys, "executable", str(spy))
    assert parse_apart(spy, "whole") is None
    assert "secret" not in (tmp_path / "env/seen").read_text()


def test_a_fault_of_our_own_rises(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="No such file"):
        parse_apart(tmp_path / "missing", "whole")
