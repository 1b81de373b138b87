"""Releases as the table holds them, for tests to which only the version matters."""

from __future__ import annotations

from dataclasses import replace

from edgeship.domain.releases.entry import Entry, Kind
from edgeship.domain.releases.release import Release
from edgeship.domain.version import Version


def a_release(version: str) -> Release:
    """Of the widget `checkout`, at revision 1, and never live."""
    return Release(
        widget="checkout",
        version=Version.parse(version),
        digest="d" * 64,
        entrypoint="widget.js",
        files=1,
        total_bytes=1,
        created_at="2026-11-23T09:00:00.000Z",
        git_commit=None,
        registered_at="2026-11-23T09:00:00.000Z",
        registered_by="aws:123456789012",
        entry=Entry(Kind.MODULE, f"sha256-{'A' * 43}=", alone=False, style="style.css"),
        revision=1,
    )


def a_live_release(version: str) -> Release:
    return replace(a_release(version), promoted_at="2026-11-23T10:00:00.000Z")
