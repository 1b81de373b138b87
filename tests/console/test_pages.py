"""What the pages show: sorted by what needs a person, and each part for itself."""

from __future__ import annotations

from datetime import timedelta

import pytest

from edgeship.application.notifications.ports import FailureQueue
from edgeship.console.desk import USED
from edgeship.domain.events import timestamp
from tests.screens import scenes
from tests.support.console import ConsoleWorld, visited
from tests.support.world import World, rolling


def test_those_that_need_a_person_come_first() -> None:
    with visited(ConsoleWorld(scenes.many()).desk()) as visitor:
        text = visitor.get("/").text
    assert "3 need a person" in text
    places = [
        text.index(name) for name in ("menu ", "checkout ", "banner ", "Everything else", "search ", "widget-00 ")
    ]
    assert places == sorted(places)
    assert "Next: edgeship rollout resume menu" in text
    assert "p95 load latency 2,450 ms (limit 2,000 ms), 310 sessions" in text
    assert "locked" in text
    assert "2.1.0 2.2.0 1 %" in text


def test_the_overview_is_filtered_by_name() -> None:
    with visited(ConsoleWorld(scenes.many()).desk()) as visitor:
        found = visitor.get("/overview?q=WIDGET-0")
        assert found.body.count("data-item") == 10
        assert "No widget has “nothing” in its name." in visitor.get("/overview?q=nothing").text


def test_many_quiet_widgets_are_listed_on_demand() -> None:
    world = World(policy=scenes.AT_ONCE)
    for number in range(103):
        world.upload("1.0.0", f"widget-{number:03}")
    with visited(ConsoleWorld(world).desk()) as visitor:
        first = visitor.get("/")
        assert first.body.count("data-item") == 100
        assert "3 more need nobody" in first.text
        assert visitor.get("/?all=1").body.count("data-item") == 103


def test_a_rollout_shows_its_steps_its_numbers_and_the_time_left() -> None:
    with visited(ConsoleWorld(scenes.climbing()).desk()) as visitor:
        text = visitor.get("/widgets/checkout").text
    assert "running at 5 %, step 2 of 5; next step in 23 h 48 min, everybody in 4 d 23 h if it stays healthy" in text
    assert "1 % 1 d 5 % 1 d 25 % 2 d 50 % 2 d 100 % all" in text
    assert "error rate 0 % 0.25 % 10 %" in text
    assert "candidate 1.5.0 812 ms, stable 1.4.2 790 ms; limit 2,000 ms" in text
    assert "latest: rollout to 1.5.0 advanced to 5 %" in text
    assert [act for act in ("Abort", "Pause", "Hold", "Advance", "Cancel") if act in text] == [
        "Abort",
        "Pause",
        "Hold",
        "Advance",
        "Cancel",
    ]


def test_the_evidence_of_the_test_is_shown() -> None:
    with visited(ConsoleWorld(scenes.climbing(45, failed=4)).desk()) as visitor:
        text = visitor.get("/widgets/checkout").text
    assert "Evidence that the candidate fails more: " in text
    assert "of the candidate" in text
    assert "95 % interval" in text


@pytest.mark.parametrize("part", ["channels", "charts", "errors", "releases", "history"])
def test_each_part_is_read_again_alone(part: str) -> None:
    world = scenes.climbing()
    with visited(ConsoleWorld(world).desk()) as visitor:
        whole, alone = visitor.get("/widgets/checkout").body, visitor.get(f"/widgets/checkout/part/{part}").body
        assert alone.strip() in whole
        assert visitor.get("/widgets/checkout/part/nothing").status == 404
        before = visitor.get("/widgets/checkout/part/channels").text
        world.now += timedelta(days=1)
        world.steer.advance("checkout", "latest", world.occasion("edgeship:rollout", "no limit reached"))
        after = visitor.get("/widgets/checkout/part/channels").text
    assert "step 2 of 5" in before
    assert "step 3 of 5" in after


@pytest.mark.parametrize(
    ("use_case", "says", "still"),
    [
        ("numbers", "not allowed: numbers", "running at 5 %"),
        ("series", "not allowed: series", "running at 5 %"),
        ("errors", "not allowed: errors", "rollout to 1.5.0 advanced"),
    ],
)
def test_a_part_that_is_denied_leaves_the_rest(use_case: str, says: str, still: str) -> None:
    found = ConsoleWorld(scenes.climbing())
    found.denied.add(use_case)
    with visited(found.desk()) as visitor:
        answer = visitor.get("/widgets/checkout")
    assert answer.status == 200
    assert says in answer.text
    assert "policy" in answer.text
    assert still in answer.text


