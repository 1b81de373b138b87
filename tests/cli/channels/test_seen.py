"""What was shown is remembered for hours, for one person and environment; the file never fails a command."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edgeship.cli.channels.seen import LIFETIME, MOST, Seen, SeenChannels, state_file
from edgeship.domain.channels.channel import Channel
from edgeship.domain.version import Version

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
LIVE = Channel("checkout", "latest", version=Version.parse("1.0.0"))


def test_what_was_shown_is_remembered_for_hours(tmp_path: Path) -> None:
    seen = SeenChannels(tmp_path / "state" / "seen.json", "123 test ann")
    assert seen.recall("checkout", "latest", NOW) is None
    seen.remember([LIVE, Channel("checkout", "next")], NOW)
    assert seen.recall("checkout", "latest", NOW) == Seen(Version.parse("1.0.0"), None, NOW)
    assert seen.recall("checkout", "next", NOW + LIFETIME - timedelta(seconds=1)) == Seen(None, None, NOW)
    assert seen.recall("checkout", "latest", NOW + LIFETIME + timedelta(seconds=2)) is None
    assert seen.recall("checkout", "latest", NOW - timedelta(minutes=1)) is None
    assert seen.recall("checkout", "beta", NOW) is None
    assert SeenChannels(seen.path, "123 test bob").recall("checkout", "latest", NOW) is None


def test_what_is_too_old_leaves_the_file_and_the_newest_stay(tmp_path: Path) -> None:
    seen = SeenChannels(tmp_path / "seen.json", "x")
    seen.remember([LIVE], NOW)
    later = NOW + LIFETIME + timedelta(seconds=2)
    seen.remember([Channel(f"w{n}", "latest") for n in range(MOST + 5)], later)
    assert seen.path is not None
    assert "checkout" not in seen.path.read_text()
    seen.remember([LIVE], later + timedelta(seconds=1))
    assert seen.recall("checkout", "latest", later + timedelta(seconds=1)) is not None
    assert seen.path.read_text().count('"at"') == MOST
    assert [path.name for path in tmp_path.iterdir()] == ["seen.json"]


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"null",
        b'{"x checkout latest": null}',
        b'{"x checkout latest": {"version": 3, "candidate": null, "at": "2026-11-23T10:00:00.000Z"}}',
        b'{"x checkout latest": {"version": "1.x", "candidate": null, "at": "2026-11-23T10:00:00.000Z"}}',
        b'{"x checkout latest": {"version": "1.0.0", "candidate": null, "at": "yesterday"}}',
        b'{"x checkout latest": {"version": "1.0.0", "candidate": null, "at": 7}}',
        b'{"x checkout latest": {"at": "2026-11-23T10:00:00.000Z"}}',
        b"[" * 100_000,
    ],
)
def test_a_damaged_file_is_as_none_and_is_written_again(damage: bytes, tmp_path: Path) -> None:
    seen = SeenChannels(tmp_path / "seen.json", "x")
    (tmp_path / "seen.json").write_bytes(damage)
    assert seen.recall("checkout", "latest", NOW) is None
    seen.remember([LIVE], NOW)
    assert seen.recall("checkout", "latest", NOW) is not None


def test_where_nothing_can_be_written_nothing_is_remembered(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "seen.json").mkdir()
    for path in (None, tmp_path / "file" / "seen.json", tmp_path / "seen.json"):
        seen = SeenChannels(path, "x")
        seen.remember([LIVE], NOW)
        assert seen.recall("checkout", "latest", NOW) is None
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "seen.json"]


def test_the_file_is_where_the_base_directories_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert state_file({"XDG_STATE_HOME": str(tmp_path)}) == tmp_path / "edgeship" / "seen.json"
    monkeypatch.setenv("HOME", str(tmp_path))
    usual = tmp_path / ".local" / "state" / "edgeship" / "seen.json"
    assert state_file({}) == state_file({"XDG_STATE_HOME": "relative"}) == usual

    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", homeless)
    assert state_file({}) is None
