"""The rules of a channel, by table and by a random walk that holds its invariants."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from edgeship.domain.channels.channel import Channel, Moved
from edgeship.domain.channels.moves import promote, roll_back, rollback_targets
from edgeship.domain.channels.operator_changes import unlock
from edgeship.domain.errors import Refused
from edgeship.domain.events import EventType, Occasion
from edgeship.domain.releases.quarantine import quarantine, unquarantine
from edgeship.domain.version import Version
from tests.support.pytest_plugins.fuzz import examples
from tests.support.releases import a_release

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
WHO = Occasion("test", "arn:aws:iam::123456789012:user/ann", "by hand", NOW)


class Book:
    """A channel and its widget's releases, with every move applied as the table would."""

    def __init__(self, *versions: str) -> None:
        self.channel = Channel("checkout", "latest")
        self.releases = {Version.parse(v): a_release(v) for v in versions}
        self.events: list[tuple[str, str | None]] = []

    def apply(self, moved: Moved) -> None:
        self.channel = replace(moved.channel, revision=self.channel.revision + 1)
        for changed in moved.changed:
            self.releases[changed.version] = replace(changed, revision=changed.revision + 1)
        self.events += [(e.type.value, (e.new or {}).get("version")) for e in moved.events]

    def promote(self, version: str) -> None:
        self.apply(promote(self.channel, self.releases[Version.parse(version)], WHO))

    def roll_back(self, to: str | None = None) -> None:
        target = Version.parse(to) if to else None
        self.apply(roll_back(self.channel, self.releases.values(), target, WHO))


def test_promotions_and_rollbacks_walk_a_trail() -> None:
    book = Book("1.0.0", "1.1.0", "1.1.1")
    for version in ("1.0.0", "1.1.0", "1.1.1"):
        book.promote(version)
    assert book.channel.trail == (Version.parse("1.0.0"), Version.parse("1.1.0"))
    book.roll_back()
    assert str(book.channel.version) == "1.1.0"
    assert book.channel.lock is not None
    assert book.releases[Version.parse("1.1.1")].quarantine is not None
    book.roll_back()
    assert str(book.channel.version) == "1.0.0"
    assert book.channel.sequence == 5
    with pytest.raises(Refused) as refused:
        book.roll_back()
    assert refused.value.code == "no_good_version"
    assert book.events == [
        ("Pointer Moved", "1.0.0"),
        ("Pointer Moved", "1.1.0"),
        ("Pointer Moved", "1.1.1"),
        ("Pointer Moved", "1.1.0"),
        ("Release Quarantined", "1.1.1"),
        ("Pointer Moved", "1.0.0"),
        ("Release Quarantined", "1.1.0"),
    ]


def test_rolls_back_to_a_named_version_and_drops_what_came_after_it() -> None:
    book = Book("1.0.0", "1.1.0", "1.2.0", "1.3.0")
    for version in book.releases:
        book.promote(str(version))
    book.roll_back("1.1.0")
    assert str(book.channel.version) == "1.1.0"
    assert [str(v) for v in book.channel.trail] == ["1.0.0"]
    # 1.2.0 was never found bad: it stays a version that would do.
    assert [str(v) for v in rollback_targets(book.channel, book.releases.values())] == ["1.0.0", "1.2.0"]


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("9.9.9", "not a registered release"),
        ("1.2.0", "points at now"),
        ("1.1.0", "is quarantined"),
        ("2.0.0", "never been live"),
    ],
)
def test_refuses_a_target_and_lists_what_would_do(target: str, says: str) -> None:
    book = Book("0.9.0", "1.0.0", "1.1.0", "1.2.0", "2.0.0")
    for version in ("0.9.0", "1.0.0", "1.1.0"):
        book.promote(version)
    book.roll_back()
    book.promote("1.2.0")
    before = book.channel
    with pytest.raises(Refused) as refused:
        book.roll_back(target)
    assert refused.value.code == "target_invalid"
    assert says in refused.value.reason
    assert refused.value.remedy == "Valid targets: 1.0.0, 0.9.0."
    assert book.channel is before


def test_nothing_live_nothing_to_roll_back() -> None:
    with pytest.raises(Refused) as refused:
        Book("1.0.0").roll_back()
    assert refused.value.code == "nothing_live"


@pytest.mark.parametrize("case", ["quarantined", "already_live"])
def test_refuses_to_promote(case: str) -> None:
    book = Book("1.0.0", "1.1.0")
    book.promote("1.0.0")
    target = book.releases[Version.parse("1.1.0")]
    if case == "quarantined":
        (target,), _ = quarantine(target, WHO)
    else:
        target = book.releases[Version.parse("1.0.0")]
    with pytest.raises(Refused) as refused:
        promote(book.channel, target, WHO)
    assert refused.value.code == case


