"""Which file of a bundle pages load."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Iterator

from edgeship.domain.errors import Refused
from edgeship.domain.plain_text import quoted
from edgeship.domain.releases.entry import SCRIPTS, STYLES

_DOCUMENTS = (".html", ".htm")
_ENTRY_ENDINGS = ((".js", ".mjs"), _DOCUMENTS, STYLES)
"""Of what can be an entrypoint by being the only one; the first kind that is there counts."""
_SHOWN = 5
DEFAULT_ENTRYPOINTS = (
    "{widget}.js",
    "widget.js",
    "index.js",
    "main.js",
    "index.html",
    "{widget}.min.js",
    "{widget}.mjs",
    "index.mjs",
    "index.min.js",
)


def choose_entrypoint(
    widget: str,
    declared: str | None,
    paths: Collection[str],
    proposed: Iterable[str] = (),
    proposed_around: Iterable[str] = (),
) -> str:
    """The file that a page loads: the declared one, else the first that `package.json` proposes and pages can load,
    else the first of the default names, else the only script of the top folder; without a script there, the only
    document, or the only stylesheet. Where none of these is there, the first that the `package.json` of the folder
    around it proposes.

    Raises:
        Refused: `entrypoint_missing`.
    """
    if declared is not None:
        if declared in paths:
            return declared
        raise Refused(
            "entrypoint_missing",
            f"The entrypoint {quoted(declared)} is not among the published files.",
            "Add it to the bundle, or name another (edgeship.json, or publish --entrypoint).",
        )
    usual = [name.format(widget=widget) for name in DEFAULT_ENTRYPOINTS]
    for name in (*_loadable(proposed), *usual):
        if name in paths:
            return name
    tops = [path for path in paths if "/" not in path]
    for endings in _ENTRY_ENDINGS:
        candidates = [path for path in tops if path.lower().endswith(endings)]
        if len(candidates) == 1:
            return candidates[0]
        if candidates:
            break
    else:
        candidates = sorted(paths)
    for name in _loadable(proposed_around):
        if name in paths:
            return name
    named = f"{', '.join(map(quoted, candidates[:_SHOWN]))}{', …' if len(candidates) > _SHOWN else ''}"
    raise Refused(
        "entrypoint_missing",
        f"The bundle has no entrypoint: package.json names no file that pages can load, none of {', '.join(usual)} is "
        "there, and not exactly one script, document or stylesheet is in its top folder.",
        'Name the entrypoint: publish --entrypoint, or {"entrypoint": "path/to/file"} in edgeship.json. '
        f"It may be any public file: {named}.",
    )


def _loadable(proposed: Iterable[str]) -> Iterator[str]:
    """The paths that a field of `package.json` may mean, as Node.js completes them."""
    for written in proposed:
        path = posixpath.normpath(written.lstrip("/"))
        for spelling in (path, f"{path}.js", posixpath.normpath(f"{path}/index.js")):
            if spelling.lower().endswith((*SCRIPTS, *STYLES, *_DOCUMENTS)):
                yield spelling
