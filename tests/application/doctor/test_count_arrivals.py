from __future__ import annotations

from datetime import timedelta

from edgeship.application.doctor.count_arrivals import CountArrivals
from edgeship.domain.doctor.work import Arrived
from edgeship.domain.version import Version
from tests.fakes.health import FakeMetrics
from tests.support.world import AT_ONCE, World

V1 = Version.parse("1.0.0")


def test_the_widgets_that_have_been_live_for_a_while() -> None:
    world, metrics = World(policy=AT_ONCE), FakeMetrics()
    count = CountArrivals(world.state, metrics, lambda: world.now)
    assert count() == []
    world.upload("1.0.0", "checkout")
    world.upload("1.0.0", "quiet")
    assert count() == []
    world.now += timedelta(hours=2)
    world.upload("1.0.0", "young")
    metrics.record("checkout", V1, world.now - timedelta(minutes=30), sessions=7, unverified=2)
    metrics.record("checkout", V1, world.now - timedelta(hours=30), sessions=100)
    assert count() == [Arrived("checkout", "1.0.0", 7, 2), Arrived("quiet", "1.0.0", 0, 0)]
