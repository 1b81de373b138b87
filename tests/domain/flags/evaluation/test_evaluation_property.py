"""The compiled evaluator against the obvious one, over generated flags and contexts."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeship.domain.flags.evaluation.compile_flags import compile_flags
from edgeship.domain.flags.snapshot_entry import snapshot_entry
from edgeship.domain.flags.validation.validate import problems
from tests.support import reference_evaluator as reference
from tests.support.pytest_plugins.fuzz import examples

START = datetime(2026, 11, 1, tzinfo=UTC)
VARIANT_SETS: list[dict[str, Any]] = [
    {"on": True, "off": False},
    {"red": "#f00", "green": "#0f0", "blue": "#00f"},
    {"few": 1, "some": 2.5, "many": 100},
    {"small": {"size": 1}, "large": {"size": [1, 2]}, "none": {}},
]
USERS = [f"user-{n}" for n in range(30)] + ["Ärger", "😀"]
PLANS = ["free", "pro", "enterprise", "pro-trial"]
VERSIONS = ["1.2.3", "v1.2", "2.0.0-rc.1", "2.0.0", "10.0.0+build.5", "latest", ""]

instants = st.integers(0, 1_000_000).map(
    lambda seconds: datetime.fromtimestamp(START.timestamp() + seconds, UTC).isoformat()
)
percentages = st.one_of(st.sampled_from([0, 100, 25, 50.0]), st.integers(0, 10_000).map(lambda n: n / 100))
scalars = st.one_of(st.sampled_from(PLANS), st.integers(-2, 5), st.sampled_from([0.0, 1.0, 2.5]), st.booleans())

conditions = st.one_of(
    st.builds(
        lambda attribute, op, values: {"attribute": attribute, "op": op, "values": values},
        st.sampled_from(["plan", "age", "tags", "user.plan", "beta", "none"]),
        st.sampled_from(["in", "not_in", "eq", "ne", "contains"]),
        st.lists(scalars, min_size=1, max_size=3),
    ),
    st.builds(
        lambda attribute, op, values: {"attribute": attribute, "op": op, "values": values},
        st.sampled_from(["age", "plan", "tags"]),
        st.sampled_from(["lt", "lte", "gt", "gte"]),
        st.lists(st.integers(-2, 5), min_size=1, max_size=2),
    ),
    st.builds(
        lambda attribute, op, values: {"attribute": attribute, "op": op, "values": values},
        st.sampled_from(["plan", "tags", "age"]),
        st.sampled_from(["starts_with", "ends_with", "matches"]),
        st.lists(st.sampled_from(["pro", "free", "e", "trial"]), min_size=1, max_size=2),
    ),
    st.builds(
        lambda op, values: {"attribute": "version", "op": f"semver_{op}", "values": values},
        st.sampled_from(["eq", "ne", "lt", "lte", "gt", "gte"]),
        st.lists(st.sampled_from(VERSIONS[:5]), min_size=1, max_size=2),
    ),
    st.builds(
        lambda attribute, op, values: {"attribute": attribute, "op": f"{op}_ignore_case", "values": values},
        st.sampled_from(["plan", "tags", "age"]),
        st.sampled_from(["eq", "ne", "contains", "starts_with", "ends_with"]),
        st.lists(st.sampled_from(["PRO", "Free", "pro-TRIAL", "E"]), min_size=1, max_size=2),
    ),
    st.builds(
        lambda op, values: {"attribute": "since", "op": op, "values": values},
        st.sampled_from(["date_before", "date_after"]),
        st.lists(instants, min_size=1, max_size=2),
    ),
    st.builds(
        lambda attribute, op, values: {"attribute": attribute, "op": f"number_{op}", "values": values},
        st.sampled_from(["age", "tags", "seats"]),
        st.sampled_from(["eq", "ne", "lt", "lte", "gt", "gte"]),
        st.lists(st.sampled_from([0, 1, "2.5", 3]), min_size=1, max_size=2),
    ),
    st.builds(
        lambda attribute, values: {"attribute": attribute, "op": "exists", "values": values},
        st.sampled_from(["plan", "none", "user.plan", "targetingKey"]),
        st.sampled_from([[True], [False], []]),
    ),
    st.builds(
        lambda name, negate: {"segment": name, **negate},
        st.sampled_from(list(reference.SEGMENTS)),
        st.sampled_from([{}, {"negate": True}, {"negate": False}]),
    ),
)

tests = st.sampled_from(
    [
        {"===": [{"var": "plan"}, "pro"]},
        {"in": [{"var": "plan"}, ["free", "pro"]]},
        {"ends_with": [{"var": "plan"}, "trial"]},
        {">=": [{"var": "$flagd.timestamp"}, int(START.timestamp()) + 400_000]},
        {"===": [{"var": "$flagd.flagKey"}, "flag-a"]},
    ]
)


@st.composite
def splits(draw: st.DrawFn, names: list[str]) -> dict[str, Any]:
    """Weights in any order; or percentages, of which some are taken from another variant."""
    chosen = draw(st.permutations(names))[: draw(st.integers(1, len(names)))]
    if draw(st.booleans()):
        return {name: draw(st.sampled_from([1, 2, 7, 33.3])) for name in chosen}
    cuts = sorted(draw(st.lists(st.integers(0, 10_000), min_size=len(chosen) - 1, max_size=len(chosen) - 1)))
    shares = [(end - start) / 100 for start, end in pairwise([0, *cuts, 10_000])]
    found: dict[str, Any] = {}
    for number, (name, share) in enumerate(zip(chosen, shares, strict=True)):
        source = draw(st.sampled_from([None, *chosen[:number]]))
        found[name] = share if source is None else {"percent": share, "from": source}
    return {name: found[name] for name in draw(st.permutations(chosen))}


buckets = st.sampled_from(
    [
        {},
        {},
        {"seed": "flag-b"},
        {"bucket_by": "age"},
        {"bucket_by": "user.plan", "seed": "s"},
        {"bucket_by": "targetingKey", "seed": None},
        {"bucket_by": "tags"},
    ]
)


layers = st.one_of(
    st.none(),
    st.builds(
        lambda start, end, name, by: {"name": name, "from": start, "to": end, **by},
        st.sampled_from([0, 12.5, 33.33]),
        st.sampled_from([50, 99.99, 100]),
        st.sampled_from(["a", "flag-b"]),
        st.sampled_from([{}, {}, {"bucket_by": "age"}, {"bucket_by": "targetingKey"}]),
    ),
)


@cache
def fields(number: int) -> st.SearchStrategy[dict[str, Any]]:
    """What a flag with these variants may have beside them."""
    variants = VARIANT_SETS[number]
    names = st.sampled_from(list(variants))
    outcomes: st.SearchStrategy[dict[str, Any]] = st.one_of(
        names.map(lambda name: {"variant": name}),
        st.tuples(splits(list(variants)), buckets).map(lambda parts: {"split": parts[0], **parts[1]}),
    )
    shares = st.permutations(list(variants)).map(lambda all_: {"fractional": [[name, 5 + len(name)] for name in all_]})
    steps = st.lists(st.tuples(instants, percentages), max_size=3, unique_by=lambda step: step[0]).map(
        lambda steps: [{"at": at, "percentage": percentage} for at, percentage in sorted(steps)]
    )
    return st.fixed_dictionaries(
        {
            "key": st.sampled_from(["flag-a", "flag-b", "flag-c"]),
            "variants": st.just(variants),
            "default_variant": st.one_of(names, names, names, st.none()),
        },
        optional={
            "off_variant": st.one_of(names, st.none()),
            "layer": layers,
            "enabled": st.sampled_from([True, True, True, False]),
            "environments": st.sampled_from([[], ["production"], ["staging"], ["production", "staging"]]),
            "target_users": st.lists(st.sampled_from(USERS[:3]), unique=True),
            "target_variant": names,
            "rules": st.lists(
                st.tuples(st.lists(conditions, max_size=2), outcomes).map(lambda rule: {"if": rule[0], **rule[1]}),
                max_size=3,
            ),
            "targeting": st.one_of(
                st.tuples(tests, st.one_of(names, st.just("absent")), st.one_of(names, st.none(), shares)).map(
                    lambda parts: {"if": list(parts)}
                ),
                shares,
            ),
            "rollout": st.fixed_dictionaries({"variant": names, "percentage": percentages, "schedule": steps}).flatmap(
                lambda rollout: buckets.map(lambda found: {**rollout, **found})
            ),
        },
    )


dates = st.lists(instants, min_size=2, max_size=2, unique=True).map(sorted)


@st.composite
def flags(draw: st.DrawFn) -> dict[str, Any]:
    flag = draw(fields(draw(st.integers(0, len(VARIANT_SETS) - 1))))
    bound = draw(st.sampled_from([(), (), ("starts_at",), ("ends_at",), ("starts_at", "ends_at")]))
    if bound:
        flag |= {field: at for field, at in zip(("starts_at", "ends_at"), draw(dates), strict=True) if field in bound}
    return flag


def context(pick: random.Random) -> dict[str, Any]:
    values: dict[str, Callable[[], Any]] = {
        "targetingKey": lambda: pick.choice([*USERS, *USERS, ""]),
        "plan": lambda: pick.choice([*PLANS, None]),
        "age": lambda: pick.choice([-2, -1, 0, 1, 2, 3, 4, 5, 0.5, 1.0]),
        "version": lambda: pick.choice([*VERSIONS, pick.choices(VERSIONS[:5], k=pick.randrange(3))]),
        "tags": lambda: [
            pick.choice([*PLANS, *range(-2, 6), 0.0, 1.0, 2.5, True, False]) for _ in range(pick.randrange(4))
        ],
        "user": lambda: {"plan": pick.choice(PLANS)},
        "user.plan": lambda: pick.choice(PLANS),
        "beta": lambda: pick.choice([True, False]),
        "seats": lambda: pick.choice(["0", "1.0", "2.5", "25e-1", "many", 3, ""]),
        "since": lambda: pick.choice(
            [datetime.fromtimestamp(START.timestamp() + 4e5, UTC).isoformat(), "2026-11-07", 5]
        ),
    }
    return {name: value() for name, value in values.items() if pick.random() < 0.6}


ASKED = 20
CONTEXTS = [context(pick) for pick in [random.Random(20261127)] for _ in range(5_000)]
"""Each flag is asked about some of these: to draw a context takes far longer than to answer it."""


@pytest.mark.fuzz
@settings(max_examples=examples(300, 10_000))
@given(
    flag=flags(),
    first=st.integers(0, len(CONTEXTS) - ASKED),
    now=st.integers(-10_000, 1_010_000).map(lambda seconds: START.timestamp() + seconds),
    environment=st.sampled_from(["production", "staging"]),
    fallback=st.sampled_from([None, "anonymous-1", "user-1"]),
)
def test_the_compiled_evaluator_agrees_with_the_obvious_one(
    flag: dict[str, Any], first: int, now: float, environment: str, fallback: str | None
) -> None:
    """Each flag for twenty contexts."""
    assert problems({"flags": [flag], "segments": reference.SEGMENTS}) == []
    # Through JSON, as the snapshot goes.
    entry = snapshot_entry(flag, None, reference.SEGMENTS)
    compiled = compile_flags(json.loads(json.dumps({flag["key"]: entry})), environment)
    assert compiled.malformed == {}
    for context in CONTEXTS[first : first + ASKED]:
        expected = reference.evaluate(flag, context, now, environment, fallback)
        answer = compiled.evaluate(flag["key"], context, now, fallback)
        assert (answer.value, answer.variant, answer.reason, answer.error_code) == expected, context
        [in_bulk] = compiled.evaluate_all(context, now, fallback)
        assert in_bulk == answer or answer.error_code is not None
        assert in_bulk.text() == answer.text()


shared = st.sampled_from(
    [
        {"attribute": "plan", "op": "in", "values": ["pro", "free"]},
        {"attribute": "plan", "op": "not_in", "values": ["pro", "free"]},
        {"attribute": "plan", "op": "ne", "values": ["pro", 1]},
        {"attribute": "user.plan", "op": "eq", "values": ["pro"]},
        {"attribute": "tags", "op": "not_in", "values": ["pro"]},
        {"attribute": "beta", "op": "in", "values": [True]},
        {"attribute": "age", "op": "in", "values": [1]},
        {"attribute": "age", "op": "in", "values": [True]},
        {"segment": next(iter(reference.SEGMENTS)), "negate": True},
    ]
)


@pytest.mark.fuzz
@settings(max_examples=examples(60, 10_000))
@given(
    ruled=st.lists(st.lists(st.tuples(st.lists(shared, max_size=2), buckets), max_size=2), min_size=2, max_size=6),
    first=st.integers(0, len(CONTEXTS) - ASKED),
)
def test_flags_that_share_conditions_answer_as_each_does_alone(
    ruled: list[list[tuple[list[Any], dict[str, Any]]]], first: int
) -> None:
    documents = [
        {
            "key": f"flag-{number}",
            "variants": {"on": True, "off": False},
            "default_variant": "off",
            "target_users": USERS[:3],
            "rules": [{"if": asked, "split": {"on": 30, "off": 70}, **found} for asked, found in rules],
            "rollout": {"variant": "on", "percentage": 25.5},
        }
        for number, rules in enumerate(ruled)
    ]
    entries = {str(flag["key"]): snapshot_entry(flag, None, reference.SEGMENTS) for flag in documents}
    compiled = compile_flags(json.loads(json.dumps(entries)), "production")
    for context in CONTEXTS[first : first + ASKED]:
        expected = [reference.evaluate(flag, context, 0, "production", "user-1") for flag in documents]
        in_bulk = compiled.evaluate_all(context, 0, "user-1")
        alone = [compiled.evaluate(key, context, 0, "user-1") for key in entries]
        for answers in (in_bulk, alone):
            assert [(each.value, each.variant, each.reason, each.error_code) for each in answers] == expected, context
