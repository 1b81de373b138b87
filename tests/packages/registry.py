"""Packages of npm's registry, pinned by version and integrity, fetched once for all runs."""

from __future__ import annotations

import base64
import fcntl
import hashlib
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.support.repository import ROOT

CACHE = ROOT / ".edgeship" / "packages"
"""Removed by `make clean`."""


@dataclass(frozen=True)
class Pinned:
    """A version of a package. `integrity` is `sha512-<base64>` of its tarball, as the registry has it."""

    name: str
    version: str
    integrity: str

    @property
    def tarball(self) -> str:
        """The name of the file that `npm pack` writes."""
        return f"{self.name.removeprefix('@').replace('/', '-')}-{self.version}.tgz"


class Mismatch(Exception):
    """What was fetched is not what is pinned."""


def fetched(packages: Iterable[Pinned]) -> dict[str, Path]:
    """The tarball of each package, by its name.

    Raises:
        subprocess.SubprocessError, Mismatch: as `fetched_each`.
    """
    return {package.name: tarball for package, tarball in fetched_each(packages).items()}


def fetched_each(packages: Iterable[Pinned]) -> dict[Pinned, Path]:
    """The tarball of each package; what no run before has fetched is fetched now.

    Raises:
        subprocess.SubprocessError: npm failed, for want of a network perhaps.
        Mismatch: a tarball has another integrity than the one that is pinned.
    """
    packages = list(packages)
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _fetch([package for package in packages if not (CACHE / package.tarball).is_file()])
    found = {package: CACHE / package.tarball for package in packages}
    for package in packages:
        if integrity(found[package]) != package.integrity:
            raise Mismatch(f"{package.tarball} is not the file that is pinned; delete {CACHE} and try again")
    return found


def integrity(tarball: Path) -> str:
    """`sha512-<base64>`, as in a package-lock.json (https://www.w3.org/TR/SRI/)."""
    return f"sha512-{base64.b64encode(hashlib.sha512(tarball.read_bytes()).digest()).decode()}"


def _fetch(missing: list[Pinned]) -> None:
    if not missing:
        return
    partial = CACHE / ".partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    command = ["npm", "pack", "--silent", "--ignore-scripts", "--fetch-retries=1", "--pack-destination", str(partial)]
    specs = [f"{package.name}@{package.version}" for package in missing]
    subprocess.run([*command, *specs], cwd=partial, capture_output=True, check=True, timeout=240)
    for package in missing:
        (partial / package.tarball).rename(CACHE / package.tarball)
