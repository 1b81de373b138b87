"""Pruning: dies anywhere, runs twice, and loses every race to who needs the release."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from edgeship.adapters.s3.release_objects import S3ReleaseObjects
from edgeship.application.pruning.prune_releases import PruneReleases
from edgeship.domain.edge.live_versions import live_versions, newest_in_ranges
from edgeship.domain.errors import Refused
from edgeship.domain.events import EventType
from edgeship.domain.pruning.needed import Facts
from edgeship.domain.version import Version
from tests.fakes.state import FakeState
from tests.support.moto.aws import NAMES, Aws
from tests.support.world import AT_ONCE, WIDGET, World

V = Version.parse
VERSIONS = ("1.0.0", "1.0.1", "1.0.2", "1.0.3")
YEAR = timedelta(days=365)


@dataclass
class FakeObjects:
    """`before` is called before each deletion."""

    there: dict[str, int] = field(default_factory=lambda: dict.fromkeys(VERSIONS, 3))
    before: Callable[[], None] = lambda: None

    def delete(self, widget: str, version: Version) -> int:
        self.before()
        return self.there.pop(str(version), 0)


class Pruning:
    """Each version was live for a day, a year ago; the last one is live."""

    def __init__(self, state: FakeState | None = None) -> None:
        self.world = World(policy=AT_ONCE, state=state)
        for version in VERSIONS:
            self.world.upload(version)
            self.world.now += timedelta(days=1)
        self.world.now += YEAR
        self.objects = FakeObjects()
        self.prune = PruneReleases(self.world.state, self.objects, lambda _: None)

    @property
    def facts(self) -> Facts:
        return self.prune.facts(WIDGET, timedelta(days=90), 1, (), self.world.now)

    def run(self, version: str = "1.0.0", facts: Facts | None = None) -> int | None:
        return self.prune(WIDGET, V(version), facts or self.facts, self.world.occasion(cause="old"))

    def pruned(self) -> list[str]:
        return [str(r.version) for r in self.world.state.releases(WIDGET) if r.pruned is not None]


@pytest.fixture
def pruning() -> Pruning:
    return Pruning()


def test_what_nothing_needs_goes_and_is_marked_with_its_event(pruning: Pruning) -> None:
    planned = pruning.prune.plan(WIDGET, pruning.facts)
    assert [str(release.version) for release in planned.prunable] == ["1.0.1", "1.0.0"]
    before = pruning.world.state.records.copy()
    assert pruning.objects.there == dict.fromkeys(VERSIONS, 3)
    assert pruning.world.state.records == before  # a plan writes nothing
    assert pruning.run() == 3
    assert (pruning.pruned(), set(pruning.objects.there)) == (["1.0.0"], {"1.0.1", "1.0.2", "1.0.3"})
    (event,) = pruning.world.events_of(EventType.RELEASE_PRUNED)
    assert (event.actor, event.cause, event.new) == ("ann", "old", {"version": "1.0.0", "pruned": True})
    assert newest_in_ranges(live_versions(pruning.world.state.releases(WIDGET)))["1"] == V("1.0.3")


def test_nobody_can_choose_it_any_more(pruning: Pruning) -> None:
    pruning.run()
    for act in (
        lambda: pruning.world.promote("1.0.0"),
        lambda: pruning.world.promote("1.0.0", "beta"),
        lambda: pruning.world.start_rollout(WIDGET, V("1.0.0"), "latest", pruning.world.occasion()),
        lambda: pruning.world.roll_back(WIDGET, "latest", V("1.0.0"), pruning.world.occasion()),
    ):
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.code in ("pruned", "target_invalid")
        assert "was pruned at" in refused.value.reason
    decision = pruning.world.promote_upload(WIDGET, V("1.0.0"), pruning.world.occasion())
    assert decision.action.value == "leave"
    pruning.world.roll_back(WIDGET, "latest", None, pruning.world.occasion())
    assert pruning.world.live == "1.0.2"


@pytest.mark.parametrize("moved", ["1.0.0", "1.0.1"])
def test_what_came_to_be_needed_since_the_plan_stays(pruning: Pruning, moved: str) -> None:
    facts = pruning.facts
    pruning.world.promote(moved)
    assert (pruning.run(moved, facts), pruning.pruned()) == (None, [])
    assert pruning.objects.there == dict.fromkeys(VERSIONS, 3)


class Meanwhile(FakeState):
    """Somebody does something between the read of the channels and the write that relies on them, once."""

    then: Callable[[], object] | None = None

    def releases(self, widget: str) -> list:  # type: ignore[type-arg]
        read = super().releases(widget)
        then, self.then = self.then, None
        if then is not None:
            then()
        return read


def racing() -> tuple[Pruning, Meanwhile]:
    state = Meanwhile()
    return Pruning(state), state


def test_a_move_between_the_reads_and_the_mark_wins() -> None:
    pruning, state = racing()
    facts = pruning.facts
    state.then = lambda: pruning.world.promote("1.0.0")
    assert (pruning.run("1.0.0", facts), pruning.pruned()) == (None, [])
    assert pruning.world.live == "1.0.0"


def test_a_channel_that_nobody_knew_keeps_what_it_points_at() -> None:
    pruning, state = racing()
    facts = pruning.facts
    # Its record did not exist when the channels were read, so no condition holds it.
    state.then = lambda: pruning.world.promote("1.0.0", "beta")
    assert (pruning.run("1.0.0", facts), pruning.pruned()) == (None, [])
    assert pruning.objects.there == dict.fromkeys(VERSIONS, 3)
    kinds = [e.type for e in pruning.world.events_of(EventType.RELEASE_PRUNED, EventType.RELEASE_KEPT)]
    assert kinds == [EventType.RELEASE_PRUNED, EventType.RELEASE_KEPT]


def test_a_move_that_read_the_release_before_the_mark_is_decided_again(pruning: Pruning) -> None:
    read = pruning.world.state.release(WIDGET, V("1.0.0"))
    pruning.run()
    held = pruning.world.state.release(WIDGET, V("1.0.0"))
    assert read is not None
    assert held is not None
    assert held.revision > read.revision  # which the move's transaction is conditioned on


def test_a_run_that_died_before_its_objects_went_is_finished_by_the_next(pruning: Pruning) -> None:
    class Died(Exception):
        pass

    def die() -> None:
        raise Died

    facts = pruning.facts
    pruning.objects.before = die
    with pytest.raises(Died):
        pruning.run()
    assert (pruning.pruned(), pruning.objects.there["1.0.0"]) == (["1.0.0"], 3)
    pruning.objects.before = lambda: None
    (left,) = pruning.prune.left(WIDGET)
    assert (pruning.run(str(left.version), facts), "1.0.0" in pruning.objects.there) == (3, False)
    assert pruning.run(str(left.version), facts) == 0
    assert len(pruning.world.events_of(EventType.RELEASE_PRUNED)) == 1


@pytest.mark.parametrize(
    ("age", "keep", "widget", "code"),
    [(6, 1, WIDGET, "age_invalid"), (90, 0, WIDGET, "keep_invalid"), (90, 1, "chat", "widget_unknown")],
)
def test_what_is_refused(pruning: Pruning, age: int, keep: int, widget: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        pruning.prune.facts(widget, timedelta(days=age), keep, (), pruning.world.now)
    assert refused.value.code == code


def test_versions_that_a_routing_flag_may_choose_are_needed(pruning: Pruning) -> None:
    channel = pruning.world.channel()
    pruning.world.state.records["channel", WIDGET, "latest"] = replace(channel, flag="which")
    from edgeship.domain.flags.records.flag_record import FlagRecord

    pruning.world.state.records["flag", "which"] = FlagRecord("which", {"variants": {"old": "1.0.0", "new": "1"}}, 1)
    assert [str(r.version) for r in pruning.prune.plan(WIDGET, pruning.facts).prunable] == ["1.0.1"]


def test_the_objects_of_one_release_go_and_no_others(aws: Aws) -> None:
    site = (
        *("w/v1.0.0/widget.js", "w/v1.0.0/manifest.json", "w/v1.0.0/", "_encoded/br/w/v1.0.0/widget.js"),
        *("w/manifests/1.0.0.json", "health/w/v1.0.0"),
    )
    others = (
        *("w/v1.0.0-rc.1/widget.js", "w/v1.0.01/x.js", "w/manifests/1.0.0-rc.1.json", "health/w/v1.0.0-rc.1"),
        *("ww/v1.0.0/widget.js", "_latest/w/widget.js", "_encoded/br/w/v1.0.0-rc.1/widget.js"),
    )
    for key in (*site, *others):
        aws.s3.put_object(Bucket=NAMES.site_bucket, Key=key, Body=b"x")
    inbox = ("maps/w/v1.0.0/widget.js.map", "surfaces/w/v1.0.0/surface.json")
    for key in (*inbox, "accepted/w/1.0.0.tar.gz", "maps/w/v1.0.1/widget.js.map"):
        aws.s3.put_object(Bucket=NAMES.inbox_bucket, Key=key, Body=b"x")
    objects = S3ReleaseObjects(aws.s3, NAMES.site_bucket, NAMES.inbox_bucket)
    assert objects.delete("w", V("1.0.0")) == len(site) + len(inbox)
    assert set(aws.objects(NAMES.site_bucket)) == set(others)
    assert set(aws.objects(NAMES.inbox_bucket)) == {"accepted/w/1.0.0.tar.gz", "maps/w/v1.0.1/widget.js.map"}
    assert objects.delete("w", V("1.0.0")) == 0
