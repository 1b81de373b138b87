"""Source maps, decoded by `symbolic` in a process of its own: in bounded memory and time, whatever a map holds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from edgeship.domain.telemetry.beacon import printable
from edgeship.domain.telemetry.source_place import MAX_LINE_LENGTH, SourcePlace

MEMORY_BYTES: Final = 1024 * 1024 * 1024
"""RLIMIT_DATA of the process; macOS and Windows bound its time alone."""
CPU_SECONDS: Final = 20
_WALL_SECONDS = 60
_MAX_NAME_LENGTH = 200
_UNREADABLE = "the source map can't be read"
NOT_INSTALLED: Final = f"{_UNREADABLE} without symbolic: pip install 'edgeship[errors]'"
_NEEDED = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")


class SymbolicDecoder:
    """The `SourceDecoder` port."""

    def __init__(self, cpu_seconds: int = CPU_SECONDS, memory_bytes: int = MEMORY_BYTES) -> None:
        self._limits = (str(cpu_seconds), str(memory_bytes))

    def locate(
        self, script: bytes, content: bytes, positions: Sequence[tuple[int, int]]
    ) -> list[SourcePlace | None] | str:
        if find_spec("symbolic") is None:
            return NOT_INSTALLED
        with TemporaryDirectory(prefix="edgeship-") as scratch:
            (Path(scratch) / "script").write_bytes(script)
            (Path(scratch) / "map").write_bytes(content)
            command = [sys.executable, "-m", "edgeship.adapters.javascript.source_maps", scratch, *self._limits]
            environment = {name: os.environ[name] for name in _NEEDED if name in os.environ}
            environment["PYTHONPATH"] = os.pathsep.join(sys.path)
            try:
                ended = subprocess.run(  # noqa: S603
                    command,
                    env=environment,
                    input=json.dumps(positions).encode(),
                    capture_output=True,
                    timeout=_WALL_SECONDS,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                return f"{_UNREADABLE} in {_WALL_SECONDS} seconds"
        if ended.returncode:
            return f"{_UNREADABLE} within the limits of memory and time"
        answer = json.loads(ended.stdout)
        if isinstance(answer, str):
            return f"{_UNREADABLE}: {answer}"
        return [SourcePlace(*place) if place else None for place in answer]


def main(folder: str, cpu_seconds: str, memory_bytes: str) -> None:
    """In the process: print the places of the positions on standard input as JSON, or why there are none."""
    _limit(int(cpu_seconds), int(memory_bytes))
    from symbolic.exceptions import SymbolicError
    from symbolic.sourcemapcache import SourceMapCache

    files = Path(folder)
    try:
        cache = SourceMapCache.from_bytes((files / "script").read_bytes(), (files / "map").read_bytes())
        places: object = [_place(cache.lookup(line, column, 0)) for line, column in json.load(sys.stdin)]
    except SymbolicError as error:
        places = _plain(str(error), _MAX_NAME_LENGTH)
    except UnicodeDecodeError:
        places = "its text is not UTF-8"
    sys.stdout.write(json.dumps(places))


def _place(found: object) -> tuple[str, int, int, str | None, str | None] | None:
    source, line = getattr(found, "src", None), getattr(found, "line", 0)
    if not source or not line:
        return None
    function, text = getattr(found, "function_name", None), getattr(found, "context_line", None)
    column: int = getattr(found, "col", 0)
    return (
        _plain(source, _MAX_NAME_LENGTH),
        line,
        column,
        _plain(function, _MAX_NAME_LENGTH) if function else None,
        _plain(text.strip(), MAX_LINE_LENGTH) if text else None,
    )


def _plain(text: str, most: int) -> str:
    return printable(text if len(text) <= most else text[: most - 1] + "…")


def _limit(cpu_seconds: int, memory_bytes: int) -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    for limit, most in (
        (resource.RLIMIT_DATA, memory_bytes),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(limit)
        lower = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(limit, (lower, hard))


if __name__ == "__main__":
    main(*sys.argv[1:4])
