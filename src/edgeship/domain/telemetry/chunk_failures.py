"""Which of a beacon's messages say that a part of the release did not load: a chunk, a style sheet, or WebAssembly.

The messages are `telemetry.js`'s, for elements, and those of browsers and bundlers, for what code loads. They are told
apart here and not in pages: a page may keep the client for days, and browsers change their words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_ELEMENT = "failed to load "
"""`telemetry.js` begins a message about a script or link so; the path from the widget's folder on follows."""

# Chromium, Firefox and Safari; Vite; webpack, for scripts, and its plugin for styles; WebAssembly of a 404.
_THROWN = re.compile(
    r"(?:failed to fetch|error loading) dynamically imported module|importing a module script failed"
    r"|unable to preload css for "
    r"|loading (?:css )?chunk \S+ failed"
    r"|'webassembly': http status code is not ok|webassembly: response has unsupported mime type",
    re.IGNORECASE,
)
_URL = re.compile(r"\w+://[^\s)]+")


def chunk_failures(widget: str, errors: Iterable[tuple[str, int]]) -> int:
    """How many parts of the release did not load, from messages and their counts.

    A loader that inserts an element throws after the element's own event: the same failure has two messages. So the
    larger of the two sums counts.
    """
    listed = list(errors)
    elements = sum(count for message, count in listed if _is_element(widget, message))
    thrown = sum(count for message, count in listed if _is_thrown(widget, message))
    return max(elements, thrown)


def is_chunk_failure(widget: str, message: str) -> bool:
    return _is_element(widget, message) or _is_thrown(widget, message)


def _is_element(widget: str, message: str) -> bool:
    path = message.removeprefix(_ELEMENT)
    return path != message and (_is_exact("", path) or _is_exact(f".*/{widget}/", path))


def _is_thrown(widget: str, message: str) -> bool:
    if not _THROWN.search(message):
        return False
    url = _URL.search(message)
    # Without a URL, the client has found one of the widget's files on the stack.
    return url is None or _is_exact(f".*/{widget}/", url[0])


def _is_exact(before: str, path: str) -> bool:
    return re.match(before + r"v\d+\.\d+\.\d+[^/]*/", path) is not None
