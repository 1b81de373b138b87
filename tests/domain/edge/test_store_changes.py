"""The updates of the edge's store: small ones, and after each the router is right."""

from __future__ import annotations

from collections.abc import Iterator
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeship.domain.bucketing import user_token
from edgeship.domain.edge import store_changes
from edgeship.domain.edge.route_values import Routes, Values, store_values
from edgeship.domain.edge.router import REVISION_KEY
from edgeship.domain.edge.store_changes import MAX_KEYS, MAX_UPDATE_BYTES, UNFINISHED, Update, updates
from tests.domain.edge.drawn_widgets import widgets
from tests.domain.edge.test_route_values import selectors, version_served
from tests.support.pytest_plugins.fuzz import examples

NAMES = ("a", "a-1", "a0", "checkout", "z" * 63)
NOW = 1_999.5
USERS = ("user-4", "user-5")


def applied(content: Values, update: Update) -> Values:
    """All or nothing."""
    assert update.puts.keys().isdisjoint(update.deletes)
    return {key: value for key, value in (content | update.puts).items() if key not in update.deletes}


def contents(before: Values, found: list[Update]) -> Iterator[Values]:
    content = before
    for update in found:
        content = applied(content, update)
        yield content


keys = st.one_of(
    st.sampled_from(["a", "a/next", "a/next@1", "a-1", "b", "b/~", "c"]),
    st.integers(0, 300).map("a/channel-{}".format),
    st.integers(0, 300).map("w{}".format),
)
any_values = st.dictionaries(keys, st.sampled_from(["1", "2", "x" * 1_000]), max_size=200)


@settings(max_examples=examples(300, 10_000))
@given(any_values, any_values, st.sampled_from([None, "0", "6"]))
def test_the_updates_in_their_order_give_the_content_and_its_revision(
    before: Values, after: Values, revision: str | None
) -> None:
    stored = before | ({REVISION_KEY: revision} if revision else {})
    found = updates(stored, after, 7)
    found_contents = list(contents(stored, found))
    assert found_contents[-1] == after | {REVISION_KEY: "7"}
    assert all(content[REVISION_KEY] == UNFINISHED for content in found_contents[:-1])
    assert all(1 <= len(update) <= MAX_KEYS for update in found)
    assert all(set(update.deletes) <= before.keys() for update in found)
    changed = [key for update in found for key in (*update.puts, *update.deletes) if key != REVISION_KEY]
    assert sorted(changed) == sorted(k for k in before.keys() | after.keys() if before.get(k) != after.get(k))
    # None is of no use.
    assert len(found) <= len(changed) // (MAX_KEYS - 1) + 1


@pytest.mark.parametrize(
    ("count", "expected"), [(0, [1]), (1, [2]), (49, [50]), (50, [50, 2]), (98, [50, 50]), (99, [50, 49, 2])]
)
def test_as_many_keys_as_an_update_takes(count: int, expected: list[int]) -> None:
    found = updates({}, {f"w{number}": "x" for number in range(count)}, 1)
    # The revision is in the first one and in the last.
    assert [len(update) for update in found] == expected


def test_an_update_has_as_many_bytes_as_it_takes() -> None:
    after = {f"w{number}": "x" * 500_000 for number in range(9)}
    found = updates({}, after, 1)
    assert len(found) == 3
    for update in found:
        assert sum(len(key) + len(value) for key, value in update.puts.items()) <= MAX_UPDATE_BYTES + 100


def test_a_value_is_put_after_what_it_refers_to_and_before_what_nothing_refers_to_is_deleted() -> None:
    before = {"a": "1", "a/old": "1", "b": "1", "b/old": "1"}
    after = {"a": "2", "a/new": "2"}
    with patch.object(store_changes, "MAX_KEYS", 2):
        found = updates(before, after, 7)
    changed = [[*update.puts, *update.deletes] for update in found]
    assert [[key for key in keys if key != REVISION_KEY] for keys in changed] == [
        *(["a/new"], ["a"], ["a/old"], ["b"], ["b/old"]),
    ]


# What the router reads meanwhile


@st.composite
def snapshots(draw: st.DrawFn) -> tuple[dict[str, Routes], dict[str, Routes]]:
    """Two snapshots, one after the other: of widgets of which some stay, change, come and go."""
    drawn = [draw(widgets()).routes() for _ in range(3)]
    some = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(drawn), max_size=3)
    return draw(some), draw(some)


@settings(max_examples=examples(40, 3_000))
@given(snapshots(), st.sampled_from([3, 5, MAX_KEYS]), st.sampled_from([2_000, 10_000_000]))
def test_between_two_updates_every_widget_has_its_old_routes_or_its_new_ones(
    both: tuple[dict[str, Routes], dict[str, Routes]], most_keys: int, full: int
) -> None:
    old, new = both
    before, after = store_values(old, full), store_values(new, full)
    asked = {
        (widget, selector)
        for snapshot in both
        for widget, routes in snapshot.items()
        for selector in selectors(routes)[:12] + selectors(routes)[-12:]
    }

    def served(content: Values) -> dict[tuple[str, str, str], str | None]:
        return {
            (widget, selector, user): version_served(content, selector, user, NOW, widget)[0]
            for widget, selector in asked
            for user in USERS
        }

    first, last = served(before), served(after)
    with patch.object(store_changes, "MAX_KEYS", most_keys):
        found = updates(before | {REVISION_KEY: "6"}, after, 7)
    for content in list(contents(before | {REVISION_KEY: "6"}, found))[:: max(1, len(found) // 8)]:
        for place, version in served(content).items():
            assert version in (first[place], last[place]), place


@pytest.mark.parametrize("most_keys", [2, 3, MAX_KEYS])
def test_a_target_user_gets_what_the_old_flag_or_the_new_one_may_give(most_keys: int) -> None:
    def routes(targets: list[str], choice: int) -> Routes:
        by_flag = {"k": "ab", "p": [[0, [[10_000, -1]], choice]], "versions": ["2.0.0", "3.0.0"]}
        tokens = [user_token(user, "ab") for user in targets]
        channel = {"stable": "1.0.0", "flag": "ab", "by_flag": {**by_flag, "targets": tokens}}
        releases: dict[str, list[int]] = {"1.0.0": [], "2.0.0": [], "3.0.0": []}
        return {"channels": {"latest": channel}, "ranges": {}, "releases": releases}

    old, new = {"a": routes(["ann", "bob"], 0)}, {"a": routes(["ann", "eve"], 1)}
    before = store_values(old)
    with patch.object(store_changes, "MAX_KEYS", most_keys):
        found = updates(before, store_values(new), 7)
    seen = {user: [version_served(before, "latest", user, NOW, "a")[0]] for user in ("ann", "bob", "eve", "zoe")}
    for content in contents(before, found):
        for user, versions in seen.items():
            versions.append(version_served(content, "latest", user, NOW, "a")[0])
    assert (seen["ann"][0], seen["ann"][-1]) == ("2.0.0", "3.0.0")
    assert set(seen["ann"]) == {"2.0.0", "3.0.0"}
    assert set(seen["zoe"]) == {"1.0.0"}
    # Both are target users of one flag alone. Their key comes before the value or leaves after it: a moment with the
    # other flag's choice.
    assert set(seen["bob"]) | set(seen["eve"]) <= {"1.0.0", "2.0.0", "3.0.0"}
    assert (seen["bob"][-1], seen["eve"][-1]) == ("1.0.0", "3.0.0")
