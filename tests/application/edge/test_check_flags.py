"""A flag routes a channel only as long as the router can decide it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from edgeship.application.channels.route_channel import RouteChannel
from edgeship.application.edge.check_flags import CheckFlags
from edgeship.application.flags.change_flags import ChangeFlags, FlagsFile
from edgeship.application.transaction import Transaction
from edgeship.domain.edge.flag_route import MAX_TARGETS
from edgeship.domain.errors import Refused
from tests.fakes.edge import FakeSnapshots
from tests.fakes.route_store import FakeRouteStore, bring
from tests.support.world import AT_ONCE, World

AB: dict[str, Any] = {"key": "ab", "variants": {"old": "1.0.0", "new": "1.1.0"}, "default_variant": "old"}
BY_PLAN = {"rules": [{"if": [{"attribute": "plan", "op": "eq", "values": ["pro"]}], "variant": "new"}]}
UNDECIDABLE: tuple[dict[str, Any], ...] = (
    BY_PLAN,
    {"targeting": {"if": [{"==": [{"var": "plan"}, "pro"]}, "new", "old"]}},
    {"target_users": [f"user-{n}" for n in range(MAX_TARGETS + 1)]},
    {
        "rollout": {
            "variant": "new",
            "percentage": 1,
            "schedule": [{"at": f"2026-12-{day:02}T09:00:00Z", "percentage": day} for day in range(1, 31)],
        }
    },
)


class Place:
    """checkout with 1.0.0 and 1.1.0, and the flag `ab`."""

    def __init__(self) -> None:
        self.world = World("1.0.0", "1.1.0", policy=AT_ONCE)
        self.world.promote("1.0.0")
        self.state, self.snapshots = self.world.state, FakeSnapshots()
        self.flags = ChangeFlags(self.state, CheckFlags(self.state, self.snapshots), lambda _: None)
        self.edit()

    def edit(self, **fields: Any) -> None:
        self.flags.edit("ab", lambda _: {**AB, **fields}, self.world.occasion())

    def route(self, flag: str | None = "ab") -> None:
        RouteChannel(self.state, self.state, lambda _: None)("checkout", "latest", flag, self.world.occasion())
        bring(self.state, self.snapshots, FakeRouteStore(), "checkout")

    @property
    def flag(self) -> Any:
        return next(record.document for record in self.state.flags() if record.key == "ab")


@pytest.fixture
def place() -> Place:
    return Place()


@pytest.mark.parametrize("fields", UNDECIDABLE, ids=["rule", "targeting", "users", "length"])
def test_route_refuses_a_flag_that_the_router_can_not_decide(place: Place, fields: dict[str, Any]) -> None:
    place.edit(**fields)
    with pytest.raises(Refused) as refused:
        place.route()
    assert refused.value.code == "flag_not_routable"
    assert refused.value.reason.startswith("latest of checkout can't be routed: ")
    assert "OFREP" in refused.value.remedy
    assert "routing" not in refused.value.remedy
    assert place.world.channel().flag is None


@pytest.mark.parametrize("fields", UNDECIDABLE, ids=["rule", "targeting", "users", "length"])
def test_a_flag_that_routes_stays_decidable(place: Place, fields: dict[str, Any]) -> None:
    place.route()
    with pytest.raises(Refused) as refused:
        place.edit(**fields)
    assert refused.value.code == "flag_not_routable"
    assert "latest of checkout" in refused.value.reason
    assert "End its routing first: edgeship route checkout. " in refused.value.remedy
    assert place.flag == AB


def test_the_rule_that_is_in_the_way_is_named(place: Place) -> None:
    place.edit(**BY_PLAN)
    with pytest.raises(Refused, match="rule 1 asks for the attribute 'plan'"):
        place.route()


def test_a_segment_stays_decidable_while_a_flag_that_uses_it_routes(place: Place) -> None:
    def segments(attribute: str) -> FlagsFile:
        condition = {"attribute": attribute, "op": "eq", "values": ["latest"]}
        rules = [{"if": [{"segment": "here"}], "variant": "new"}]
        return FlagsFile({"ab": {**AB, "rules": rules}}, {}, {"here": {"conditions": [condition]}})

    occasion = place.world.occasion()
    place.flags.apply(segments("channel"), occasion, prune=False, dry_run=False)
    place.route()
    with pytest.raises(Refused, match="rule 1 asks for the attribute 'plan'"):
        place.flags.apply(segments("plan"), occasion, prune=False, dry_run=False)


def test_what_the_router_decides_may_change(place: Place) -> None:
    place.route()
    place.edit(rollout={"variant": "new", "percentage": 25}, target_users=["ann"], starts_at="2026-12-01T00:00:00Z")
    place.edit(**BY_PLAN, enabled=False)
    place.edit(**BY_PLAN, environments=["production"])


def test_a_flag_that_routes_is_not_deleted_nor_pruned(place: Place) -> None:
    place.route()
    occasion = place.world.occasion()
    with pytest.raises(Refused, match="there is no flag ab"):
        place.flags.edit("ab", lambda _: None, occasion)
    with pytest.raises(Refused, match="there is no flag ab"):
        place.flags.apply(FlagsFile({}, {}), occasion, prune=True, dry_run=True)
    place.route(None)
    place.flags.edit("ab", lambda _: None, occasion)


def test_a_flag_that_did_not_count_before_may_be_changed(place: Place) -> None:
    place.route()
    record = next(record for record in place.state.flags() if record.key == "ab")
    place.state.commit(Transaction(puts=(replace(record, document={**AB, **BY_PLAN}),), events=()))
    place.edit(**BY_PLAN, metadata={"owner": "ann"})
    assert place.flag["metadata"] == {"owner": "ann"}


def test_a_flag_that_routes_nothing_may_have_any_rule(place: Place) -> None:
    place.edit(**BY_PLAN)
    place.edit(**BY_PLAN, metadata={"owner": "ann"})


def test_a_flag_without_text_reads_no_snapshot(place: Place) -> None:
    reads = place.snapshots.reads
    on = {"key": "on", "variants": {"on": True, "off": False}, "default_variant": "off", **BY_PLAN}
    on["rules"][0]["variant"] = "on"
    place.flags.edit("on", lambda _: on, place.world.occasion())
    assert place.snapshots.reads == reads
