"""The steps of one answer are bounded, whatever its flags and its context hold."""

from __future__ import annotations

from typing import Any

import pytest

from edgeship.application.edge.check_flags import CheckFlags
from edgeship.application.flags.change_flags import ChangeFlags, FlagsFile
from edgeship.application.flags.check_set import MAX_LOGIC_PARTS
from edgeship.domain.errors import Refused
from edgeship.domain.flags.evaluation.compile_flags import Flags, compile_flags
from edgeship.domain.flags.snapshot_entry import snapshot_entry
from tests.application.flags.test_change_flags import ANN
from tests.fakes.edge import FakeSnapshots
from tests.fakes.state import FakeState
from tests.support.flags import T0, boolean

SLOW_PATTERN = "^a*(?:){9999}a*(?:){9999}(?:){9999}b"


def rule(op: str, *values: Any) -> dict[str, Any]:
    return {"rules": [{"if": [{"attribute": "x", "op": op, "values": list(values)}], "variant": "on"}]}


COSTLY: dict[str, tuple[dict[str, Any], Any]] = {
    "a pattern": (rule("matches", "^(?:a?){20}[a-z]+b$"), "a" * 256),
    "elements": (rule("in", "b"), ["a"] * 9_000),
    "elements of a pattern": (rule("matches", "^(a|b)+c$"), ["ab" * 20] * 500),
    "a part of a text": (rule("contains", "a" * 50 + "b" + "a" * 49), "a" * 39_000),
    "versions": (rule("semver_gt", "1.0.0"), ["1.0.0-" + "1." * 100 + "1"] * 150),
    "prefixes": (rule("starts_with", *map(str, range(100))), ["x"] * 9_000),
    "a rule over elements": ({"targeting": {"all": [{"var": "x"}, {"!": [{"var": ""}]}]}}, [0] * 9_000),
    "a list as a text": ({"targeting": {"cat": [{"var": "x"}]}}, [0.5] * 9_000),
    "units of a text": ({"targeting": {"var": "x.length"}}, "😀" * 6_000),
    "a hash": ({"targeting": {"fractional": [{"var": "x"}, ["on"], ["off"]]}}, "x" * 39_000),
    "names": ({"targeting": {"missing": {"var": "x"}}}, ["a.b"] * 6_000),
}


def compiled(*flags: dict[str, Any]) -> Flags:
    return compile_flags({flag["key"]: snapshot_entry(flag) for flag in flags}, "production")


@pytest.mark.parametrize(("fields", "value"), COSTLY.values(), ids=COSTLY.keys())
def test_flags_share_the_steps_and_those_that_need_none_are_answered(fields: dict[str, Any], value: Any) -> None:
    flags = compiled(*(boolean(f"f{n}", **fields) for n in range(100)), boolean("plain"), boolean("z", **rule("eq", 1)))
    answers = {answer.key: answer for answer in flags.evaluate_all({"targetingKey": "u", "x": value}, T0)}
    assert answers["f99"].error_code == "PARSE_ERROR"
    assert answers["plain"].variant == "off"
    # A short text: what the flag's author asks of it is not much.
    usual = {answer.error_code for answer in flags.evaluate_all({"targetingKey": "u", "x": "1"}, T0)}
    assert "PARSE_ERROR" not in usual


def test_a_copy_of_a_context_with_many_attributes_takes_steps() -> None:
    flags = compiled(*(boolean(f"f{n}", targeting={"var": "k1"}) for n in range(100)))
    context = {f"k{n}": "on" for n in range(4_000)}
    assert [answer.error_code for answer in flags.evaluate_all(context, T0)][-1] == "PARSE_ERROR"
    assert flags.evaluate("f99", context, T0).variant == "on"


@pytest.mark.parametrize(
    "fields",
    [{"target_users": ["a"], "targeting": {"var": "x"}}, {"rules": [{"if": [], "split": {"on": 1, "off": 1}}]}],
)
def test_a_long_identity_takes_steps(fields: dict[str, Any]) -> None:
    flags = compiled(*(boolean(f"f{n}", **fields) for n in range(200)))
    assert flags.evaluate_all({"targetingKey": "u" * 30_000}, T0)[-1].error_code == "PARSE_ERROR"
    assert flags.evaluate_all({"targetingKey": "u" * 200}, T0)[-1].error_code is None


def test_a_pattern_whose_empty_groups_repeat_is_quick() -> None:
    """With `re` this took 4 seconds."""
    flags = compiled(*(boolean(f"f{n}", **rule("matches", SLOW_PATTERN)) for n in range(30)))
    assert {answer.variant for answer in flags.evaluate_all({"x": "a" * 256}, T0)} <= {"off", None}
    assert flags.evaluate("f0", {"x": "aab"}, T0).variant == "on"


def test_more_targeting_than_one_answer_evaluates_is_refused_with_the_largest() -> None:
    targeting = {"if": [{"in": [{"var": "x"}, ["a"] * 900]}, "on"]}
    flags = {f"f{n}": boolean(f"f{n}", targeting=targeting) for n in range(MAX_LOGIC_PARTS // 900 + 1)}
    state = FakeState()
    changer = ChangeFlags(state, CheckFlags(state, FakeSnapshots()), pause=lambda _: None)
    with pytest.raises(Refused, match="parts; one answer evaluates up to") as refused:
        changer.apply(FlagsFile(flags, {}), ANN, prune=False, dry_run=False)
    assert refused.value.code == "flags_too_large"
    hidden = {key: {**flag, "public": False} for key, flag in flags.items()}
    changer.apply(FlagsFile(hidden, {}), ANN, prune=False, dry_run=False)
