"""The overview of all widgets says what each widget's own status says of what people must do, from few reads."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from edgeship.application.status.read_edge import ReadEdge
from edgeship.application.status.read_overview import Overview, ReadOverview
from edgeship.application.status.read_status import ReadStatus
from edgeship.application.transaction import Transaction
from edgeship.domain.channels.incidents.turns import TURNS
from edgeship.domain.propagation.deployment import Deployment, Mismatch, MismatchKind, Verification
from edgeship.domain.requirements.environment import set_running
from edgeship.domain.requirements.requirement import Requirement
from edgeship.domain.status.standing import Need
from edgeship.domain.version import Version
from tests.fakes.edge import FakeSnapshots
from tests.fakes.notifications import FakeDeliveries
from tests.fakes.route_store import FakeRouteStore
from tests.support.moto.counted import counted
from tests.support.releases import a_release
from tests.support.world import AT_ONCE, World


def overview(world: World, state: Any = None) -> Overview:
    edge = ReadEdge(FakeSnapshots(), FakeRouteStore())
    return ReadOverview(state or world.state, FakeDeliveries(), lambda: world.now, edge, "test")()


def needs(found: Overview, widget: str = "checkout") -> list[Need]:
    (one,) = (each for each in found.widgets if each.widget == widget)
    return [standing.need for standing in one.standings]


def own(world: World, widget: str = "checkout") -> list[Need]:
    read = ReadStatus(
        world.state, FakeDeliveries(), lambda: world.now, ReadEdge(FakeSnapshots(), FakeRouteStore()), "test"
    )
    return [standing.need for standing in read(widget).widgets[0].standings]


def quiet(world: World) -> None:
    pass


def climbing(world: World) -> None:
    world.upload("1.1.0")


def waiting(world: World) -> None:
    world.upload("2.0.0")


def paused(world: World) -> None:
    world.upload("1.1.0")
    world.steer.pause("checkout", "latest", world.occasion())


def rolled_back(world: World) -> None:
    world.register("1.0.2")
    world.promote("1.0.2")
    world.roll_back("checkout", "latest", None, world.occasion())


def mismatched(world: World) -> None:
    channel = world.channel()
    mismatch = Mismatch("cloudfront", "/a.js", MismatchKind.BYTES, "aa", "bb")
    verification = Verification("2026-11-23T10:00:00.000Z", ("cloudfront",), 4, (mismatch,))
    assert channel.version is not None
    deployment = Deployment("checkout", "latest", channel.sequence, channel.version, verification=verification)
    world.state.commit(Transaction(puts=(deployment,), events=()))


def frozen(world: World) -> None:
    world.freeze.set("checkout", world.now + timedelta(days=1), world.occasion())


@pytest.mark.parametrize("befall", [quiet, climbing, waiting, paused, rolled_back, mismatched, frozen])
def test_it_says_what_the_widgets_own_status_says(befall: Any) -> None:
    world = World("1.0.1")
    world.upload("1.0.0")
    befall(world)
    assert needs(overview(world)) == own(world)


def test_what_is_live_and_requires_what_does_not_run_is_not_served() -> None:
    world = World()
    release = replace(a_release("1.0.0"), requires=(Requirement("api", ">=3 <5"),), revision=0)
    world.state.commit(Transaction(puts=(release,), events=(), registers=release))
    record, event = set_running(world.state.environment(), "api", "4", world.occasion())
    world.state.commit(Transaction(puts=(record,), events=(event,)))
    world.promote("1.0.0")
    assert needs(overview(world)) == own(world) == [Need.QUIET]
    record, event = set_running(world.state.environment(), "api", "6", world.occasion())
    world.state.commit(Transaction(puts=(record,), events=(event,)))
    assert needs(overview(world))[0] == own(world)[0] == Need.UNSERVED


def test_a_widget_without_a_live_version_is_there_too() -> None:
    world = World()
    world.register("1.0.0", "chat")
    assert needs(overview(world), "chat") == [Need.QUIET]


def test_the_calls_do_not_grow_with_the_widgets_or_their_releases() -> None:
    few, many = World(policy=AT_ONCE), World(policy=AT_ONCE)
    for world, widgets, releases in ((few, 2, 1), (many, 60, 5)):
        for number in range(widgets):
            for minor in range(releases):
                world.upload(f"1.{minor}.0", f"widget-{number}")
    found = []
    for world in (few, many):
        calls: list[str] = []
        assert all(each.standings for each in overview(world, counted(world.state, calls)).widgets)
        found.append(Counter(calls))
    assert found[0] == found[1]
    assert sum(found[1].values()) <= TURNS + 12
    assert "releases" not in found[1]


def test_a_release_uploaded_later_hides_no_older_approval_from_the_widgets_own_status() -> None:
    world = World()
    world.upload("1.0.0")
    world.upload("2.0.0")
    world.upload("1.0.1")
    assert Need.APPROVAL in own(world)
    widget = world.state.widget("checkout")
    assert widget is not None
    assert widget.newest == Version(1, 0, 1)
