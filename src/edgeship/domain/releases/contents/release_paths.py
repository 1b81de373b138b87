"""Where the files of a bundle lie in its release."""

from __future__ import annotations

from collections.abc import Iterable

from edgeship.domain.errors import Refused
from edgeship.domain.naming import MANIFEST_NAME
from edgeship.domain.plain_text import quoted
from edgeship.domain.releases.bundle import check_not_empty
from edgeship.domain.releases.paths.bundle_paths import check_path
from edgeship.domain.releases.paths.top_folder import top_folder

BUNDLER_MANIFEST_NAME = "manifest.bundler.json"
"""The name under which a bundle's own `manifest.json` is published: the release's own has that name."""


def released_path(path: str) -> str:
    """Where a file of a bundle is published, by its path in it."""
    return BUNDLER_MANIFEST_NAME if path.casefold() == MANIFEST_NAME else path


def release_paths(paths: Iterable[str]) -> dict[str, str]:
    """The path in the release of each file, by its path in the archive or folder.

    A single top folder is taken off, and what lies beside it is left out. A `manifest.json` of the bundle gets another
    name.

    Raises:
        Refused: `path_invalid`, `empty`, or `path_duplicate`: the other name is taken, too.
    """
    paths = list(paths)
    top = top_folder(paths)
    inside = {path: check_path(path.removeprefix(top)) for path in paths if path.startswith(top)}
    check_not_empty(inside.values())
    own = [path for path, inner in inside.items() if released_path(inner) != inner]
    if own and BUNDLER_MANIFEST_NAME in {inner.casefold() for inner in inside.values()}:
        raise Refused(
            "path_duplicate",
            f"Entry {quoted(own[0])} would be published as {BUNDLER_MANIFEST_NAME}, which the bundle has, too.",
            "Rename one of them.",
        )
    return {**inside, **dict.fromkeys(own, BUNDLER_MANIFEST_NAME)}
