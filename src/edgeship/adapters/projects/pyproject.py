"""`pyproject.toml`: the version is written as PEP 440 spells it, in place; no other byte of the file changes.

https://packaging.python.org/en/latest/specifications/pyproject-toml/,
https://packaging.python.org/en/latest/specifications/version-specifiers/
"""

from __future__ import annotations

import copy
import re
import tomllib
from typing import Any

from packaging.version import InvalidVersion
from packaging.version import Version as PythonVersion

from edgeship.domain.version import Version

PYPROJECT_NAME = "pyproject.toml"
_CHANNELS = {"a": "alpha", "b": "beta", "rc": "rc"}


def python_project(content: bytes) -> tuple[str | None, str | None]:
    """The name and the version that `[project]` states.

    Raises:
        ValueError: it is not TOML in UTF-8.
    """
    project = tomllib.loads(content.decode()).get("project")
    fields = project if isinstance(project, dict) else {}
    return _text(fields.get("name")), _text(fields.get("version"))


def from_python(text: str) -> Version:
    """`1.3.0rc1` as SemVer: `1.3.0-rc.1`.

    Raises:
        ValueError: SemVer has no form for it.
    """
    try:
        found = PythonVersion(text)
    except InvalidVersion as invalid:
        raise ValueError(str(invalid)) from None
    if found.epoch or found.post is not None or found.dev is not None or found.local or len(found.release) > 3:
        raise ValueError(f"{text!r} has no form in SemVer")
    prerelease = (_CHANNELS[found.pre[0]], str(found.pre[1])) if found.pre else ()
    return Version(found.major, found.minor, found.micro, prerelease)


def to_python(version: Version) -> str:
    """The version as PEP 440 normalises it.

    Raises:
        ValueError: PEP 440 has no form for its pre-release; it has alpha, beta and rc.
    """
    try:
        spelled = str(PythonVersion(str(version)))
        if from_python(spelled) == version:
            return spelled
    except InvalidVersion:
        pass
    raise ValueError(f"{version} has no form in Python; its pre-releases are alpha, beta and rc, such as 1.3.0-rc.1")


def with_python_version(content: bytes, version: Version) -> bytes:
    """The document with another version in `[project]`.

    Each place that spells the old version is tried, and the one counts after which a parse of the document gives the
    old one with the new version and nothing else changed.

    Raises:
        ValueError: it is not TOML, or its version has escapes.
    """
    text = content.decode()
    document = tomllib.loads(text)
    wanted: dict[str, Any] = copy.deepcopy(document)
    old, wanted["project"]["version"] = wanted["project"]["version"], to_python(version)
    if wanted == document:
        return content
    for match in re.finditer(rf"(?<=[\"']){re.escape(old)}(?=[\"'])", text):
        tried = f"{text[: match.start()]}{wanted['project']['version']}{text[match.end() :]}"
        if tomllib.loads(tried) == wanted:
            return tried.encode()
    raise ValueError("its version is written with escapes")


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
