"""Flags: what a user gets and why; and edits, whose diff is shown before they are saved."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from typing import Any

import pytest

from edgeship.application.flags.change_flags import FlagsFile
from edgeship.domain.bucketing import is_in
from edgeship.domain.events import EventType
from tests.support.console import ANN, ConsoleWorld, Visitor, visited
from tests.support.flags import boolean
from tests.support.world import World, rolling

DARK = boolean("dark", rollout={"variant": "on", "percentage": 25})
RULES: dict[str, Any] = {
    "key": "price",
    "variants": {"high": 12, "low": 8},
    "default_variant": "high",
    "rules": [{"if": [{"attribute": "country", "op": "in", "values": ["JP"]}], "variant": "low"}],
}


@pytest.fixture
def world() -> World:
    return rolling()


@pytest.fixture
def visitor(world: World) -> Iterator[Visitor]:
    desk = ConsoleWorld(world).desk()
    desk.operator.flags.apply(
        FlagsFile({"dark": DARK, "price": RULES}, {}), world.occasion(), prune=False, dry_run=False
    )
    with visited(desk) as found:
        yield found


def stored(world: World, key: str = "dark") -> Any:
    return next((record.document for record in world.state.flags() if record.key == key), None)


def edit(visitor: Visitor, document: Any, key: str = "dark", **fields: str) -> Any:
    """Ask what would change."""
    opened = visitor.get(f"/flags/edit/{key}")
    text = document if isinstance(document, str) else json.dumps(document)
    return visitor.post(f"/flags/edit/{key}", {"seen": opened.field("seen"), "document": text, **fields})


def save(visitor: Visitor, checked: Any, key: str = "dark", reason: str = "it is ready", **fields: str) -> Any:
    known = {name: checked.field(name) for name in ("seen", "document", "users")}
    return visitor.post(f"/flags/save/{key}", {**known, "reason": reason, **fields})


def test_flags_are_listed_and_filtered(visitor: Visitor) -> None:
    text = visitor.get("/flags").text
    assert "dark ✓ on off on 25 % all" in text
    assert "price" in text
    assert "dark" not in visitor.get("/flags?q=PRI").text.partition("Changed")[2]


def test_a_user_gets_a_value_for_a_reason(visitor: Visitor) -> None:
    text = visitor.get("/flags/evaluate?user=u1&attributes=%7B%22country%22%3A%22JP%22%7D&q=price").text
    assert "price 8 low TARGETING_MATCH" in text
    assert "price 12 high" in visitor.get("/flags/evaluate?user=u1&q=price").text
    for attributes in ("%7B", "[]", "1", "{%22targetingKey%22%3A1}"):
        refused = visitor.get(f"/flags/evaluate?attributes={attributes}")
        assert refused.status == 200
        assert "The attributes" in refused.text, attributes


def test_a_diff_is_shown_before_a_flag_is_saved(visitor: Visitor, world: World) -> None:
    checked = edit(visitor, {**DARK, "default_variant": "on"})
    assert '~ dark changed default_variant: "off" → "on"' in checked.text
    assert stored(world) == DARK
    done = save(visitor, checked, reason="for everybody")
    assert "Done: flag dark is saved." in visitor.follow(done).text
    assert stored(world)["default_variant"] == "on"
    event = world.events_of(EventType.FLAG_CHANGED)[-1]
    assert (event.actor, event.cause) == (ANN, "for everybody")


def test_a_percentage_says_who_would_change(visitor: Visitor, world: World) -> None:
    users = [f"user-{number}" for number in range(40)]
    checked = edit(visitor, DARK, act="percentage", percentage="60", users="\n".join(users))
    assert 'rollout: {"percentage": 25, "variant": "on"} → {"percentage": 60, "variant": "on"}' in checked.text.replace(
        '{"variant": "on", "percentage": 25}', '{"percentage": 25, "variant": "on"}'
    ).replace('{"variant": "on", "percentage": 60}', '{"percentage": 60, "variant": "on"}')
    assert "35 % of the users of the rollout change variant" in checked.text
    changing = {user for user in users if is_in(user, "dark", 60) and not is_in(user, "dark", 25)}
    assert 0 < len(changing) < len(users)
    assert checked.body.count('class="changes"') == len(changing)
    visitor.follow(save(visitor, checked))
    assert stored(world)["rollout"]["percentage"] == 60


def test_a_flag_is_switched_off_and_deleted(visitor: Visitor, world: World) -> None:
    visitor.follow(save(visitor, edit(visitor, DARK, act="toggle")))
    assert stored(world)["enabled"] is False
    checked = edit(visitor, stored(world), delete="1")
    assert "- dark deleted" in checked.text
    visitor.follow(save(visitor, checked, delete="1"))
    assert stored(world) is None


def test_a_flag_is_made(visitor: Visitor, world: World) -> None:
    opened = visitor.get("/flags/edit/new-one?new=1")
    fields = {"seen": opened.field("seen"), "document": json.dumps(boolean("new-one")), "users": "", "reason": "new"}
    visitor.follow(visitor.post("/flags/save/new-one", fields))
    assert stored(world, "new-one") == boolean("new-one")
    assert visitor.get("/flags/edit/nothing").status == 404


def test_a_new_flag_is_named_in_the_list(visitor: Visitor, world: World) -> None:
    assert 'action="/flags/new"' in visitor.get("/flags").body
    named = visitor.get("/flags/new?key=+new-one+")
    assert named.status == 303
    assert '"key": "new-one"' in html.unescape(visitor.follow(named).body)
    # One that is there is opened as it is.
    assert '"percentage": 25' in html.unescape(visitor.follow(visitor.get("/flags/new?key=dark")).body)
    assert stored(world) == DARK


@pytest.mark.parametrize(("key", "status"), [("", 409), ("a%20b", 409), ("a%2Fb", 409), ("%24segments", 404)])
def test_what_can_not_be_a_key_is_refused(visitor: Visitor, key: str, status: int) -> None:
    refused = visitor.get(f"/flags/new?key={key}")
    assert refused.status == status
    assert "is no" in refused.text


def test_who_may_only_read_is_offered_no_new_flag(world: World) -> None:
    with visited(ConsoleWorld(world).desk(read_only=True)) as visitor:
        assert "/flags/new" not in visitor.get("/flags").body


def test_a_flag_that_changed_meanwhile_is_not_overwritten(visitor: Visitor, world: World) -> None:
    checked = edit(visitor, {**DARK, "default_variant": "on"})
    other = ConsoleWorld(world).desk().operator.flags
    other.edit("dark", lambda _: {**DARK, "enabled": False}, world.occasion("bob"))
    refused = save(visitor, checked)
    assert refused.status == 409
    assert "Flag dark changed since you saw it. Nothing was changed." in refused.text
    assert stored(world) == {**DARK, "enabled": False}
    # What was typed is still there.
    assert "&#34;default_variant&#34;: &#34;on&#34;" in refused.body


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ("{", "The flag is no JSON"),
        ("[]", "The flag is no JSON object."),
        ({"key": "other", "variants": {}}, "The flag's key is 'other', not 'dark'."),
        ({**DARK, "default_variant": "nothing"}, "The flags have 1 fault"),
        ({**DARK, "rollout": {"variant": "on", "percentage": 101}}, "fault"),
    ],
)
def test_a_fault_is_said_with_its_place(visitor: Visitor, world: World, document: Any, says: str) -> None:
    refused = edit(visitor, document)
    assert refused.status == 409
    assert says in refused.text
    assert "Save dark" not in refused.text
    assert stored(world) == DARK


@pytest.mark.parametrize("percentage", ["", "x", "nan", "-1", "101", "1e400"])
def test_a_percentage_that_is_none_is_refused(visitor: Visitor, world: World, percentage: str) -> None:
    assert edit(visitor, DARK, act="percentage", percentage=percentage).status == 409
    assert stored(world) == DARK


def test_a_flag_is_not_saved_without_a_reason(visitor: Visitor, world: World) -> None:
    checked = edit(visitor, {**DARK, "default_variant": "on"})
    assert save(visitor, checked, reason=" ").status == 409
    assert stored(world) == DARK


def test_what_flags_share_is_not_edited_here(visitor: Visitor) -> None:
    for key in ("$evaluators", "$segments"):
        assert visitor.get(f"/flags/edit/{key}").status == 404
