"""What every `EnvironmentState` promises: held to it are the table in moto and the fake that the use cases run on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from edgeship.application.status.ports import EnvironmentState
from edgeship.application.transaction import Transaction
from edgeship.domain.calendar.freeze import Freeze, FreezeRecord, lift_freeze, set_freeze
from edgeship.domain.calendar.waiting import WaitingRecord
from edgeship.domain.channels.alert import Alert
from edgeship.domain.channels.channel import Channel, Lock, Watch
from edgeship.domain.channels.incidents.turns import TURNS, turn_of
from edgeship.domain.channels.moves import promote
from edgeship.domain.channels.policy import Policy, PolicyRecord, Widget
from edgeship.domain.channels.rollout import Held, Phase, Rollout, Step
from edgeship.domain.errors import Conflict, Refused
from edgeship.domain.events import Event, EventType, Occasion
from edgeship.domain.flags.records.flag_record import FlagRecord, same
from edgeship.domain.health.thresholds import Thresholds
from edgeship.domain.notifications.rules import Destination, Notifications, NotificationsRecord, Rule
from edgeship.domain.notifications.rules import Kind as DestinationKind
from edgeship.domain.notifications.rules_record import change_notifications, notification_test
from edgeship.domain.propagation.deployment import Deployment, Mismatch, MismatchKind, Verification
from edgeship.domain.provenance.identity import IdentitiesRecord, add_identity, remove_identity
from edgeship.domain.provenance.signed import Signed
from edgeship.domain.releases.claim import Claim
from edgeship.domain.releases.entry import Entry, Kind
from edgeship.domain.releases.rejection import Upload, reject
from edgeship.domain.releases.release import Cancelled
from edgeship.domain.requirements.environment import EnvironmentRecord, Running, set_running
from edgeship.domain.severity import Severity
from edgeship.domain.version import Version
from tests.fakes.state import FakeState
from tests.support.releases import a_release
from tests.support.signing import CI

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
WHO = Occasion("test", "ann", "by hand", NOW)
V1, V2 = Version.parse("1.0.0"), Version.parse("1.10.0")


@pytest.fixture(params=["moto", "fake"])
def state(request: pytest.FixtureRequest) -> EnvironmentState:
    if request.param == "fake":
        return FakeState()
    found: EnvironmentState = request.getfixturevalue("aws").state
    return found


def event(number: int, widget: str = "checkout") -> Event:
    at = replace(WHO, at=NOW + timedelta(seconds=number))
    return Event.of(EventType.POINTER_MOVED, at, widget, ("latest", number), None, {"version": f"1.0.{number}"})


def register(state: EnvironmentState, *versions: str) -> None:
    for version in versions:
        release = replace(a_release(version), revision=0)
        state.commit(Transaction(puts=(release,), events=(), registers=release))


def test_a_new_state_is_empty(state: EnvironmentState) -> None:
    assert state.widget("checkout") is None
    assert state.widgets() == []
    assert state.channel("checkout", "latest") == Channel("checkout", "latest")
    assert state.channels("checkout") == []
    assert state.release("checkout", V1) is None
    assert state.releases("checkout") == []
    assert state.policy("checkout") == PolicyRecord("checkout")
    assert state.policies([]) == {}
    assert state.policies(["checkout"]) == {"checkout": PolicyRecord("checkout")}
    assert state.watched() == []
    assert state.waiting() == []
    assert state.waiting_of("checkout") == WaitingRecord("checkout")
    assert state.freezes() == []
    assert [state.freeze(None), state.freeze("checkout")] == [FreezeRecord(None), FreezeRecord("checkout")]
    assert state.notifications() == NotificationsRecord()
    assert state.rejection("x") is None
    assert state.rejections(5) == []
    assert state.events("checkout", 5) == []


def test_registering_adds_the_widget_and_keeps_its_first_version(state: EnvironmentState) -> None:
    register(state, "1.0.0", "1.10.0", "1.9.0")
    widget = state.widget("checkout")
    assert widget is not None
    assert widget.first == V1
    assert state.widgets() == [widget]
    assert [str(r.version) for r in state.releases("checkout")] == ["1.10.0", "1.9.0", "1.0.0"]
    assert state.release("checkout", V2) == a_release("1.10.0")


def test_a_widget_keeps_its_first_release_and_the_one_that_was_registered_last(state: EnvironmentState) -> None:
    for version in ("1.0.0", "2.0.0", "1.0.1"):
        release = replace(a_release(version), revision=0)
        state.commit(Transaction(puts=(release,), events=(), registers=release))
    assert state.widgets() == [Widget("checkout", Version(1, 0, 0), Version(1, 0, 1))]


def test_some_releases_are_read_by_their_versions(state: EnvironmentState) -> None:
    for first in (0, 60):
        puts = (replace(a_release(f"1.{minor}.0"), revision=0) for minor in range(first, first + 60))
        state.commit(Transaction(puts=tuple(puts), events=()))
    wanted = [Version(1, minor, 0) for minor in range(115)]
    found = state.releases_among("checkout", [*wanted, Version(9, 9, 9), Version(1, 7, 0)])
    assert [release.version for release in found] == wanted[::-1]
    assert state.releases_among("checkout", []) == []
    assert state.releases_among("button", wanted) == []


def test_releases_keep_what_they_know_about_their_entry(state: EnvironmentState) -> None:
    entry = Entry(Kind.CLASSIC, f"sha256-{'A' * 43}=", alone=True, style=None)
    module = Entry(Kind.MODULE, f"sha256-{'B' * 43}=", False, "a.css", imported=True, default_export=True)
    for version, known in (("1.0.0", entry), ("1.9.0", module), ("1.10.0", None)):
        release = replace(a_release(version), entry=known, revision=0)
        state.commit(Transaction(puts=(release,), events=(), registers=release))
    assert [release.entry for release in state.releases("checkout")] == [None, module, entry]


def test_releases_keep_which_of_their_rollouts_were_cancelled(state: EnvironmentState) -> None:
    marks = tuple(Cancelled(name, "2026-11-23T10:00:00.000Z", "ann", "next week") for name in ("latest", "next"))
    release = replace(a_release("1.0.0"), cancelled=marks, revision=0)
    state.commit(Transaction(puts=(release,), events=(), registers=release))
    assert [release.cancelled for release in state.releases("checkout")] == [marks]


def test_a_record_is_written_only_from_the_revision_it_was_read_at(state: EnvironmentState) -> None:
    register(state, "1.0.0")
    release = state.release("checkout", V1)
    assert release is not None
    moved = promote(state.channel("checkout", "latest"), release, WHO)
    transaction = Transaction(puts=(moved.channel, *moved.changed), events=moved.events)
    state.commit(transaction)
    with pytest.raises(Conflict):
        state.commit(transaction)
    channel = state.channel("checkout", "latest")
    assert (channel.version, channel.sequence, channel.revision) == (V1, 1, 1)
    assert channel.moved_by == "ann"
    assert state.channels("checkout") == [channel]
    assert state.events("checkout", 9) == list(moved.events)


def test_a_failed_check_writes_nothing_at_all(state: EnvironmentState) -> None:
    register(state, "1.0.0", "1.10.0")
    first, second = state.release("checkout", V1), state.release("checkout", V2)
    assert first is not None
    assert second is not None
    state.commit(Transaction(puts=(replace(second, promoted_at="2026-11-23T10:00:00.000Z"),), events=()))
    moved = Channel("checkout", "latest", V1, 1)
    with pytest.raises(Conflict):
        state.commit(Transaction(puts=(moved, first), checks=(second,), events=(event(1),)))
    assert state.channel("checkout", "latest").revision == 0
    assert state.release("checkout", V1) == first
    assert state.events("checkout", 9) == []


def test_registering_twice_conflicts(state: EnvironmentState) -> None:
    register(state, "1.0.0")
    with pytest.raises(Conflict):
        register(state, "1.0.0")


def test_the_first_claim_wins_for_good(state: EnvironmentState) -> None:
    first, other = Claim("aa", NOW), Claim("bb", NOW)
    assert state.claim("checkout", V1, first) == first
    assert state.claim("checkout", V1, other) == first
    assert state.claim("checkout", V2, other) == other
    assert state.claim("other", V1, other) == other


def test_a_claim_gives_way_only_if_it_was_not_renewed(state: EnvironmentState) -> None:
    first, renewed, other = Claim("aa", NOW), Claim("aa", NOW + timedelta(minutes=1)), Claim("bb", NOW)
    state.claim("checkout", V1, first)
    assert state.claim("checkout", V1, renewed) == renewed
    assert state.claim("checkout", V1, other, instead_of=first) == renewed
    assert state.claim("checkout", V1, other, instead_of=renewed) == other
    assert state.claim("checkout", V1, first) == other


def test_a_claim_from_before_times_were_kept_gives_way_to_nobody(state: EnvironmentState) -> None:
    old = Claim("aa")
    assert state.claim("checkout", V1, old) == old
    assert state.claim("checkout", V1, Claim("bb", NOW), instead_of=old) == old


def test_channels_keep_all_they_hold(state: EnvironmentState) -> None:
    register(state, "1.0.0", "1.10.0")
    channel = Channel(
        "checkout", "latest", V2, 7, "2026-11-23T10:00:00.000Z", "ann", trail=(V1,), lock=None, revision=0
    )
    state.commit(Transaction(puts=(channel,), events=()))
    assert state.channel("checkout", "latest") == replace(channel, revision=1)


IN_MS = NOW + timedelta(milliseconds=123)
ROLLOUT = Rollout(
    V2,
    (Step(0.07, 60), Step(12.5, 0), Step(100, 0)),
    started_at=NOW,
    stepped_at=IN_MS,
    exposed_at=NOW + timedelta(milliseconds=999),
    step=1,
    held=Held(IN_MS, "the campaign", "ann"),
)


@pytest.mark.parametrize("phase", Phase)
def test_channels_keep_their_rollout_and_their_times_to_the_millisecond(state: EnvironmentState, phase: Phase) -> None:
    channel = Channel(
        "checkout",
        "latest",
        V1,
        3,
        lock=Lock("2026-11-23T10:00:00.000Z", "ann", "rollback"),
        flag="ab",
        rollout=replace(ROLLOUT, phase=phase),
        exposed_at=NOW - timedelta(days=3, milliseconds=1),
        watch=Watch(NOW + timedelta(hours=24, milliseconds=7), automatic_rollback=False),
        alert=Alert("2026-11-23T10:00:00.000Z", "error rate 9 %"),
        incident="4c5930b69a41a260d9d8e6e491091d8a",
    )
    state.commit(Transaction(puts=(channel,), events=()))
    kept = state.channel("checkout", "latest")
    assert kept == replace(channel, revision=1)
    assert kept.exposed_at is not None
    assert kept.exposed_at.utcoffset() == timedelta()
    assert state.channels("checkout") == state.watched() == [kept]
    state.commit(
        Transaction(
            puts=(replace(kept, rollout=None, exposed_at=None, watch=None, alert=None, lock=None, incident=None),),
            events=(),
        )
    )
    assert state.channel("checkout", "latest") == Channel("checkout", "latest", V1, 3, flag="ab", revision=2)
    assert state.watched() == []


def test_a_channel_is_watched_while_it_has_a_rollout_or_a_watch(state: EnvironmentState) -> None:
    def write(name: str, **fields: object) -> None:
        before = state.channel("checkout", name)
        state.commit(Transaction(puts=(replace(before, **fields),), events=()))  # type: ignore[arg-type]

    def watched() -> list[str]:
        return sorted(f"{channel.widget}/{channel.name}" for channel in state.watched())

    write("latest", version=V1)
    write("next", version=V1, watch=Watch(IN_MS, automatic_rollback=True))
    state.commit(Transaction(puts=(Channel("other", "latest", V1, rollout=ROLLOUT),), events=()))
    assert watched() == ["checkout/next", "other/latest"]
    write("latest", rollout=replace(ROLLOUT, phase=Phase.PAUSED))
    write("next", watch=None)
    assert watched() == ["checkout/latest", "other/latest"]
    write("latest", rollout=replace(ROLLOUT, phase=Phase.ABORTED))
    assert watched() == ["other/latest"]
    write("latest", rollout=replace(ROLLOUT, phase=Phase.COMPLETED), watch=Watch(IN_MS, automatic_rollback=True))
    assert watched() == ["checkout/latest", "other/latest"]


def test_live_channels_that_are_not_watched_are_at_rest_in_one_turn(state: EnvironmentState) -> None:
    def resting() -> list[str]:
        found = [(turn, channel) for turn in range(TURNS) for channel in state.resting(turn)]
        assert all(turn == turn_of(channel.widget, channel.name) for turn, channel in found)
        return sorted(f"{channel.widget}/{channel.name}" for _, channel in found)

    live = Channel("checkout", "latest", V1)
    state.commit(Transaction(puts=(live, Channel("checkout", "next")), events=()))
    state.commit(Transaction(puts=(Channel("other", "latest", V1, rollout=ROLLOUT),), events=()))
    assert resting() == ["checkout/latest"]
    state.commit(Transaction(puts=(replace(live, revision=1, watch=Watch(IN_MS, automatic_rollback=True)),), events=()))
    assert resting() == []
    state.commit(Transaction(puts=(replace(live, revision=2),), events=()))
    assert resting() == ["checkout/latest"]


def test_releases_of_several_widgets_are_read_together(state: EnvironmentState) -> None:
    releases = [replace(a_release("1.0.0"), widget=f"widget-{number}", revision=0) for number in range(130)]
    for some in (releases[:65], releases[65:]):
        state.commit(Transaction(puts=tuple(some), events=()))
    wanted = [(f"widget-{number}", Version(1, number % 2, 0)) for number in range(140)]
    found = state.releases_of(wanted)
    assert sorted(r.widget for r in found) == sorted(f"widget-{n}" for n in range(0, 130, 2))
    assert state.releases_of([]) == []


def test_deployments_keep_all_they_hold(state: EnvironmentState) -> None:
    mismatch = Mismatch("latest_copies", "/checkout/latest/a.js", MismatchKind.BYTES, "aa", "bb")
    first = Deployment("checkout", "latest", 3, V1, counted=True, settled=2)
    assert state.deployment("checkout", "latest") == Deployment("checkout", "latest")
    state.commit(Transaction(puts=(first,), events=()))
    assert state.deployment("checkout", "latest") == replace(first, revision=1)
    verification = Verification("2026-11-23T10:00:00.000Z", ("cloudfront",), 14, (mismatch,))
    second = replace(first, revision=1, verification=verification)
    state.commit(Transaction(puts=(second, Deployment("checkout", "beta", 1, V2)), events=()))
    assert state.deployment("checkout", "latest") == replace(second, revision=2)
    assert [deployment.channel for deployment in state.deployments("checkout")] == ["beta", "latest"]
    assert state.failed_deployments() == [replace(second, revision=2)]
    assert state.deployments("check") == []
    with pytest.raises(Conflict):
        state.commit(Transaction(puts=(first,), events=()))


def test_invalidation_paths_are_counted_with_the_deployment_or_not_at_all(state: EnvironmentState) -> None:
    assert state.invalidation_paths("2026-11") == 0
    deployment = Deployment("checkout", "latest", 1, V1)
    state.commit(Transaction(puts=(deployment,), events=(), paths=("2026-11", 2)))
    with pytest.raises(Conflict):
        state.commit(Transaction(puts=(deployment,), events=(), paths=("2026-11", 2)))
    state.commit(Transaction(puts=(replace(deployment, revision=1),), events=(), paths=("2026-11", 1)))
    assert (state.invalidation_paths("2026-11"), state.invalidation_paths("2026-12")) == (3, 0)


def test_policies_are_kept_whole_and_found_by_the_hundred(state: EnvironmentState) -> None:
    policy = Policy(
        auto=frozenset({"major"}),
        steps=(Step(0.07, 60), Step(12.5, 0), Step(100, 0)),
        thresholds=Thresholds(2.5, 900.5, 64, 0.1, 7),
        on_inconclusive="fail",
        during_rollout="replace",
        rollback_window_seconds=0,
        serve="in_place",
    )
    record = PolicyRecord("checkout", policy)
    state.commit(Transaction(puts=(record,), events=()))
    with pytest.raises(Conflict):
        state.commit(Transaction(puts=(record,), events=()))
    kept = state.policy("checkout")
    assert kept == replace(record, revision=1)
    state.commit(Transaction(puts=(replace(kept, policy=replace(policy, on_inconclusive="pass")),), events=()))
    assert state.policy("checkout").policy.on_inconclusive == "pass"
    widgets = [f"widget-{number}" for number in range(230)]
    for number, widget in enumerate(widgets):
        if number % 3 == 0:
            each = PolicyRecord(widget, Policy(rollback_window_seconds=number))
            state.commit(Transaction(puts=(each,), events=()))
    found = state.policies([*widgets, "checkout", *widgets])
    assert set(found) == {*widgets, "checkout"}
    for number, widget in enumerate(widgets):
        assert found[widget].widget == widget
        assert found[widget].revision == (1 if number % 3 == 0 else 0)
        assert found[widget].policy == (Policy(rollback_window_seconds=number) if number % 3 == 0 else Policy())
    assert found["checkout"].revision == 2
    assert state.releases("widget-0") == []
    assert state.channels("widget-0") == []


def test_notifications_are_kept_whole_and_their_events_are_no_flags(state: EnvironmentState) -> None:
    notifications = Notifications(
        destinations=(
            Destination("z", DestinationKind.SLACK, secret="ssm:/edgeship/test/slack"),
            Destination("a", DestinationKind.WEBHOOK, "https://example.com/é", "secretsmanager:edgeship/test/a"),
            Destination("m", DestinationKind.SNS),
        ),
        rules=(
            Rule(("z", "a"), frozenset({EventType.ROLLOUT_HELD}), ("check*", "[a-c]?"), Severity.WARNING),
            Rule(("m",)),
        ),
    )
    record, changed = change_notifications(state.notifications(), notifications, WHO)
    state.commit(Transaction(puts=(record,), events=(changed,)))
    with pytest.raises(Conflict):
        state.commit(Transaction(puts=(record,), events=()))
    kept = state.notifications()
    assert kept == NotificationsRecord(notifications, revision=1)
    test = Transaction(puts=(), events=(notification_test(("z",), WHO),))
    state.commit(test)
    state.commit(test)
    state.commit(Transaction(puts=(replace(kept, notifications=Notifications((), ())),), events=()))
    assert state.notifications() == NotificationsRecord(Notifications((), ()), revision=2)
    assert state.events(None, 9) == []
    assert state.flags() == []


def test_events_come_newest_first_and_no_more_than_asked(state: EnvironmentState) -> None:
    state.commit(Transaction(puts=(), events=tuple(event(n) for n in range(12))))
    state.commit(Transaction(puts=(), events=(event(99, "other"),)))
    assert [e.new for e in state.events("checkout", 3)] == [{"version": f"1.0.{n}"} for n in (11, 10, 9)]
    assert len(state.events("checkout", 50)) == 12


def test_rejections_are_found_by_upload_and_by_widget(state: EnvironmentState) -> None:
    why = Refused("empty", "It is empty.", "Fill it.")
    for number, key in enumerate(["incoming/checkout/1.0.0.zip", "incoming/other/1.0.0.zip", "incoming/what.txt"]):
        upload = Upload(key, f"v{number}", "etag", "0", 1, NOW, "aws:1")
        rejection, told = reject(upload, why, f"rejected/{upload.tail}", replace(WHO, at=NOW + timedelta(number)))
        state.commit(Transaction(puts=(rejection,), events=(told,)))
        assert state.rejection(upload.upload_id) == rejection
        with pytest.raises(Conflict):
            state.commit(Transaction(puts=(rejection,), events=(told,)))
    assert [r.key for r in state.rejections(2)] == ["incoming/what.txt", "incoming/other/1.0.0.zip"]
    assert [r.widget for r in state.rejections(9, "checkout")] == ["checkout"]
    newer = Upload("incoming/checkout/1.0.1.zip", "v9", "etag", "0", 1, NOW, "aws:1")
    rejection, told = reject(newer, why, f"rejected/{newer.tail}", replace(WHO, at=NOW + timedelta(9)))
    state.commit(Transaction(puts=(rejection,), events=(told,)))
    assert [r.key for r in state.rejections(9, "checkout")] == [newer.key, "incoming/checkout/1.0.0.zip"]
    assert state.rejections(1, "checkout") == [rejection]
    assert state.events("checkout", 9) == []


def test_flags_keep_their_numbers_and_their_revision(state: EnvironmentState) -> None:
    flag = FlagRecord("size", {"variants": {"a": 1.0, "b": 1e-7}, "default_variant": "a"})
    told = Event.of(EventType.FLAG_CHANGED, WHO, None, ("size", 0), None, {"key": "size"})
    state.commit(Transaction(puts=(flag,), events=(told,)))
    with pytest.raises(Conflict):
        state.commit(Transaction(puts=(flag,), events=(told,)))
    (kept,) = state.flags()
    assert kept == replace(flag, revision=1)
    assert same(kept.document, {"default_variant": "a", "variants": {"a": 1.0, "b": 1e-07}})
    assert not same(kept.document, {"default_variant": "a", "variants": {"a": 1, "b": 1e-07}})
    state.commit(Transaction(puts=(replace(kept, document=None),), events=()))
    assert state.flags() == [FlagRecord("size", None, 2)]
    assert state.events(None, 5) == [told]
    assert state.events("checkout", 5) == []


def test_freezes_are_kept_apart_and_read_together(state: EnvironmentState) -> None:
    until = NOW + timedelta(days=3)
    for widget in ("checkout", None, "chat"):
        record, told = set_freeze(state.freeze(widget), until, replace(WHO, cause="fêtes"))
        state.commit(Transaction(puts=(record,), events=(told,)))
        with pytest.raises(Conflict):
            state.commit(Transaction(puts=(record,), events=(told,)))
    kept = Freeze(NOW, until, "ann", "fêtes")
    assert state.freezes() == [FreezeRecord(widget, kept, 1) for widget in (None, "chat", "checkout")]
    record, told = lift_freeze(state.freeze("chat"), WHO)
    state.commit(Transaction(puts=(record,), events=(told,)))
    assert state.freeze("chat") == FreezeRecord("chat", None, 2)
    assert [e.type for e in state.events("chat", 5)] == [EventType.FREEZE_LIFTED, EventType.FREEZE_SET]
    assert [(e.type, e.widget) for e in state.environment_events(5)] == [(EventType.FREEZE_SET, None)]
    assert state.events(None, 5) == []
    assert state.widgets() == []


def test_identities_are_one_record(state: EnvironmentState) -> None:
    assert state.identities() == IdentitiesRecord()
    record, told = add_identity(state.identities(), CI.identity("ci", "checkout", "pay-*"), WHO)
    state.commit(Transaction(puts=(record,), events=(told,)))
    with pytest.raises(Conflict):
        state.commit(Transaction(puts=(record,), events=(told,)))
    assert state.identities() == replace(record, revision=1)
    record, removed = remove_identity(state.identities(), "ci", WHO)
    state.commit(Transaction(puts=(record,), events=(removed,)))
    assert state.identities() == IdentitiesRecord((), 2)
    assert {e.type for e in state.environment_events(5)} == {EventType.IDENTITY_ADDED, EventType.IDENTITY_REMOVED}


def test_a_release_knows_who_signed_it(state: EnvironmentState) -> None:
    signed = Signed("ci", "key", "2026-11-23T10:00:00.000Z", "upload")
    newest = state.newest_statement("checkout").with_statement("1.0.0", signed)
    assert newest is not None
    release = replace(a_release("1.0.0"), signed=signed, revision=0)
    state.commit(Transaction(puts=(release, newest), events=(event(1),), registers=release))
    kept = state.release("checkout", Version.parse("1.0.0"))
    assert kept is not None
    assert kept.signed == signed
    assert state.newest_statement("checkout") == replace(newest, revision=1)
    with pytest.raises(Conflict):
        state.commit(Transaction(puts=(newest,), events=()))


def test_a_write_may_rely_on_freezes_as_they_were_read(state: EnvironmentState) -> None:
    none = (state.freeze(None), state.freeze("checkout"))
    state.commit(Transaction(puts=(Channel("checkout", "a"),), checks=none, events=()))
    record, told = set_freeze(none[1], NOW + timedelta(days=3), WHO)
    state.commit(Transaction(puts=(record,), events=(told,)))
    with pytest.raises(Conflict):
        state.commit(Transaction(puts=(Channel("checkout", "b"),), checks=none, events=()))
    now = (state.freeze(None), state.freeze("checkout"))
    state.commit(Transaction(puts=(Channel("checkout", "b"),), checks=now, events=()))
    assert [channel.name for channel in state.channels("checkout")] == ["a", "b"]


def test_what_runs_is_kept_and_a_write_may_rely_on_it(state: EnvironmentState) -> None:
    assert state.environment() == EnvironmentRecord()
    none = state.environment()
    state.commit(Transaction(puts=(Channel("checkout", "a"),), checks=(none,), events=()))
    record, told = set_running(none, "api", "4.2", WHO)
    state.commit(Transaction(puts=(record,), events=(told,)))
    with pytest.raises(Conflict):
        state.commit(Transaction(puts=(record,), events=(told,)))
    with pytest.raises(Conflict):
        state.commit(Transaction(puts=(Channel("checkout", "b"),), checks=(none,), events=()))
    held = state.environment()
    assert held == EnvironmentRecord({"api": Running("4.2", "2026-11-23T10:00:00.000Z", "ann", WHO.cause)}, 1)
    state.commit(Transaction(puts=(Channel("checkout", "b"),), checks=(held,), events=()))
    assert [e.type for e in state.environment_events(5)] == [EventType.ENVIRONMENT_CHANGED]
    assert (state.events(None, 5), state.freezes(), state.widgets()) == ([], [], [])


def test_only_widgets_of_which_a_release_waits_are_found(state: EnvironmentState) -> None:
    for widget in ("checkout", "chat"):
        state.commit(Transaction(puts=(WaitingRecord(widget, V2),), events=()))
    with pytest.raises(Conflict):
        state.commit(Transaction(puts=(WaitingRecord("chat", V1),), events=()))
    state.commit(Transaction(puts=(replace(state.waiting_of("chat"), version=None),), events=()))
    assert state.waiting() == [WaitingRecord("checkout", V2, 1)]
    assert state.waiting_of("chat") == WaitingRecord("chat", None, 2)
    assert state.watched() == []
