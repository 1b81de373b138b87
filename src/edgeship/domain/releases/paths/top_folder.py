"""The one folder around a bundle that npm, GitHub and Finder pack."""

from __future__ import annotations

from collections.abc import Iterable


def top_folder(paths: Iterable[str]) -> str:
    """The folder that holds all files, with its trailing slash; empty if there is none.

    What Finder and hidden files add beside it does not count.
    """
    tops = {path.partition("/")[:2] for path in paths if not _is_beside(path)}
    (top, slash), *others = tops or {("", "")}
    return top + slash if slash and not others else ""


def _is_beside(path: str) -> bool:
    top = path.partition("/")[0]
    return top.startswith(".") or top == "__MACOSX"
