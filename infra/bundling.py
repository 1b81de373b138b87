"""Lambda bundles without Docker: a zip of the modules a handler imports and of the pinned wheels these need.

A bundle is named by a hash of everything that goes into it, and kept under that name: a synth with nothing new
neither runs an installer nor changes a function. Its asset hash is the same name, so neither does a deploy.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Final

import uv
from packaging.markers import default_environment

from infra.import_closure import import_closure
from infra.lockfile import Lock, Pin

PROJECT: Final = "edgeship"
EXTRAS: Final = ("functions", "tracing")
"""The project's extras that a bundle may draw on."""
LAMBDA_PYTHON: Final = "3.13"
SHIPPED_BY_LAMBDA: Final = frozenset(
    {"boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3"}
)
"""Distributions in Lambda's Python runtimes (https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html)."""

_FORMAT: Final = 2
"""Part of every bundle's name: count it up when the same inputs come to make another zip."""
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""The oldest time a zip can hold: a bundle's bytes don't depend on when it was built."""
_KEPT: Final = 12
"""Bundles of one function: several environments, checkouts' branches and synths at the same time get along."""
# Written by the installer about the installation, not by the distribution; METADATA and licences stay.
_INSTALLER_NOTES: Final = frozenset({"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json"})


class BundlingFailed(Exception):
    """The installer refused; the message ends with what it said."""


@dataclass(frozen=True)
class Target:
    """What a bundle is for: installer options, the values of dependency markers, and a name that tells it apart."""

    name: str
    install_options: tuple[str, ...]
    markers: Mapping[str, str] = field(hash=False)

    @classmethod
    def lambda_function(cls, machine: str) -> Target:
        """Lambda's Amazon Linux on `aarch64` or `x86_64`."""
        markers = {
            **_host_markers(),
            "implementation_name": "cpython",
            "os_name": "posix",
            "platform_machine": machine,
            "platform_python_implementation": "CPython",
            "platform_system": "Linux",
            "python_full_version": f"{LAMBDA_PYTHON}.0",
            "python_version": LAMBDA_PYTHON,
            "sys_platform": "linux",
        }
        wheel_platform = f"{machine}-manylinux2014"
        options = ("--python-platform", wheel_platform, "--python-version", LAMBDA_PYTHON)
        return cls(f"{wheel_platform}-{LAMBDA_PYTHON}", options, markers)

    @classmethod
    def host(cls) -> Target:
        """This machine and this interpreter, which is what runs the local cloud's functions."""
        name = f"{sysconfig.get_platform()}-{platform.python_version()}"
        return cls(name, ("--python", sys.executable), _host_markers())


def _host_markers() -> dict[str, str]:
    return {name: str(value) for name, value in default_environment().items()}


@dataclass(frozen=True)
class Bundle:
    """A built zip and the hash of what it was built from."""

    path: Path
    digest: str


@dataclass(frozen=True)
class Bundler:
    """Builds the bundles of a project: sources in `functions/` and `package`, versions in `uv.lock`."""

    root: Path
    cache: Path
    package: Path | None = None
    """The folder of edgeship's sources; None for `src/edgeship/`."""

    def build(
        self,
        function: str,
        target: Target,
        extra_files: Mapping[str, bytes] | None = None,
        *,
        also: frozenset[str] = frozenset(),
    ) -> Bundle:
        """The bundle of functions/<function>/handler.py for `target`, with `extra_files` by their path in the zip.

        `also` are third-party packages that no import in the source shows.

        Raises:
            UnknownModule, Unlocked: an import leads nowhere.
            BundlingFailed: a pinned wheel could not be had for the target.
        """
        packages = {"functions": self.root / "functions", PROJECT: self.package or self.root / "src" / PROJECT}
        closure = import_closure(f"functions.{function}.handler", packages)
        third_party = closure.third_party | also
        pins = self._lock.pins(third_party, target.markers, SHIPPED_BY_LAMBDA) if third_party else []
        files = {path: source.read_bytes() for path, source in closure.sources.items()} | dict(extra_files or {})

        digest = _digest(target if pins else None, pins, files)
        path = self.cache / f"{function}-{digest}.zip"
        if not path.exists():
            self.cache.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self.cache, prefix=f"{function}-") as scratch:
                unfinished = Path(scratch) / "bundle.zip"
                _write_zip(unfinished, {**_install(tuple(pins), target), **files})
                # Two synths at once may both build it; the bytes are equal and the rename is atomic.
                unfinished.replace(path)
            self._prune(function)
        os.utime(path)
        return Bundle(path, digest)

    def _prune(self, function: str) -> None:
        """Keep the latest used: each edit makes a bundle of megabytes, and old ones are seldom asked for again."""
        with suppress(FileNotFoundError):  # another synth prunes, too
            bundles = sorted(self.cache.glob(f"{function}-*.zip"), key=lambda path: path.stat().st_mtime)
            for old in bundles[:-_KEPT]:
                old.unlink()

    @property
    def _lock(self) -> Lock:
        return Lock(self.root / "uv.lock", PROJECT, EXTRAS)


def _digest(target: Target | None, pins: list[Pin], files: Mapping[str, bytes]) -> str:
    """A bundle of our own sources alone is the same for every target."""
    inputs = {
        "format": _FORMAT,
        "target": target and target.name,
        "pins": [pin.requirement() for pin in pins],
        "files": {path: hashlib.sha256(content).hexdigest() for path, content in files.items()},
    }
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


@lru_cache(maxsize=2)
def _install(pins: tuple[Pin, ...], target: Target) -> Mapping[str, bytes]:
    """The files of the pinned wheels by their path in the zip; most functions of a stack share theirs."""
    if not pins:
        return {}
    with tempfile.TemporaryDirectory() as scratch:
        return _installed(pins, target, Path(scratch))


def _installed(pins: tuple[Pin, ...], target: Target, scratch: Path) -> Mapping[str, bytes]:
    requirements = scratch / "requirements.txt"
    requirements.write_text("\n".join(pin.requirement() for pin in pins), "utf-8")
    folder = scratch / "packages"
    command = [
        *(uv.find_uv_bin(), "pip", "install", "--quiet", "--no-config"),
        *("--target", str(folder), "--link-mode", "copy", *target.install_options),
        *("--only-binary", ":all:", "--no-deps", "--require-hashes", "--requirement", str(requirements)),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  our own arguments
    if done.returncode:
        raise BundlingFailed(f"uv could not install for {target.name}:\n{done.stderr.strip()}")
    shutil.rmtree(folder / "bin", ignore_errors=True)
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and _belongs(path.relative_to(folder))
    }


def _belongs(path: Path) -> bool:
    if path.name == ".lock" or "__pycache__" in path.parts or path.suffix == ".pyi":
        return False
    return not (path.parts[0].endswith(".dist-info") and path.name in _INSTALLER_NOTES)


def _write_zip(path: Path, files: Mapping[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, so that the mode below is read; Lambda runs as another user and must read
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, files[name])
