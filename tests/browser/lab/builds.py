"""The lab's widgets, built by the bundlers that package-lock.json locks, once for all runs with the same sources."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal

from tests.support.repository import ROOT

SOURCES = Path(__file__).parent / "widgets"
CACHE = ROOT / ".edgeship" / "lab"
"""Removed by `make clean`."""

VERSIONS = ("1.0.0", "1.1.0")
STABLE, NEXT = VERSIONS
ENTRY = "widget.js"
STYLE = "style.css"

EntryKind = Literal["module", "classic"]
WIDGETS: Mapping[str, EntryKind] = {
    "vite-module": "module",
    "vite-default": "module",
    "esbuild-module": "module",
    "rollup-module": "module",
    "webpack-module": "module",
    "webpack-classic": "classic",
    "esbuild-iife": "classic",
}


IMPORTED = frozenset({"vite-default", "rollup-module"})
"""Of the widgets, those whose chunks import the entry: both bundlers keep shared code there if nothing tells them not
to."""


@dataclass(frozen=True)
class Builds:
    """`folder` has a folder a widget, with one a version; `tools` is where the bundlers are installed."""

    folder: Path
    tools: Path

    def release(self, widget: str, version: str) -> Path:
        return self.folder / widget / version

    def esbuild(self, source: Path, *options: str) -> str:
        """What esbuild makes of one file."""
        command = [str(self.tools / "node_modules" / ".bin" / "esbuild"), str(source), *options]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def built() -> Builds:
    """The widgets, built now if no run before has; other processes wait meanwhile.

    Raises:
        subprocess.SubprocessError: npm failed, for want of a network perhaps, or a bundler did.
    """
    CACHE.mkdir(parents=True, exist_ok=True)
    tools = CACHE / f"tools-{_digest(SOURCES / 'package-lock.json')}"
    folder = CACHE / f"widgets-{_digest(*sorted(path for path in SOURCES.rglob('*') if path.is_file()))}"
    with (CACHE / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (tools / "node_modules").is_dir():
            _renamed(tools, _install)
        if not folder.is_dir():
            _renamed(folder, lambda out: _build(tools, out))
    return Builds(folder, tools)


def _renamed(folder: Path, make: Callable[[Path], None]) -> None:
    """What is under its final name is whole: it is made beside it, and renamed."""
    scratch = folder.with_suffix(".partial")
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    make(scratch)
    shutil.rmtree(folder, ignore_errors=True)
    scratch.rename(folder)


def _install(folder: Path) -> None:
    for name in ("package.json", "package-lock.json"):
        shutil.copy(SOURCES / name, folder)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"]
    subprocess.run(command, cwd=folder, capture_output=True, check=True, timeout=120)


def _build(tools: Path, out: Path) -> None:
    # Node looks for packages from where the program is, so it runs beside them.
    for source in SOURCES.iterdir():
        if source.name == "src":
            shutil.copytree(source, tools / "src", dirs_exist_ok=True)
        else:
            shutil.copy(source, tools)
    subprocess.run(["node", "build.mjs", str(out)], cwd=tools, capture_output=True, check=True, timeout=120)


def _digest(*files: Path) -> str:
    found = sha256()
    for file in files:
        found.update(f"{file.relative_to(SOURCES)}\0".encode() + file.read_bytes())
    return found.hexdigest()[:16]
