"""Whoever installs an extra has what its code imports: nothing rests on a tool of development."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable

import pytest
from packaging.markers import default_environment

from infra.import_closure import import_closure
from infra.lockfile import Lock
from tests.support.repository import ROOT

PACKAGES = {"edgeship": ROOT / "src" / "edgeship", "localcloud": ROOT / "src" / "localcloud"}
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]


def imports_of(package: str) -> set[str]:
    """The top-level names of others' modules that the modules of a package import, at their start or later."""
    found, read = set[str](), set[str]()
    for path in sorted(PACKAGES[package].rglob("*.py")):
        name = str(path.relative_to(PACKAGES[package].parent))
        if name not in read:
            module = name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            closure = import_closure(module, PACKAGES)
            read |= closure.sources.keys()
            found |= closure.third_party
    return found


@pytest.mark.parametrize(("package", "extras"), [("localcloud", ["local"]), ("edgeship", EXTRAS)])
def test_what_is_imported_is_declared(package: str, extras: Iterable[str]) -> None:
    lock = Lock(ROOT / "uv.lock", "edgeship", extras)
    pins = lock.pins(imports_of(package), {**default_environment()}, frozenset())  # type: ignore[dict-item]
    assert {"boto3", "aiohttp"} <= {pin.name for pin in pins}
