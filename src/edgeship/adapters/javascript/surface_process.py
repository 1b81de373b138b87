"""Reads what scripts offer in a process of its own, as `parse_process` does: within a bound of memory and time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Literal

from edgeship.adapters.javascript import parse_process
from edgeship.adapters.javascript.parse_process import limit_cpu, limit_process
from edgeship.adapters.javascript.parser import SMALL_BYTES
from edgeship.domain.versioning.surface.script import Script

MAX_READ_BYTES: Final = 8 * 1024 * 1024
MEMORY_BYTES: Final = 768 * 1024 * 1024
CPU_SECONDS: Final = 30
"""For each script."""
_NEEDED = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")
_DECLARATIONS = (".d.ts", ".d.mts", ".d.cts")


@dataclass(frozen=True)
class Bounds:
    """Of one script: its bytes, and the CPU time of its parse. Of the process: what it may allocate, and the time in
    all. Scripts of at most `here_bytes` are read without a process, if they have at most `all_here_bytes` together."""

    script_bytes: int = MAX_READ_BYTES
    memory_bytes: int = MEMORY_BYTES
    cpu_seconds: int = CPU_SECONDS
    wall_seconds: float = 600
    here_bytes: int = 0
    all_here_bytes: int = 0


UPLOAD_BOUNDS: Final = Bounds(2 * 1024 * 1024, parse_process.MEMORY_BYTES, 12, 45, SMALL_BYTES, 8 * SMALL_BYTES)
"""Within the memory of the function that takes uploads, and a small part of its time."""


@dataclass(frozen=True)
class ScriptSurfaces:
    """The `Surfaces` port. One process reads all; where it dies at a script, the next one goes on behind it."""

    bounds: Bounds = Bounds()

    def scripts(self, locations: Mapping[str, Path]) -> dict[str, Script | None]:
        bounds, until = self.bounds, time.monotonic() + self.bounds.wall_seconds
        found: dict[str, Script | None] = dict.fromkeys(locations)
        sizes = {path: location.stat().st_size for path, location in locations.items()}
        small = [path for path, size in sizes.items() if size <= bounds.here_bytes]
        # A process costs less than many parses, and they keep other threads waiting.
        here = frozenset(small if sum(sizes[path] for path in small) <= bounds.all_here_bytes else ())
        for path in small:
            if path in here and time.monotonic() < until:
                found[path] = _read_here(locations[path])
        waiting = [path for path, size in sizes.items() if path not in here and size <= bounds.script_bytes]
        while waiting and (left := until - time.monotonic()) > 0:
            read = _read_apart([locations[path] for path in waiting], bounds, left)
            found |= zip(waiting, read, strict=False)
            # The one that it died at stays unread.
            waiting = waiting[len(read) + 1 :] if len(read) < len(waiting) else []
        return found


def _read_here(location: Path) -> Script | None:
    # The grammars are loaded when there is a script.
    from edgeship.adapters.javascript.surface_tree import script_surface

    return script_surface(location.read_bytes(), _grammar(location))


def _grammar(location: Path) -> Literal["javascript", "typescript"]:
    return "typescript" if location.name.endswith(_DECLARATIONS) else "javascript"


def _read_apart(locations: Sequence[Path], bounds: Bounds, seconds: float) -> list[Script | None]:
    """What a process reads of the scripts, until it dies."""
    command = [sys.executable, "-S", "-m", "edgeship.adapters.javascript.surface_process"]
    command += [str(bounds.memory_bytes), str(bounds.cpu_seconds)]
    environment = {name: os.environ[name] for name in _NEEDED if name in os.environ}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    try:
        ended = subprocess.run(  # noqa: S603
            command,
            env=environment,
            input=json.dumps([str(location) for location in locations]).encode(),
            capture_output=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as over:
        return _lines(over.stdout or b"")
    if ended.returncode and b"Traceback" in ended.stderr and b"MemoryError" not in ended.stderr:
        raise RuntimeError(f"reading scripts failed: {ended.stderr.decode(errors='replace')[-1_000:]}")
    return _lines(ended.stdout)


def _lines(printed: bytes) -> list[Script | None]:
    """A line a script; what is no whole line was not written to its end."""
    return [Script.loaded(found) if (found := json.loads(line)) else None for line in printed.split(b"\n")[:-1]]


def main(memory_bytes: int, cpu_seconds: int) -> None:
    """In the process: print what is found in each script as a line of JSON; null where a parse would cost too much."""
    limit_process(memory_bytes)
    from edgeship.adapters.javascript.surface_tree import script_surface

    for name in json.loads(sys.stdin.read()):
        limit_cpu(cpu_seconds)
        location = Path(name)
        found = script_surface(location.read_bytes(), _grammar(location))
        sys.stdout.write(f"{json.dumps(asdict(found) if found is not None else None)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