def test_a_move_relies_on_the_releases_it_was_decided_on() -> None:
    book = Book("1.0.0", "1.1.0")
    moved = promote(book.channel, book.releases[Version.parse("1.0.0")], WHO)
    assert [r.version for r in moved.changed] == [Version.parse("1.0.0")]
    book.apply(moved)
    book.promote("1.1.0")
    moved = roll_back(book.channel, book.releases.values(), None, WHO)
    assert [str(r.version) for r in moved.changed] == ["1.1.0"]
    assert [str(r.version) for r in moved.unchanged] == ["1.0.0"]


def test_unlock_and_unquarantine_have_events() -> None:
    book = Book("1.0.0", "1.1.0")
    book.promote("1.0.0")
    book.promote("1.1.0")
    book.roll_back()
    unlocked, event = unlock(book.channel, WHO)
    assert unlocked.lock is None
    assert event.type is EventType.CHANNEL_UNLOCKED
    assert (event.old or {})["locked"] is True
    freed, event = unquarantine(book.releases[Version.parse("1.1.0")], WHO)
    assert freed.quarantine is None
    assert event.new == {"version": "1.1.0", "quarantined": False}
    with pytest.raises(Refused, match="not locked"):
        unlock(unlocked, WHO)
    with pytest.raises(Refused, match="not quarantined"):
        unquarantine(freed, WHO)


def test_an_event_is_the_same_however_often_it_is_made() -> None:
    book = Book("1.0.0", "1.1.0")
    target = book.releases[Version.parse("1.0.0")]
    later = replace(WHO, at=NOW + timedelta(minutes=5))
    first, second = promote(book.channel, target, WHO), promote(book.channel, target, later)
    assert first.events[0].event_id == second.events[0].event_id
    book.apply(first)
    assert (
        promote(book.channel, book.releases[Version.parse("1.1.0")], WHO).events[0].event_id != first.events[0].event_id
    )


class ChannelWalk(RuleBasedStateMachine):
    """Operators promote, roll back, unlock and unquarantine in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.book = Book("1.0.0", "1.0.1", "1.1.0", "2.0.0", "2.1.0-rc.1")
        self.moves: list[tuple[str | None, str | None, int]] = []

    def _take(self, moved: Moved) -> None:
        event = moved.events[0]
        assert event.old is not None
        assert event.new is not None
        self.moves.append((event.old["version"], event.new["version"], event.new["sequence"]))
        self.book.apply(moved)

    @rule(version=st.sampled_from(["1.0.0", "1.0.1", "1.1.0", "2.0.0", "2.1.0-rc.1"]))
    def promote(self, version: str) -> None:
        target = self.book.releases[Version.parse(version)]
        try:
            self._take(promote(self.book.channel, target, WHO))
        except Refused:
            assert target.quarantine is not None or target.version == self.book.channel.version

    @rule(to=st.sampled_from([None, "1.0.0", "1.1.0", "2.0.0", "9.9.9"]))
    def roll_back(self, to: str | None) -> None:
        before = self.book.channel
        targets = rollback_targets(before, self.book.releases.values())
        try:
            moved = roll_back(before, self.book.releases.values(), Version.parse(to) if to else None, WHO)
        except Refused:
            assert before.version is None or (to and Version.parse(to) not in targets) or not to
            return
        self._take(moved)
        assert self.book.channel.version in targets
        assert before.version is not None
        assert self.book.releases[before.version].quarantine is not None
        assert self.book.channel.lock is not None

    @precondition(lambda self: self.book.channel.lock is not None)
    @rule()
    def unlock(self) -> None:
        unlocked, _ = unlock(self.book.channel, WHO)
        self.book.channel = replace(unlocked, revision=unlocked.revision + 1)

    @rule(version=st.sampled_from(["1.0.0", "1.0.1", "1.1.0", "2.0.0"]))
    def unquarantine(self, version: str) -> None:
        held = self.book.releases[Version.parse(version)]
        if held.quarantine is not None:
            freed, _ = unquarantine(held, WHO)
            self.book.releases[held.version] = replace(freed, revision=freed.revision + 1)

    @invariant()
    def live_version_is_registered_and_not_quarantined(self) -> None:
        if self.book.channel.version is not None:
            assert self.book.releases[self.book.channel.version].quarantine is None

    @invariant()
    def history_is_linear(self) -> None:
        versions = [None, *(new for _, new, _ in self.moves)]
        assert [old for old, _, _ in self.moves] == versions[:-1]
        assert [sequence for _, _, sequence in self.moves] == list(range(1, len(self.moves) + 1))

    @invariant()
    def the_live_version_is_not_on_its_own_trail(self) -> None:
        assert self.book.channel.version not in self.book.channel.trail
        assert len(set(self.book.channel.trail)) == len(self.book.channel.trail)


ChannelWalk.TestCase.settings = settings(max_examples=examples(60, 5_000), stateful_step_count=25)
TestChannelWalk = ChannelWalk.TestCase