def test_an_overview_that_is_denied_says_so() -> None:
    found = ConsoleWorld(scenes.climbing())
    found.denied.add("overview")
    with visited(found.desk()) as visitor:
        assert "not allowed: overview" in visitor.get("/").text
        found.denied.clear()
        found.world.now += timedelta(minutes=2)
        assert "checkout" in visitor.get("/").text


def test_a_release_is_shown_beside_the_one_before_it() -> None:
    with visited(ConsoleWorld(scenes.climbing()).desk()) as visitor:
        text = visitor.get("/widgets/checkout/releases/1.5.0").text
        assert "checkout 1.5.0" in text
        assert "The files of one of them are gone." in text
        assert visitor.get("/widgets/checkout/releases/9.9.9").status == 404
        assert visitor.get("/widgets/checkout/releases/nonsense").status == 409


def test_what_is_not_there_is_said() -> None:
    with visited(ConsoleWorld(rolling()).desk()) as visitor:
        unknown = visitor.get("/widgets/chekout")
        assert unknown.status == 404
        assert "There is no widget 'chekout'. Did you mean checkout?" in unknown.text
        assert visitor.get("/widgets/UPPER").status == 409
        assert visitor.get("/nowhere").status == 404


def test_events_are_filtered_and_shown_as_they_were_written() -> None:
    world = scenes.rescued()
    with visited(ConsoleWorld(world).desk()) as visitor:
        every = visitor.get("/events")
        assert every.body.count('class="event"') == len(world.state.log)
        critical = visitor.get("/events?severity=critical")
        assert 0 < critical.body.count('class="event"') < len(world.state.log)
        assert "rollout to 1.5.0 aborted" in critical.text
        assert visitor.get("/events?type=Policy+Changed").body.count('class="event"') == 1
        assert visitor.get("/events?widget=checkout&q=ABORTED").body.count('class="event"') >= 1
        assert "No event is like this." in visitor.get("/events/part?q=nothing+like+it").text
        event = world.state.log[-1]
        raw = visitor.get(f"/events/one/{event.event_id}?widget=checkout")
        assert f'"event_id": "{event.event_id}"' in raw.text
        assert visitor.get("/events/one/none").status == 409


def test_notifications_and_dead_letters() -> None:
    world = rolling()
    queue = FailureQueue("edgeship-test-Failures1", 3, "edgeship-test-Queue1", ('{"detail": "<b>one</b>"}',))
    alone = FailureQueue("edgeship-test-Poison1", 1, None, ("two",))
    found = ConsoleWorld(world, [queue, alone])
    event = world.state.log[-1]
    claim = found.deliveries.claim(event, "on-call", "checkout: rollout", world.now, timedelta(minutes=1))
    found.deliveries.undelivered(event.event_id, "on-call", claim, "answered 500", world.now)  # type: ignore[arg-type]
    with visited(found.desk()) as visitor:
        text = visitor.get("/notifications").text
        assert "checkout: rollout" in text
        assert "answered 500" in text
        asked = visitor.get(f"/notifications/redrive?queue={queue.name}")
        assert "the messages return to edgeship-test-Queue1 and are tried again" in asked.text
        assert '{"detail": "<b>one</b>"}' in asked.text
        done = visitor.post("/notifications/redrive", {"queue": queue.name})
        assert f"Done: 3 messages of {queue.name} are tried again." in visitor.follow(done).text
        assert found.queues.list()[0].messages == 0
        for name in (queue.name, alone.name):
            refused = visitor.post("/notifications/redrive", {"queue": name})
            assert refused.status == 409
        assert "none takes them again" in refused.text
        assert visitor.get("/notifications/redrive?queue=none").status == 409


def test_every_use_case_is_made_before_a_page_is_served() -> None:
    """A session makes no clients in two threads at once."""
    from edgeship.bootstrap.operator import Operator

    assert all(hasattr(Operator, name) for name in USED)


def test_times_are_shown_as_ages_with_the_time_beside_them() -> None:
    world = rolling()
    with visited(ConsoleWorld(world).desk()) as visitor:
        body = visitor.get("/widgets/checkout").body
    moved = world.channel().moved_at
    assert moved is not None
    assert f'<time datetime="{moved}"' in body
    assert timestamp(world.now) >= moved
