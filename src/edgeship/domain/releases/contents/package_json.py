"""`package.json`: what npm's description of a package says about its bundle.

Fields: https://docs.npmjs.com/cli/configuring-npm/package-json, https://nodejs.org/api/packages.html,
https://www.jsdelivr.com/documentation#id-configuring-a-default-file-in-packagejson.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from edgeship.domain.errors import Refused

PACKAGE_NAME = "package.json"
MAX_PACKAGE_BYTES = 1024 * 1024
"""Of the file; the largest on npm's registry have some 100 KB."""
CONDITIONS = ("browser", "import", "module", "default")
"""Of `exports`, the first that is there counts."""
_MAX_LEVELS = 16
"""Of conditions inside each other."""
_NOT_A_NAME = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class Package:
    """What a package says of itself; a field of another type than npm's counts as left out.

    - `entrypoints`: the files that a page may load, as written, the first that can be loaded counts
    - `files`: which files are published, as globs; None if all are (`npm_files`)
    - `required`: files that npm publishes whatever `files` says, as written
    - `modules`, `common_js`: the paths of what it calls an ES module, and of what Node.js loads as CommonJS
    """

    name: str | None = None
    version: str | None = None
    entrypoints: tuple[str, ...] = ()
    files: tuple[str, ...] | None = None
    required: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    common_js: tuple[str, ...] = ()

    @property
    def widget(self) -> str | None:
        """The name of a widget that the last part of the package's name makes; None if it makes none."""
        last = (self.name or "").rpartition("/")[2].lower()
        return _NOT_A_NAME.sub("-", last).strip("-")[:63].rstrip("-") or None


def read_package(content: bytes) -> Package:
    """Read a `package.json`.

    Raises:
        Refused: `package_invalid`.
    """
    if len(content) > MAX_PACKAGE_BYTES:
        raise _invalid(f"has more than {MAX_PACKAGE_BYTES:,} bytes")
    try:
        # npm reads a byte order mark, too.
        document = json.loads(content.decode("utf-8-sig"))
    except json.JSONDecodeError as fault:
        raise _invalid(f"is not JSON: line {fault.lineno}, column {fault.colno}: {fault.msg}") from None
    except (ValueError, RecursionError):
        raise _invalid("is not JSON in UTF-8, or is nested too deeply") from None
    if not isinstance(document, dict):
        raise _invalid("is not an object of JSON")
    files = document.get("files")
    return Package(
        name=_text(document.get("name")),
        version=_text(document.get("version")),
        entrypoints=tuple(dict.fromkeys(_entrypoints(document))),
        files=tuple(filter(_text, files)) if isinstance(files, list) else None,
        required=tuple(filter(None, (_text(document.get("main")), _text(document.get("browser"))))),
        modules=_paths(document.get("module"), *_conditional(_main_exports(document), _MAX_LEVELS)),
        common_js=() if document.get("type") == "module" else _paths(document.get("main")),
    )


def _entrypoints(document: dict[str, Any]) -> Iterator[str]:
    """First what is meant for a script tag, then for bundlers of browsers, then for Node.js."""
    for field in ("unpkg", "jsdelivr", "browser"):
        yield from _texts(document.get(field))
    yield from _exported(_main_exports(document), _MAX_LEVELS)
    for field in ("module", "main", "style"):
        yield from _texts(document.get(field))


def _main_exports(document: dict[str, Any]) -> Any:
    """What `exports` says of the package itself."""
    exports = document.get("exports")
    if isinstance(exports, dict) and any(name.startswith(".") for name in exports):
        return exports.get(".")
    return exports


def _conditional(target: Any, levels: int) -> Iterator[str]:
    """What `exports` names for those who import."""
    if isinstance(target, dict) and levels:
        for condition, inner in target.items():
            if condition in ("import", "module"):
                yield from _exported(inner, levels - 1)
            else:
                yield from _conditional(inner, levels - 1)


def _paths(*written: Any) -> tuple[str, ...]:
    return tuple(posixpath.normpath(text.lstrip("/")) for text in map(_text, written) if text is not None)


def _exported(target: Any, levels: int) -> Iterator[str]:
    if isinstance(target, str):
        yield from _texts(target)
    elif isinstance(target, list) and levels:
        for alternative in target:
            yield from _exported(alternative, levels - 1)
    elif isinstance(target, dict) and levels:
        for condition in CONDITIONS:
            yield from _exported(target.get(condition), levels - 1)


def _texts(value: Any) -> Iterator[str]:
    text = _text(value)
    if text is not None:
        yield text


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _invalid(what: str) -> Refused:
    return Refused(
        "package_invalid",
        f"{PACKAGE_NAME} {what}.",
        f"Correct it, or leave it out of the bundle ({PACKAGE_NAME} in .edgeshipignore).",
    )
