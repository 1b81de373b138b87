"""The states of an environment that people see most: each is made by what really makes it, on fakes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from edgeship.application.transaction import Transaction
from edgeship.domain.channels.policy import Policy
from edgeship.domain.channels.rollout import DAY, Step
from edgeship.domain.propagation.deployment import Deployment, Mismatch, MismatchKind, Verification
from tests.support.world import AT_ONCE, MINUTE, THRESHOLDS, World

STEPS = (Step(1, DAY), Step(5, DAY), Step(25, 2 * DAY), Step(50, 2 * DAY), Step(100, 0))
ANN = "arn:aws:sts::123456789012:assumed-role/OnCall/ann"
POLICY = Policy(steps=STEPS, thresholds=THRESHOLDS)


@dataclass(frozen=True)
class Screen:
    """`commands` are typed one after the other."""

    title: str
    make: Callable[[], World]
    commands: tuple[str, ...]


def empty() -> World:
    return World()


def first() -> World:
    world = World(policy=POLICY)
    world.upload("1.0.0")
    world.now += timedelta(seconds=20)
    return world


def quiet() -> World:
    world = World(policy=AT_ONCE)
    for widget, version in (("cart", "3.2.0"), ("chat", "0.9.4"), ("checkout", "1.4.2")):
        world.upload(version, widget)
        verified(world, widget)
        world.minutes(200, tick=False)
    return world


def climbing(minutes: int = 0, *, failed: int = 1, sessions: int = 400) -> World:
    """1.5.0 is at 5 %, and browsers have reported for some minutes."""
    world = World(policy=POLICY)
    world.upload("1.4.2")
    world.minutes(3 * 24 * 60, tick=False)
    world.upload("1.5.0")
    verified(world)
    world.now += timedelta(days=1)
    world.steer.advance("checkout", "latest", world.occasion("edgeship:rollout", "no limit reached, 310 sessions"))
    for _ in range(12 + minutes):
        world.now += MINUTE
        world.report("1.5.0", sessions=sessions // 10, failed=failed // 10, latency=812)
        world.report("1.4.2", sessions=sessions, failed=failed, latency=790)
        world.tick()
    return world


def held_by_the_tick() -> World:
    world = climbing(sessions=0, failed=0)
    world.now += timedelta(days=1)
    world.tick()
    return world


def held() -> World:
    world = climbing()
    world.steer.hold(
        "checkout",
        "latest",
        world.occasion(ANN, "until the campaign is over"),
    )
    world.now += timedelta(hours=3)
    return world


def paused() -> World:
    world = climbing()
    world.steer.pause("checkout", "latest", world.occasion(ANN, "slow loads in Japan"))
    world.now += timedelta(minutes=7)
    return world


def rescued() -> World:
    """The candidate fails for four of ten users: the tick aborts its rollout."""
    world = climbing()
    for _ in range(3):
        world.now += MINUTE
        world.report("1.5.0", sessions=40, failed=16, latency=830)
        world.report("1.4.2", sessions=400, failed=1, latency=795)
        world.tick()
    world.now += timedelta(minutes=4)
    return world


def frozen() -> World:
    world = climbing()
    world.freeze.set("checkout", world.now + timedelta(days=4), world.occasion("ann", "holidays"))
    return world


def frozen_everywhere() -> World:
    world = quiet()
    world.freeze.set(None, world.now + timedelta(days=4), world.occasion("ann", "holidays"))
    return world


def rolled_back() -> World:
    world = World(policy=AT_ONCE)
    for version in ("1.4.1", "1.4.2"):
        world.upload(version)
        world.now += timedelta(hours=5)
    world.roll_back(
        "checkout",
        "latest",
        None,
        world.occasion(ANN, "prices are too low in Japan"),
    )
    verified(world)
    world.register("1.4.3")
    world.now += timedelta(minutes=12)
    return world


def unhealthy_after_its_window() -> World:
    world = World(policy=AT_ONCE)
    for version in ("1.4.1", "1.4.2"):
        world.upload(version)
        verified(world)
        world.now += timedelta(days=2)
    for _ in range(20):
        world.now += MINUTE
        world.report("1.4.2", sessions=240, failed=60)
        world.tick()
    return world


def not_served_everywhere() -> World:
    world = World(policy=AT_ONCE)
    for version in ("1.4.1", "1.4.2"):
        world.upload(version)
        world.now += timedelta(minutes=5)
    found = [
        Mismatch("cloudfront", "/checkout/latest/widget.js", MismatchKind.VERSION, "1.4.2", "1.4.1"),
        Mismatch(
            "latest_copies", "/checkout/latest/assets/cart.svg", MismatchKind.BYTES, "39ad46fb3a54", "ffb79fcb4c53"
        ),
    ]
    verified(world, mismatches=tuple(found))
    return world


def approval() -> World:
    world = World(policy=POLICY)
    world.upload("1.4.2")
    verified(world)
    world.now += timedelta(days=2)
    world.upload("2.0.0")
    world.now += timedelta(hours=1)
    return world


def many() -> World:
    """Forty widgets, of which three need a person."""
    world = rolled_back()
    for number in range(36):
        world.upload("1.0.0", f"widget-{number:02}")
    world.policy = POLICY
    for widget in ("menu", "search"):
        world.upload("2.1.0", widget)
        world.minutes(300, tick=False)
        world.upload("2.2.0", widget)
    world.steer.pause(
        "menu", "latest", world.occasion("edgeship:rollout", "p95 load latency 2,450 ms (limit 2,000 ms), 310 sessions")
    )
    world.upload("1.0.0", "banner")
    world.minutes(60, tick=False)
    world.upload("2.0.0", "banner")
    return world


def verified(world: World, widget: str = "checkout", mismatches: tuple[Mismatch, ...] = ()) -> None:
    channel = world.channel(widget=widget)
    before = world.state.deployment(widget, "latest")
    assert channel.version is not None
    at = world.now.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    found = Verification(at, ("cloudfront",), 14, mismatches)
    deployment = Deployment(
        widget, "latest", channel.sequence, channel.version, verification=found, revision=before.revision
    )
    world.state.commit(Transaction(puts=(deployment,), events=()))


ALL, ONE = "edgeship status", "edgeship status checkout"
WATCH, INCIDENT = "edgeship rollout watch checkout", "edgeship incident checkout"
SCREENS = (
    Screen("An empty environment", empty, (ALL,)),
    Screen("The first release", first, (ALL, ONE)),
    Screen("Quiet", quiet, (ALL, ONE)),
    Screen("A rollout climbs", climbing, (ALL, ONE)),
    Screen("It waits for sessions", held_by_the_tick, (ONE,)),
    Screen("A person holds it", held, (ONE,)),
    Screen("Paused", paused, (ONE,)),
    Screen("Rescued: the rollout was aborted automatically", rescued, (ALL, ONE, WATCH, INCIDENT)),
    Screen("Frozen", frozen, (ONE,)),
    Screen("Every widget is frozen", frozen_everywhere, (ALL,)),
    Screen("Locked after a rollback by hand", rolled_back, (ONE, "edgeship rollback chekout")),
    Screen("Unhealthy after its rollback window", unhealthy_after_its_window, (ONE, INCIDENT)),
    Screen("Not served everywhere", not_served_everywhere, (ONE,)),
    Screen("A release waits for approval", approval, (ONE,)),
    Screen("Many widgets", many, (ALL,)),
)
