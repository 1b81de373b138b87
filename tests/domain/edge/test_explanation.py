"""Every reason that the router may have for a release, in the words of `edgeship resolve`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from edgeship.domain.bucketing import bucket, rollout_salt, salt_of_testers, user_token
from edgeship.domain.edge.explanation import Explanation, explain
from edgeship.domain.edge.route_values import store_values
from edgeship.domain.edge.router import REVISION_KEY, Request, decide

DAY = 86_400
BY_FLAG = {
    "k": "ab",
    "p": [[0, [[10_000, -1]], 0], [DAY, [[2_500, 0], [10_000, -1]], 0]],
    "versions": ["1.5.0"],
    "targets": [user_token("tim", "ab")],
}
ROUTES: dict[str, Any] = {
    "channels": {
        "latest": {"stable": "1.4.2", "candidate": "1.5.0", "percent": 25},
        "next": {"stable": "1.5.0"},
        "ab": {"stable": "1.4.2", "flag": "ab", "by_flag": BY_FLAG},
    },
    "ranges": {"1": "1.4.2", "1.3": "1.3.9"},
    "releases": {"1.3.9": ["widget.js", "A" * 43], "1.4.2": [1], "1.5.0": []},
}
STORE = store_values({"checkout": ROUTES}) | {REVISION_KEY: "7"}


def user(salt: str, *, below: int) -> str:
    """A user whose bucket is below, or who is not, if it is negative."""
    users = (f"user-{n}" for n in range(10_000))
    return next(name for name in users if (bucket(name, salt) < abs(below)) is (below > 0))


def explained(path: str, store: dict[str, str] = STORE, now: float = 2 * DAY, **query: str) -> Explanation:
    request = Request(path, query={name.replace("_", "-"): [value] for name, value in query.items()}, now=now)
    return explain(request, decide(request, lambda key: store.get(key)))


def test_a_rollout_says_the_share_and_the_bucket() -> None:
    salt = rollout_salt("checkout", "latest", "1.5.0")
    new, old = user(salt, below=2_500), user(salt, below=-2_500)
    found = explained("/checkout/latest/widget.js", user=new)
    number = bucket(new, salt) / 100
    assert found.line == (
        f"1.5.0, 302 to /checkout/v1.5.0/widget.js?user={new} — candidate at 25 %; {new} is in bucket {number:.2f}"
    )
    assert found.rollout == {
        "stable": "1.4.2",
        "candidate": "1.5.0",
        "percent": 25.0,
        "bucket": number,
        "track": None,
        "tester": False,
    }
    found = explained("/checkout/latest/widget.js", user=old)
    assert found.line.startswith("1.4.2, served in place from /checkout/v1.4.2/widget.js — stable; ")
    assert f"the candidate 1.5.0 is at 25 %, and {old} is in bucket" in found.reason


def test_a_tester_of_the_policy_gets_the_candidate_at_any_percentage() -> None:
    routes = json.loads(json.dumps(ROUTES))
    routes["channels"]["latest"] |= {"percent": 0, "testers": [user_token("ann", salt_of_testers("checkout"))]}
    store = store_values({"checkout": routes}) | {REVISION_KEY: "7"}
    found = explained("/checkout/latest/widget.js", store, user="ann")
    assert (found.version, found.reason) == ("1.5.0", "candidate at 0 %; ann is a tester")
    assert found.rollout is not None
    assert found.rollout["tester"] is True
    for query in ({"user": "bob"}, {"user": "ann", "edgeship_track": "stable"}):
        assert explained("/checkout/latest/widget.js", store, **query).version == "1.4.2"


def test_a_tester_names_the_track() -> None:
    found = explained("/checkout/latest/widget.js", edgeship_track="candidate")
    assert (found.version, found.reason) == (
        "1.5.0",
        "candidate, by ?edgeship-track; the candidate 1.5.0 is at 25 %",
    )


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("/checkout/~next/widget.js", "1.5.0, 302 to /checkout/v1.5.0/widget.js — next points at it"),
        (
            "/checkout/~1.3/widget.js",
            "1.3.9, a script that inserts /checkout/v1.3.9/widget.js — the newest live release in the range 1.3",
        ),
        (
            "/checkout/~1/a.svg",
            "1.4.2, served in place from /checkout/v1.4.2/a.svg — the newest live release in the range 1",
        ),
        ("/checkout/v1.0.0/latest/x.js", "exact path; no code runs"),
        ("/chekout/latest/x.js", '404 — There is no widget "chekout".'),
        ("/checkout/~beta/x.js", '404 — Widget "checkout" has no channel "beta".'),
        ("/checkout/~2/x.js", '404 — Widget "checkout" has no live release in the range "2".'),
        ("/checkout/latest/../x.js", '404 — No release of widget "checkout" can have a file "../x.js".'),
    ],
)
def test_every_other_answer(path: str, line: str) -> None:
    assert explained(path).line == line


def test_a_store_that_is_not_filled() -> None:
    found = explained("/checkout/latest/x.js", {})
    assert (found.answer, found.line) == (
        "latest_copies",
        "goes on to /_latest/checkout/x.js — the store is not filled yet",
    )


def test_a_flag_says_its_phase_its_share_and_the_bucket() -> None:
    inside, outside = user("ab", below=2_500), user("ab", below=-2_500)
    found = explained("/checkout/~ab/widget.js", user=inside)
    assert found.version == "1.5.0"
    assert found.reason == (
        "flag ab, phase 2 of 2 since 1970-01-02 00:00:00 UTC chooses 1.5.0 for 25 % of the users; "
        f"{inside} is in bucket {bucket(inside, 'ab') / 100:.2f}"
    )
    found = explained("/checkout/~ab/widget.js", user=outside)
    assert found.version == "1.4.2"
    assert "leaves the choice to the channel for 75 % of the users" in found.reason
    assert found.reason.endswith("; ab points at it")
    assert "phase 1 of 2" in explained("/checkout/~ab/widget.js", now=0, user=inside).reason


def test_a_target_user_of_a_flag() -> None:
    found = explained("/checkout/~ab/widget.js", user="tim")
    assert found.reason == ("flag ab, phase 2 of 2 since 1970-01-02 00:00:00 UTC chooses 1.5.0 for tim, a target user")
    assert found.flag is not None
    assert (found.flag["target_user"], found.flag["percent"]) == (True, None)


def test_a_flag_that_does_not_count_is_named() -> None:
    request = Request("/checkout/~next/widget.js")
    found = explain(request, decide(request, STORE.get), "the router can't decide flag x: targeting")
    assert found.reason == "next points at it; no flag counts: the router can't decide flag x: targeting"


def test_users_are_shown_as_text_of_a_bounded_length() -> None:
    assert "this anonymous user is in bucket" in explained("/checkout/latest/x.js").reason
    assert f"{'x' * 60}… is in bucket" in explained("/checkout/latest/x.js", user="x" * 300).reason
    assert "\\xff is in bucket" in explained("/checkout/latest/x.js", user="%ff").reason
