"""The compiled evaluator against the obvious one, over generated flags and contexts."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from edgeship.domain.flags.compile_flags import compile_flags
from edgeship.domain.flags.snapshot_entry import snapshot_entry
from edgeship.domain.flags.validate import problems
from tests.support import reference_evaluator as reference

START = datetime(2026, 11, 1, tzinfo=UTC)
VARIANT_SETS: list[dict[str, Any]] = [
    {"on": True, "off": False},
    {"red": "#f00", "green": "#0f0", "blue": "#00f"},
    {"few": 1, "some": 2.5, "many": 100},
    {"small": {"size": 1}, "large": {"size": [1, 2]}},
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
        lambda attribute, values: {"attribute": attribute, "op": "exists", "values": values},
        st.sampled_from(["plan", "none", "user.plan", "targetingKey"]),
        st.sampled_from([[True], [False], []]),
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
def flags(draw: st.DrawFn) -> dict[str, Any]:
    variants = draw(st.sampled_from(VARIANT_SETS))
    names = st.sampled_from(list(variants))
    outcomes: st.SearchStrategy[dict[str, Any]] = st.one_of(
        names.map(lambda name: {"variant": name}),
        st.dictionaries(names, st.sampled_from([1, 2, 7, 33.3]), min_size=1).map(lambda split: {"split": split}),
    )
    shares = st.permutations(list(variants)).map(lambda all_: {"fractional": [[name, 5 + len(name)] for name in all_]})
    steps = st.lists(instants, max_size=3, unique=True).flatmap(
        lambda times: st.tuples(
            *[percentages.map(lambda p, at=at: {"at": at, "percentage": p}) for at in sorted(times)]
        )
    )
    optional = {
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
        "rollout": st.builds(
            lambda variant, percentage, schedule: {
                "variant": variant,
                "percentage": percentage,
                "schedule": list(schedule),
            },
            names,
            percentages,
            steps,
        ),
    }
    flag: dict[str, Any] = draw(st.fixed_dictionaries({}, optional=optional))
    dates = sorted(draw(st.lists(instants, min_size=2, max_size=2, unique=True)))
    bounds = zip(("starts_at", "ends_at"), dates, strict=True)
    flag |= {field: instant for field, instant in bounds if draw(st.integers(0, 3)) == 0}
    key = draw(st.sampled_from(["flag-a", "flag-b", "flag-c"]))
    return {"key": key, "variants": variants, "default_variant": draw(names), **flag}


contexts = st.fixed_dictionaries(
    {},
    optional={
        "targetingKey": st.sampled_from([*USERS, *USERS, ""]),
        "plan": st.one_of(st.sampled_from(PLANS), st.none()),
        "age": st.one_of(st.integers(-2, 5), st.sampled_from([0.5, 1.0])),
        "version": st.one_of(st.sampled_from(VERSIONS), st.lists(st.sampled_from(VERSIONS[:5]), max_size=2)),
        "tags": st.lists(scalars, max_size=3),
        "user": st.fixed_dictionaries({"plan": st.sampled_from(PLANS)}),
        "user.plan": st.sampled_from(PLANS),
        "beta": st.booleans(),
    },
)


@settings(max_examples=1_500, deadline=None)
@given(
    flag=flags(),
    asked=st.lists(contexts, min_size=1, max_size=4),
    now=st.integers(-10_000, 1_010_000).map(lambda seconds: START.timestamp() + seconds),
    environment=st.sampled_from(["production", "staging"]),
    fallback=st.sampled_from([None, "anonymous-1", "user-1"]),
)
def test_the_compiled_evaluator_agrees_with_the_obvious_one(
    flag: dict[str, Any], asked: list[dict[str, Any]], now: float, environment: str, fallback: str | None
) -> None:
    assert problems({"flags": [flag]}) == []
    # Through JSON, as the snapshot goes.
    compiled = compile_flags(json.loads(json.dumps({flag["key"]: snapshot_entry(flag)})), environment)
    assert compiled.malformed == {}
    for context in asked:
        expected = reference.evaluate(flag, context, now, environment, fallback)
        answer = compiled.evaluate(flag["key"], context, now, fallback)
        assert (answer.value, answer.variant, answer.reason, answer.error_code) == expected
        assert compiled.evaluate_all(context, now, fallback) == [answer] or answer.error_code is not None
        [in_bulk] = compiled.evaluate_all(context, now, fallback)
        assert in_bulk.text() == answer.text()
