"""Where the CDK app, the functions' sources, their lock and the example lie: a checkout, or an installed wheel."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import edgeship

BUNDLES_KEY = "edgeship:bundles"
"""The context key that tells the app where it may keep the functions' bundles."""

NEEDS_FILE = "edgeship-quotas.json"
"""In a cloud assembly: a list of `Need`, what its stacks take of their account's quotas."""

_IN_THE_WHEEL = "_project"
_BESIDE = ("infra", "functions", "uv.lock")
_NOT_DEPLOYED = ("cli", "local", _IN_THE_WHEEL, "__pycache__")
"""Of the package; contracts keep what is deployed from importing them."""


@dataclass(frozen=True)
class AppPlace:
    """`root` holds `infra/`, `functions/`, `uv.lock` and `examples/`; `cache` may be written."""

    root: Path
    package: Path
    """The sources of edgeship: relative to `root`, so that equal installations have equal digests."""
    cache: Path

    @property
    def inputs(self) -> tuple[str, ...]:
        """What a cloud assembly is made from, relative to `root`."""
        deployed = sorted(path.name for path in (self.root / self.package).iterdir() if path.name not in _NOT_DEPLOYED)
        return (*_BESIDE, *(f"{self.package.as_posix()}/{name}" for name in deployed))

    @property
    def command(self) -> tuple[str, ...]:
        """What makes the assembly, started in `root`."""
        return (sys.executable, "-m", "infra.app")

    @property
    def assemblies(self) -> Path:
        return self.cache / "assemblies"

    @property
    def examples(self) -> Path:
        return self.root / "examples"

    @property
    def own_context(self) -> dict[str, str]:
        """The context keys that say where the app may write."""
        return {BUNDLES_KEY: str(self.cache / "bundles")}


def app_place() -> AppPlace:
    """
    Raises:
        FileNotFoundError: the wheel was taken apart: it has no CDK app.
    """
    package = Path(edgeship.__file__).resolve().parent
    checkout = package.parents[1]
    if package.parent.name == "src" and (checkout / "infra" / "app.py").is_file():
        return AppPlace(checkout, Path("src") / package.name, checkout / ".edgeship")
    root = package / _IN_THE_WHEEL
    if not (root / "infra" / "app.py").is_file():
        raise FileNotFoundError(f"no infra/app.py in {root}: run pip install --force-reinstall edgeship")
    return AppPlace(root, Path(".."), _user_cache() / "edgeship")


def _user_cache() -> Path:
    """Where the system keeps what programs can make again
    (https://specifications.freedesktop.org/basedir-spec/latest/)."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    given = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    return given if given.is_absolute() else Path.home() / ".cache"
