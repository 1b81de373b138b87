"""The real `edgeship console`, in the folder of a running local cloud."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

RUN = "from edgeship.cli.main import run; run()"


@contextmanager
def console(folder: Path, *options: str) -> Iterator[str]:
    """The command runs until the block ends; the URL that it prints."""
    command = [sys.executable, "-c", RUN, "console", "--json", *options]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True, env=dict(os.environ)) as running:
        try:
            assert running.stdout is not None
            printed = ""
            while not printed.rstrip().endswith("}"):
                line = running.stdout.readline()
                assert line, "the console ended"
                printed += line
            yield json.loads(printed)["url"]
        finally:
            running.terminate()
            assert running.wait(20) is not None
