"""Flags that require others: held to the obvious evaluator, and to what refuses a set of them."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeship.domain.flags.evaluation.compile_flags import Flags, compile_flags
from edgeship.domain.flags.snapshot_entry import snapshot_entry
from edgeship.domain.flags.validation.validate import problems
from tests.domain.flags.evaluation.test_evaluation_property import ASKED, CONTEXTS, START
from tests.domain.flags.evaluation.test_evaluation_property import flags as any_flags
from tests.support import reference_evaluator as reference
from tests.support.flags import boolean
from tests.support.pytest_plugins.fuzz import examples

KEYS = ("flag-a", "flag-b", "flag-c", "flag-d")


@st.composite
def sets_of_flags(draw: st.DrawFn) -> dict[str, dict[str, Any]]:
    """Each flag may require variants of those after it, and one that does not exist."""
    found = {key: {**draw(any_flags()), "key": key} for key in draw(st.permutations(KEYS))}
    for number, flag in enumerate(found.values()):
        if flag.get("layer"):
            flag["layer"]["name"] += str(number)
    for place, key in enumerate(KEYS):
        for other in KEYS[place + 1 :]:
            if draw(st.booleans()):
                variant = draw(st.sampled_from(list(found[other]["variants"])))
                found[key].setdefault("requires", {})[other] = variant
        if draw(st.integers(0, 9)) == 0:
            found[key].setdefault("requires", {})["nobody"] = "on"
    return found


def compiled(*flags: dict[str, Any], environment: str = "production") -> Flags:
    return compile_flags(
        json.loads(json.dumps({f["key"]: snapshot_entry(f, None, reference.SEGMENTS) for f in flags})), environment
    )


@pytest.mark.fuzz
@settings(max_examples=examples(150, 5_000))
@given(
    flags=sets_of_flags(),
    first=st.integers(0, len(CONTEXTS) - ASKED),
    now=st.integers(-10_000, 1_010_000).map(lambda seconds: START.timestamp() + seconds),
    fallback=st.sampled_from([None, "anonymous-1"]),
)
def test_flags_that_require_others_agree_with_the_obvious_evaluator(
    flags: dict[str, dict[str, Any]], first: int, now: float, fallback: str | None
) -> None:
    assert problems({"flags": list(flags.values()), "segments": reference.SEGMENTS}) == []
    evaluated = compiled(*flags.values())
    assert evaluated.malformed == {}
    for context in CONTEXTS[first : first + ASKED // 4]:
        bulk = {answer.key: answer for answer in evaluated.evaluate_all(context, now, fallback)}
        for key, flag in flags.items():
            expected = reference.evaluate(flag, context, now, "production", fallback, flags)
            answer = evaluated.evaluate(key, context, now, fallback)
            assert (answer.value, answer.variant, answer.reason, answer.error_code) == expected
            assert bulk[key].text() == answer.text()


@pytest.mark.parametrize(
    ("required", "variant", "reason"),
    [
        ({"default_variant": "on"}, "on", "DEFAULT"),
        ({"default_variant": "on", "public": False}, "on", "DEFAULT"),
        ({"default_variant": "off"}, "off", "DISABLED"),
        ({"default_variant": None}, "off", "DISABLED"),
        ({"default_variant": "on", "enabled": False}, "off", "DISABLED"),
        ({"rollout": {"variant": "on", "percentage": 100}}, "on", "DEFAULT"),
        ({"rollout": {"variant": "on", "percentage": 50}}, "off", "DISABLED"),  # nobody is known: an error
        ({"targeting": {"if": [True, "absent"]}}, "off", "DISABLED"),
        ({"key": "another"}, "off", "DISABLED"),
    ],
)
def test_a_flag_is_off_unless_each_required_flag_answers_its_variant(
    required: dict[str, Any], variant: str, reason: str
) -> None:
    flags = compiled(
        boolean("a", default_variant="on", off_variant="off", requires={"b": "on"}), {**boolean("b"), **required}
    )
    answer = flags.evaluate("a", {}, 0, public_only=True)
    assert (answer.variant, answer.reason) == (variant, reason)


def test_without_an_off_variant_an_unmet_requirement_is_the_default_in_the_clients_code() -> None:
    answer = compiled(boolean("a", default_variant="on", requires={"b": "on"})).evaluate("a", {}, 0)
    assert answer.document() == {"key": "a", "reason": "DISABLED", "variant": ""}


def test_environments_and_dates_come_before_requirements_and_target_users_after() -> None:
    asked = {"targetingKey": "ann"}
    flag = boolean("a", requires={"b": "on"}, target_users=["ann"])
    met = boolean("b", default_variant="on")
    assert compiled(flag, met).evaluate("a", asked, 0).variant == "on"
    assert compiled(flag).evaluate("a", asked, 0).variant == "off"
    elsewhere = {**flag, "environments": ["staging"], "off_variant": "on"}
    assert compiled(elsewhere).evaluate("a", asked, 0).variant == "on"


def chain(length: int) -> list[dict[str, Any]]:
    flags = [boolean(f"f{n}", default_variant="on") for n in range(length + 1)]
    for flag, other in pairwise(flags):
        flag["requires"] = {other["key"]: "on"}
    return flags


def test_a_chain_of_five_is_evaluated_and_one_of_six_is_refused_everywhere() -> None:
    assert problems({"flags": chain(5)}) == []
    assert compiled(*chain(5)).evaluate("f0", {}, 0).variant == "on"
    assert problems({"flags": chain(6)}) == [
        ("/flags/0/requires", "is a chain of more than 5 flags, or comes to flags that require themselves")
    ]
    long = compiled(*chain(6))
    assert long.malformed.keys() == {"f0"}
    assert long.evaluate("f1", {}, 0).variant == "on"


def test_a_cycle_is_refused_with_its_path_and_answers_an_error_at_the_edge() -> None:
    flags = [*chain(3), boolean("free")]
    flags[3]["requires"] = {"f1": "on"}
    found = problems({"flags": {f.pop("key"): f for f in json.loads(json.dumps(flags))}})
    assert ("/flags/f1/requires", "goes round: f1 requires f2 requires f3 requires f1") in found
    assert [place for place, _ in found] == ["/flags/f0/requires", "/flags/f1/requires"]
    evaluated = compiled(*flags)
    assert [a.error_code for a in evaluated.evaluate_all({}, 0)] == ["PARSE_ERROR"] * 4 + [None]


def test_a_required_flag_is_evaluated_once_an_answer() -> None:
    """Each evaluation of `deep` takes 20,000 of the 50,000 steps of an answer."""
    rules = [{"if": [{"attribute": "tags", "op": "contains", "values": ["x"]}], "variant": "on"}]
    deep = boolean("deep", rules=rules)
    asked = {"tags": ["y"] * 20_000}
    several = [boolean(f"f{n}", requires={"deep": "off"}) for n in range(10)]
    answers = compiled(*several, deep).evaluate_all(asked, 0)
    assert [answer.error_code for answer in answers] == [None] * 11
    copies = [boolean(f"f{n}", rules=rules) for n in range(10)]
    assert compiled(*copies).evaluate_all(asked, 0)[-1].error_code == "PARSE_ERROR"


def test_a_required_flag_that_takes_too_many_steps_counts_as_unmet() -> None:
    rules = [{"if": [{"attribute": "tags", "op": "contains", "values": ["x"]}], "variant": "on"}]
    flags = compiled(
        boolean("a", default_variant="on", off_variant="off", requires={"b": "off"}), boolean("b", rules=rules)
    )
    answer = flags.evaluate("a", {"tags": ["y"] * 60_000}, 0)
    assert (answer.variant, answer.reason) == ("off", "DISABLED")


@pytest.mark.parametrize(
    ("requires", "place", "says"),
    [
        (["b"], "/flags/0/requires", "not an object"),
        ({"b": 1}, "/flags/0/requires/b", "not a variant's name"),
        ({"b": "grey"}, "/flags/0/requires/b", "'grey' is not one of the variants of 'b'"),
        ({"a": "on"}, "/flags/0/requires", "a requires a"),
        ({f"f{n}": "on" for n in range(21)}, "/flags/0/requires", "more than 20"),
    ],
)
def test_faults_have_their_place(requires: Any, place: str, says: str) -> None:
    [(at, fault)] = problems({"flags": [boolean("a", requires=requires), boolean("b")]})
    assert at == place
    assert says in fault


def test_earlier_edge_functions_refuse_the_entry() -> None:
    """They read a list of rules, and answer PARSE_ERROR when there is none."""
    assert isinstance(snapshot_entry(boolean("a", requires={"b": "on"}))["rules"], dict)
