"""What a page loads first of a release: the kind of its entry, and whether there is other code beside it."""

from __future__ import annotations

import base64
import posixpath
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote

from edgeship.domain.errors import Refused
from edgeship.domain.plain_text import quoted


class Kind(StrEnum):
    """How a page embeds an entry: a script of one of two kinds, a document, a stylesheet, or any other file."""

    MODULE = "module"
    CLASSIC = "classic"
    HTML = "html"
    STYLE = "style"
    ASSET = "asset"

    @property
    def is_script(self) -> bool:
        return self in (Kind.MODULE, Kind.CLASSIC)


@dataclass(frozen=True)
class Syntax:
    """What a parse found in a script.

    `module_only` is what no classic script may have, in words ("an import statement"); None if there is nothing of the
    kind. `imports` are the specifiers of its static imports and re-exports, `dynamic_imports` those of its `import(…)`
    that are one string, as written. What was not read whole is not `complete`: what was found is there, and there may
    be more. `common_js` is what makes it a CommonJS module, in words ("module.exports"), which no browser can run; None
    where nothing does.
    """

    module_only: str | None
    imports: tuple[str, ...] = ()
    dynamic_imports: tuple[str, ...] = ()
    default_export: bool = False
    complete: bool = True
    common_js: str | None = None


@dataclass(frozen=True)
class Entry:
    """The entry of a registered release.

    - `integrity` is `sha256-<base64>` of its bytes.
    - `alone`: it is all the code there is, so a page that has it has one release. For a script: no other script,
      stylesheet, WebAssembly or font is public. For every other kind: no other file is public, because a document or
      a stylesheet may load any file.
    - `style` is the path of the stylesheet that a page has to link beside a script: see `style_of`.
    - `imported`: it is a module that a script of the release imports. Browsers know a module by the URL that was asked
      for, so it may be asked for by one URL alone: by two, it runs twice.
    - `default_export`: it is a module that has one.
    """

    kind: Kind
    integrity: str
    alone: bool
    style: str | None
    imported: bool = False
    default_export: bool = False


SCRIPTS = (".js", ".mjs", ".cjs")
STYLES = (".css",)
_CODE = (*SCRIPTS, *STYLES, ".wasm", ".woff", ".woff2", ".ttf", ".otf", ".eot")
_BY_NAME = {
    ".mjs": Kind.MODULE,
    ".cjs": Kind.CLASSIC,
    ".html": Kind.HTML,
    ".htm": Kind.HTML,
    ".css": Kind.STYLE,
}
_MAX_SPECIFIER = 2_000
"""Bytes: a path of 512, each written as %XX, and what leads to its folder."""
_MAX_RESOLVED = 1_000
"""Strings of one script that are resolved; with more, it may import anything."""


def is_script(path: str) -> bool:
    """Whether a parse of the file says something about its kind or its imports."""
    return path.lower().endswith(SCRIPTS)


def kind_of(path: str, declared: Kind | None, syntax: Syntax | None, hint: Kind | None = None) -> Kind:
    """The kind of an entry, by its name and its syntax; `syntax` is None for what is no script.

    A `.js` file without anything that only a module may have can be both: then the declared kind counts, and without
    one it is classic. If it was not read whole, the `hint` of its author counts instead.

    Raises:
        Refused: `declaration_mismatch`: the declared kind is another than the file's; `kind_unknown`: the script was
        not read whole, what was read can be both, and nothing is declared.
    """
    suffix = posixpath.splitext(path)[1].lower()
    if suffix != ".js":
        found, why = _BY_NAME.get(suffix, Kind.ASSET), "its name says so"
    elif syntax is not None and syntax.module_only:
        found, why = Kind.MODULE, f"it has {syntax.module_only}"
    elif declared in (Kind.MODULE, Kind.CLASSIC):
        return declared
    elif declared is None and syntax is not None and not syntax.complete:
        if hint is not None:
            return hint
        raise Refused(
            "kind_unknown",
            f"The entrypoint {quoted(path)} is too large, or too deeply nested, to be parsed whole; "
            "what was read of it can be an ES module or a classic script.",
            'Declare its kind: publish --kind module or classic, or {"kind": "module"} in edgeship.json.',
        )
    else:
        found, why = Kind.CLASSIC, "it is a script"
    if declared not in (None, found):
        raise Refused(
            "declaration_mismatch",
            f"The declared kind is {declared.value!r}, but the entrypoint {path!r} is of the kind {found.value!r}: "
            f"{why}.",
            "Correct the kind (edgeship.json, or publish --kind), or leave it out.",
        )
    return found


def entry_of(
    kind: Kind,
    path: str,
    sha256: str,
    paths: Collection[str],
    style: str | None,
    *,
    imported: bool = False,
    default_export: bool = False,
) -> Entry:
    """The entry at `path`, with the SHA-256 of its bytes in hex, among the release's public `paths`."""
    others = [other for other in paths if other != path]
    code = [other for other in others if other.lower().endswith(_CODE)]
    return Entry(
        kind=kind,
        integrity=f"sha256-{base64.b64encode(bytes.fromhex(sha256)).decode()}",
        alone=not (code if kind.is_script else others),
        style=style,
        imported=imported,
        default_export=default_export,
    )


def style_of(path: str, source: Iterable[bytes], paths: Collection[str]) -> str | None:
    """The stylesheet that a page has to link beside the script at `path`: `style.css` in its folder, else the only
    `.css` there.

    None without one, and if the script's source names the file: then it loads the stylesheet itself. `source` is in
    parts that overlap.
    """
    folder = posixpath.dirname(path)
    beside = [other for other in paths if other.lower().endswith(STYLES) and posixpath.dirname(other) == folder]
    usual = posixpath.join(folder, "style.css")
    found = usual if usual in beside else beside[0] if len(beside) == 1 else None
    if found is None:
        return None
    name = posixpath.basename(found).encode()
    return None if any(name in part for part in source) else found


def imported_files(path: str, specifiers: Iterable[str], paths: Collection[str]) -> tuple[str, ...]:
    """The files of a release that the script at `path` imports, each once: what is outside of it is left out."""
    folder = posixpath.dirname(path)
    relative = [unquote(s.partition("?")[0]) for s in specifiers if s.startswith(("./", "../"))]
    resolved = (posixpath.normpath(posixpath.join(folder, specifier)) for specifier in relative)
    return tuple(dict.fromkeys(found for found in resolved if found in paths))


def may_import(path: str, source: Iterable[bytes], target: str) -> bool:
    """Whether a parse could find that the script at `path` imports the file `target`: it has a string that says so.

    `source` is in parts that overlap. Strings that neither have the file's name nor an escape are passed over.
    """
    name = re.escape(posixpath.basename(target).encode())
    relative = re.compile(
        rb"[\"'`](?=\.\.?/[^\"'`\n]{0,%d}?(?:%%|%s))(\.\.?/[^\"'`\n]{0,%d})" % (_MAX_SPECIFIER, name, _MAX_SPECIFIER)
    )
    resolved = 0
    for part in source:
        for found in relative.finditer(part):
            if imported_files(path, (found[1].decode(errors="replace"),), (target,)):
                return True
            resolved += 1
            if resolved >= _MAX_RESOLVED:
                return True
    return False
