"""Reads what scripts offer in a process of its own, as `parse_process` does: within a bound of memory and time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

from edgeship.adapters.javascript.parse_process import limit_cpu, limit_process
from edgeship.domain.versioning.surface.script import Script

MAX_READ_BYTES: Final = 8 * 1024 * 1024
MEMORY_BYTES: Final = 768 * 1024 * 1024
CPU_SECONDS: Final = 30
"""For each script."""
_WALL_SECONDS = 600
_NEEDED = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")
_DECLARATIONS = (".d.ts", ".d.mts", ".d.cts")


class ScriptSurfaces:
    """The `Surfaces` port. One process reads all; where it dies at a script, the next one goes on behind it."""

    def scripts(self, locations: Mapping[str, Path]) -> dict[str, Script | None]:
        found: dict[str, Script | None] = dict.fromkeys(locations)
        waiting = [path for path, location in locations.items() if location.stat().st_size <= MAX_READ_BYTES]
        while waiting:
            read = _read_apart([locations[path] for path in waiting])
            found |= zip(waiting, read, strict=False)
            # The one that it died at stays unread.
            waiting = waiting[len(read) + 1 :] if len(read) < len(waiting) else []
        return found


def _read_apart(locations: Sequence[Path]) -> list[Script | None]:
    """What a process reads of the scripts, until it dies."""
    command = [sys.executable, "-S", "-m", "edgeship.adapters.javascript.surface_process"]
    environment = {name: os.environ[name] for name in _NEEDED if name in os.environ}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    try:
        ended = subprocess.run(  # noqa: S603
            command,
            env=environment,
            input=json.dumps([str(location) for location in locations]).encode(),
            capture_output=True,
            timeout=_WALL_SECONDS,
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


def main() -> None:
    """In the process: print what is found in each script as a line of JSON; null where a parse would cost too much."""
    limit_process(MEMORY_BYTES)
    from edgeship.adapters.javascript.surface_tree import script_surface

    for name in json.loads(sys.stdin.read()):
        limit_cpu(CPU_SECONDS)
        location = Path(name)
        declares = location.name.endswith(_DECLARATIONS)
        found = script_surface(location.read_bytes(), "typescript" if declares else "javascript")
        sys.stdout.write(f"{json.dumps(asdict(found) if found is not None else None)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
