"""Previews for tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from edgeship.domain.events import Occasion, timestamp
from edgeship.domain.previews.preview import Preview
from edgeship.domain.releases.entry import Entry, Kind

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
MODULE = Entry(Kind.MODULE, "sha256-AAAA=", alone=True, style=None)


def occasion(at: datetime = NOW) -> Occasion:
    return Occasion("test", "ann", "by hand", at)


def a_preview(name: str = "pr-1", number: int = 1, at: datetime = NOW, days: float = 7, **fields: Any) -> Preview:
    """The upload `number` of a preview, at a time."""
    preview = Preview(
        name=name,
        build=f"{number:032x}",
        entrypoint="widget.js",
        entry=MODULE,
        entry_bytes=100,
        files=2,
        total_bytes=300,
        git_commit=None,
        archive=f"a{number}",
        upload_id=f"u{number}",
        uploaded_at=timestamp(at),
        published_by="ci",
        until=timestamp(at + timedelta(days=days)),
    )
    return replace(preview, **fields)
