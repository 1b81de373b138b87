"""The templates of a project, which lie beside this module."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable


def read_templates() -> dict[str, str]:
    """Every text by its path: `ci/github.yml`, `vite/src/widget.js`."""
    return dict(_texts(files(__package__).joinpath("templates"), ""))


def _texts(folder: Traversable, prefix: str) -> Iterator[tuple[str, str]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _texts(entry, f"{prefix}{entry.name}/")
        else:
            yield f"{prefix}{entry.name}", entry.read_text("utf-8")
