"""The hash that decides who is in: pinned, even, and never taking anybody out again."""

from __future__ import annotations

import json
import math
import subprocess
from random import Random

import pytest

from edgeship.domain.bucketing import BUCKETS, bucket, bucket_of, hundredths, is_in, user_token
from edgeship.domain.flags.evaluation.compile_flags import Flags, compile_flags
from edgeship.domain.flags.snapshot_entry import snapshot_entry
from tests.domain.flags.logic.logic_corpus import JAVASCRIPT
from tests.domain.golden_buckets import FLAG_BUCKETS
from tests.support.pytest_plugins.tools import NODE

EVERY_PERCENTAGE = [n / 100 for n in range(BUCKETS + 1)]


def flags_at(**percentages: float) -> Flags:
    """A boolean flag for each keyword, on for that percentage."""
    variants = {"on": True, "off": False}
    return compile_flags(
        {
            key: snapshot_entry(
                {
                    "key": key,
                    "variants": variants,
                    "default_variant": "off",
                    "rollout": {"variant": "on", "percentage": percentage},
                }
            )
            for key, percentage in percentages.items()
        },
        "production",
    )


def included(flags: Flags, key: str, users: list[str]) -> set[str]:
    return {user for user in users if flags.evaluate(key, {"targetingKey": user}, 0).value}


@pytest.fixture(scope="module")
def one_user_a_bucket() -> list[str]:
    """10,000 users, one in each of the buckets of the flag `checkout`."""
    found: dict[int, str] = {}
    n = 0
    while len(found) < BUCKETS:
        user = f"user-{n}"
        found.setdefault(bucket(user, "checkout"), user)
        n += 1
    return [found[n] for n in range(BUCKETS)]


@pytest.mark.parametrize(("user", "salt", "expected", "token"), FLAG_BUCKETS)
def test_the_hash_is_pinned(user: str, salt: str, expected: int, token: str) -> None:
    assert bucket(user, salt) == expected
    assert user_token(user, salt) == token


def test_every_bucket_is_reached_once_in_ten_thousand_hashes() -> None:
    assert sorted(bucket_of(h) for h in range(BUCKETS)) == list(range(BUCKETS))


def test_a_percentage_selects_exactly_that_many_buckets() -> None:
    assert [hundredths(percentage) for percentage in EVERY_PERCENTAGE] == list(range(BUCKETS + 1))


@pytest.mark.parametrize("percentage", [0, 0.01, 0.07, 1, 5, 12.34, 25, 29, 33.33, 50, 57.01, 99.99, 100])
def test_a_flag_is_on_for_exactly_its_percentage_of_the_buckets(
    one_user_a_bucket: list[str], percentage: float
) -> None:
    on = included(flags_at(checkout=percentage), "checkout", one_user_a_bucket)
    assert on == set(one_user_a_bucket[: round(percentage * 100)])
    assert {user for user in one_user_a_bucket if is_in(user, "checkout", percentage)} == on


def test_growth_moves_nobody_back(one_user_a_bucket: list[str]) -> None:
    before: set[str] = set()
    for percentage in (0, 0.01, 0.5, 1, 1.01, 5, 24.99, 25, 25.5, 50, 99.99, 100):
        on = included(flags_at(checkout=percentage), "checkout", one_user_a_bucket)
        assert before <= on
        before = on


def test_two_flags_at_half_are_uncorrelated() -> None:
    flags = flags_at(first=50, second=50)
    counts = {(a, b): 0 for a in (True, False) for b in (True, False)}
    for n in range(10_000):
        first, second = flags.evaluate_all({"targetingKey": f"user-{n}"}, 0)
        counts[first.value, second.value] += 1
    a, b, c, d = counts[True, True], counts[True, False], counts[False, True], counts[False, False]
    phi = (a * d - b * c) / math.sqrt((a + b) * (c + d) * (a + c) * (b + d))
    assert abs(phi) < 0.05


@pytest.mark.skipif(NODE.is_missing, reason=NODE.reason)
def test_whole_percentages_are_the_well_known_rule_in_javascript() -> None:
    random = Random(0)
    percentages = {f"flag-{n}-ä": random.randrange(101) for n in range(100)}
    users = [random.choice(["user-", "Ärger", "😀", "a@b.c "]) + str(n) for n in range(1_000)]
    asked = [(user, key, percentage) for user in users for key, percentage in percentages.items()]
    run = subprocess.run(
        ["node", str(JAVASCRIPT / "rollout.mjs")], input=json.dumps(asked), capture_output=True, text=True, check=True
    )
    flags = flags_at(**percentages)
    ours = [answer.value for user in users for answer in flags.evaluate_all({"targetingKey": user}, 0)]
    assert len(ours) == 100_000
    assert ours == json.loads(run.stdout)


@pytest.mark.parametrize("value", [-0.01, 100.01, 0.005, 33.333, math.nan, math.inf, True, "50", None])
def test_refuses_what_is_no_percentage(value: float) -> None:
    with pytest.raises(ValueError, match=r"percentage|finer"):
        hundredths(value)
