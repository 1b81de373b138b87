"""The house as it stands: layers, the features in them, and what each feature imports, read from the sources."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.support.repository import ROOT

PACKAGE = ROOT / "src" / "edgeship"
FEATURE_LAYERS = ("cli", "application", "domain")
"""The layers whose folders are features, from the top down."""


@dataclass(frozen=True)
class Room:
    """A folder of a layer: its modules by name, and the other features of the same layer that they import."""

    layer: str
    name: str
    modules: tuple[str, ...]
    rooms: tuple[str, ...]
    uses: frozenset[str]


def modules_of(folder: Path) -> tuple[str, ...]:
    """The modules right in a folder, without the empty `__init__`."""
    return tuple(sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__"))


def rooms_in(folder: Path) -> tuple[str, ...]:
    """The folders in it that hold modules."""
    return tuple(sorted(path.name for path in folder.iterdir() if path.is_dir() and modules_of(path)))


def rooms(layer: str) -> dict[str, Room]:
    """The rooms of a layer of edgeship, by name."""
    folders = sorted(path for path in (PACKAGE / layer).iterdir() if modules_of(path))
    names = {folder.name for folder in folders}
    return {
        folder.name: Room(
            layer, folder.name, modules_of(folder), rooms_in(folder), frozenset(_features(folder, layer)) & names
        )
        for folder in folders
    }


def _features(folder: Path, layer: str) -> Iterator[str]:
    prefix = f"edgeship.{layer}."
    for path in folder.rglob("*.py"):
        for module in imported(path):
            if module.startswith(prefix):
                name = module.removeprefix(prefix).split(".")[0]
                if name != folder.name:
                    yield name


def imported(path: Path) -> Iterator[str]:
    """The modules that a file imports from."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@cache
def feature_order(layer: str) -> tuple[str, ...]:
    """The order of a layer's features, lowest first, as import-linter's contract has it."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (contract,) = (c for c in contracts if c.get("containers") == [f"edgeship.{layer}"])
    listed = [name for row in reversed(contract["layers"]) for name in row.replace("|", ":").split(":")]
    return tuple(name.strip() for name in listed)
