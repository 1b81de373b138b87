"""Versions as people type them."""

from __future__ import annotations

from edgeship.domain.version import Version


def version_of(text: str) -> Version:
    """The version that is meant: `1.4.2`, or its tag `v1.4.2`.

    Raises:
        Refused: `version_invalid`.
    """
    return Version.parse(without_v(text))


def without_v(text: str) -> str:
    """A tag as its version; any other text as it is."""
    return text[1:] if text[:1] == "v" and text[1:2].isdigit() else text
