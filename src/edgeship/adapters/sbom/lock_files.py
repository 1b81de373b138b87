"""Reads the lock file of a project, whichever package manager wrote it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from edgeship.adapters.sbom.npm_lock import read_npm_lock
from edgeship.adapters.sbom.pnpm_lock import read_pnpm_lock
from edgeship.adapters.sbom.yarn_lock import parse_classic, read_yarn_lock
from edgeship.domain.plain_text import quoted
from edgeship.domain.provenance.locked import MAX_LOCK_BYTES, LockedProject, lock_invalid

_READERS = {
    "package-lock.json": read_npm_lock,
    "npm-shrinkwrap.json": read_npm_lock,
    "pnpm-lock.yaml": read_pnpm_lock,
    "yarn.lock": read_yarn_lock,
}
_PACKAGE = re.compile(r"(@[^/@\s]+/)?[^/@\s]+")
_CLASSIC = "# yarn lockfile v1"


def read_lock_file(location: Path) -> LockedProject:
    """
    Raises:
        Refused: `lock_invalid`.
    """
    name = location.name
    if name not in _READERS:
        raise lock_invalid(str(location), "is no lock file that edgeship reads", f"Name a {', '.join(_READERS)}.")
    try:
        with location.open("rb") as file:
            content = file.read(MAX_LOCK_BYTES + 1)
        if len(content) > MAX_LOCK_BYTES:
            raise lock_invalid(name, f"has more than {MAX_LOCK_BYTES:,} bytes")
        project = _READERS[name](name, _document(name, content.decode()))
    except OSError as fault:
        raise lock_invalid(str(location), f"can't be read: {fault.strerror}", "Make it readable.") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, yaml.YAMLError):
        raise lock_invalid(name, "is not as its package manager writes it") from None
    for package in project.packages:
        if not _PACKAGE.fullmatch(package.name):
            raise lock_invalid(name, f"names a package {quoted(package.name)}")
    return project


def _document(name: str, text: str) -> dict[str, Any]:
    if name.endswith(".json"):
        document = json.loads(text)
    elif name == "yarn.lock" and _CLASSIC in text:
        document = parse_classic(name, text)
    else:
        document = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  safe, in C
    if not isinstance(document, dict):
        raise TypeError
    return document
