"""Parses a script in a process of its own, so that no script takes more than a bound of memory and time.

The process has none of its parent's environment but what the interpreter needs, so no credentials. It dies at its
limits; what it printed before counts. macOS and Windows have no limit of memory: there, time alone is bounded.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Final, Literal

from edgeship.domain.releases.entry import Syntax

Part = Literal["whole", "ends"]
MEMORY_BYTES: Final = 128 * 1024 * 1024
"""What the process may allocate (RLIMIT_DATA), a tenth of it for the interpreter: the tree of 2 MB of a usual minified
script."""
CPU_SECONDS: Final[dict[Part, int]] = {"whole": 12, "ends": 6}
"""RLIMIT_CPU: the parse, which has a limit of its own, and the walk over its tree."""
_WALL_SECONDS = 60
_NEEDED = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")


def parse_apart(location: Path, part: Part) -> Syntax | None:
    """What a parse of the script found; None if it reached a limit."""
    # -S: the path has what the site module would add.
    command = [sys.executable, "-S", "-m", "edgeship.adapters.javascript.parse_process", part, str(location)]
    environment = {name: os.environ[name] for name in _NEEDED if name in os.environ}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    with suppress(subprocess.TimeoutExpired):
        ended = subprocess.run(  # noqa: S603
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_WALL_SECONDS,
            check=False,
        )
        if ended.returncode == 0 and ended.stdout:
            return _loaded(ended.stdout)
        if b"Traceback" in ended.stderr and b"MemoryError" not in ended.stderr:
            raise RuntimeError(f"the parse of a script failed: {ended.stderr.decode(errors='replace')[-1_000:]}")
    return None


def main(part: str, location: str) -> None:
    """In the process: print what is found as JSON, or nothing where a parse would cost too much."""
    limit_process(MEMORY_BYTES)
    limit_cpu(CPU_SECONDS["whole" if part == "whole" else "ends"])
    from edgeship.adapters.javascript.tree import END_BYTES, ends_syntax, whole_syntax

    with Path(location).open("rb") as file:
        if part == "whole":
            found = whole_syntax(file.read())
        else:
            head = file.read(END_BYTES)
            file.seek(max(0, os.fstat(file.fileno()).st_size - END_BYTES))
            found = ends_syntax(head, file.read())
    if found is not None:
        sys.stdout.write(json.dumps(asdict(found)))


def limit_process(memory_bytes: int) -> None:
    """Lower what this process may allocate, where the system can; and it leaves no core behind."""
    try:
        import resource
    except ImportError:  # Windows
        return
    for limit, most in ((resource.RLIMIT_DATA, memory_bytes), (resource.RLIMIT_CORE, 0)):
        _, hard = resource.getrlimit(limit)
        lower = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(limit, (lower, hard))


def limit_cpu(seconds: int) -> None:
    """Let this process die after so many more seconds of CPU time, where the system can."""
    try:
        import resource
    except ImportError:  # Windows
        return
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    most = int(time.process_time()) + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _loaded(printed: bytes) -> Syntax:
    fields = json.loads(printed)
    return Syntax(
        fields["module_only"],
        tuple(fields["imports"]),
        tuple(fields["dynamic_imports"]),
        fields["default_export"],
        fields["complete"],
        fields["common_js"],
    )


if __name__ == "__main__":
    main(*sys.argv[1:3])
