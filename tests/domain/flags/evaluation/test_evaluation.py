"""What a flag answers: the order of the steps, the reasons, the errors, the identity."""

from __future__ import annotations

import gc
import json
from typing import Any

import pytest

from edgeship.domain.bucketing import bucket
from edgeship.domain.flags.answer import Answer, bulk_text
from edgeship.domain.flags.evaluation.compile_flags import ContextInvalid, Flags, FlagsInvalid, compile_flags
from edgeship.domain.flags.snapshot_entry import snapshot_entry
from tests.support.flags import EVERYTHING, T0, boolean


def compiled(*flags: dict[str, Any], environment: str = "production") -> Flags:
    # Through JSON, as the snapshot goes.
    entries = json.loads(json.dumps({flag["key"]: snapshot_entry(flag) for flag in flags}))
    return compile_flags(entries, environment)


def ask(flag: dict[str, Any], context: Any, now: float = T0, **options: Any) -> tuple[str | None, str]:
    """The variant, or the error code, and the reason."""
    answer = compiled(flag).evaluate(flag["key"], context, now, **options)
    return answer.variant or answer.error_code, answer.reason


@pytest.mark.parametrize(
    ("changes", "now", "expected"),
    [
        ({}, T0, ("target", "TARGETING_MATCH")),
        ({"enabled": False}, T0, (None, "DISABLED")),
        ({"enabled": False, "off_variant": "rule"}, T0, ("rule", "DISABLED")),
        ({"enabled": False, "variants": {**EVERYTHING["variants"], "off": ""}}, T0, ("off", "DISABLED")),
        ({"environments": ["staging"], "off_variant": "rule"}, T0, ("rule", "DISABLED")),
        ({"off_variant": None}, T0 - 1, (None, "DISABLED")),
        ({"environments": ["staging"]}, T0, ("off", "DISABLED")),
        ({}, T0 - 1, ("off", "DISABLED")),
        ({}, T0 + 3600, ("off", "DISABLED")),
        ({}, T0 + 3599, ("target", "TARGETING_MATCH")),
        ({"target_users": ["bob"]}, T0, ("rule", "TARGETING_MATCH")),
        ({"target_users": [], "rules": []}, T0, ("logic", "TARGETING_MATCH")),
        ({"target_users": [], "rules": [], "targeting": None}, T0, ("rollout", "SPLIT")),
        ({"target_users": [], "rules": [], "targeting": {}, "rollout": None}, T0, ("off", "DEFAULT")),
    ],
)
def test_the_first_step_that_decides_gives_the_answer(
    changes: dict[str, Any], now: float, expected: tuple[str, str]
) -> None:
    context = {"targetingKey": "alice", "plan": "pro", "beta": True}
    assert ask({**EVERYTHING, **changes}, context, now) == expected


def test_an_unknown_flag_is_not_found_before_the_context_is_read() -> None:
    answer = compiled(boolean()).evaluate("x" * 500, "no context", 0)
    assert answer.document() == {
        "key": "x" * 128,
        "errorCode": "FLAG_NOT_FOUND",
        "errorDetails": "there is no such flag",
    }


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, ("off", "STATIC")),
        ({"environments": ["production"]}, ("off", "STATIC")),
        ({"starts_at": "2020-01-01T00:00:00Z"}, ("off", "DEFAULT")),
        ({"target_users": ["bob"]}, ("off", "DEFAULT")),
        ({"rules": [{"if": [], "variant": "on"}]}, ("on", "TARGETING_MATCH")),
        ({"rules": [{"if": [], "split": {"on": 1}}]}, ("on", "SPLIT")),
        ({"targeting": {"var": "none"}}, ("off", "DEFAULT")),
        ({"targeting": {"and": []}}, ("off", "DEFAULT")),
        ({"targeting": {"cat": ["o", "n"]}}, ("on", "TARGETING_MATCH")),
        ({"targeting": {"cat": ["no", "ne"]}}, ("GENERAL", "ERROR")),
        ({"targeting": {"!!": [1]}}, ("GENERAL", "ERROR")),
        ({"targeting": {"+": [1, 1]}}, ("GENERAL", "ERROR")),
        ({"targeting": {"*": []}}, ("PARSE_ERROR", "ERROR")),
        ({"rollout": {"variant": "on", "percentage": 0}}, ("off", "SPLIT")),
        ({"rollout": {"variant": "on", "percentage": 100}}, ("on", "SPLIT")),
    ],
)
def test_each_answer_has_its_reason(fields: dict[str, Any], expected: tuple[str, str]) -> None:
    assert ask(boolean(**fields), {"targetingKey": "alice"}) == expected


def test_targeting_names_boolean_variants_as_flagd_does() -> None:
    flag = {
        **boolean(targeting={"==": [{"var": "plan"}, "pro"]}),
        "variants": {"true": 1, "false": 0},
        "default_variant": "false",
    }
    assert ask(flag, {"plan": "pro"}) == ("true", "TARGETING_MATCH")
    assert ask(flag, {"plan": "free"}) == ("false", "TARGETING_MATCH")


def test_target_users_get_the_rollouts_variant_else_the_first_that_is_not_the_default() -> None:
    variants = {"variants": {"a": 1, "b": 2, "c": 3}, "default_variant": "a", "target_users": ["alice"]}
    alice = {"targetingKey": "alice"}
    assert ask(boolean(**variants), alice)[0] == "b"
    assert ask(boolean(**variants, rollout={"variant": "c", "percentage": 1}), alice)[0] == "c"
    assert ask(boolean(**variants, target_variant="a", rollout={"variant": "c", "percentage": 1}), alice)[0] == "a"


def test_target_users_are_no_names_in_the_snapshot() -> None:
    entry = snapshot_entry(EVERYTHING)
    assert "alice" not in json.dumps(entry)
    assert "description" not in entry
    assert [len(token) for token in entry["targets"]] == [32]
    assert entry["targets"] != snapshot_entry({**EVERYTHING, "key": "other"})["targets"]
    assert "targets" not in snapshot_entry({**EVERYTHING, "enabled": False})


def test_a_schedule_is_a_function_of_time() -> None:
    schedule = [{"at": f"2026-11-0{day}T00:00:00Z", "percentage": p} for day, p in ((2, 5), (3, 25), (5, 50), (7, 100))]
    flags = compiled(boolean(rollout={"variant": "on", "percentage": 1, "schedule": schedule}))
    users = [{"targetingKey": f"user-{n}"} for n in range(2_000)]
    on: list[set[int]] = []
    for hours in (0, 15, 39, 87, 135, 1_000):
        now = T0 + hours * 3600
        on.append({n for n, user in enumerate(users) if flags.evaluate("checkout", user, now).value})
        assert on[-1] == {n for n, user in enumerate(users) if flags.evaluate("checkout", user, now + 1).value}
    expected = [1, 5, 25, 50, 100, 100]
    assert on == [{n for n in range(2_000) if bucket(f"user-{n}", "checkout") < 100 * percent} for percent in expected]


def test_a_split_gives_the_buckets_of_a_percentage_to_its_first_variant_of_the_file() -> None:
    split = compiled(boolean(rules=[{"if": [], "split": {"on": 75, "off": 25}}]))
    for n in range(500):
        expected = "on" if bucket(f"user-{n}", "checkout") < 7_500 else "off"
        assert split.evaluate("checkout", {"targetingKey": f"user-{n}"}, 0).variant == expected


def test_a_rule_added_before_a_split_reshuffles_nobody() -> None:
    split = {"if": [], "split": {"on": 1, "off": 2}}
    other = {"if": [{"attribute": "plan", "op": "eq", "values": ["pro"]}], "variant": "on"}
    before, after = compiled(boolean(rules=[split])), compiled(boolean(rules=[other, split]))
    for n in range(500):
        context = {"targetingKey": f"user-{n}"}
        assert before.evaluate("checkout", context, 0).variant == after.evaluate("checkout", context, 0).variant


@pytest.mark.parametrize(
    "fields",
    [
        {"rollout": {"variant": "on", "percentage": 50}},
        {"rollout": {"variant": "on", "percentage": 50}, "target_users": ["alice"]},
        {"rollout": {"variant": "on", "percentage": 50}, "starts_at": "2020-01-01T00:00:00Z"},
        {"rules": [{"if": [], "split": {"on": 1, "off": 1}}]},
    ],
)
def test_nobody_in_particular_is_in_no_bucket(fields: dict[str, Any]) -> None:
    flag = boolean(**fields)
    for context in ({}, {"targetingKey": None}, {"targetingKey": ""}):
        assert ask(flag, context) == ("TARGETING_KEY_MISSING", "ERROR")
        assert compiled(flag).evaluate_all(context, T0)[0].error_code == "TARGETING_KEY_MISSING"


def test_the_fallback_identity_stands_for_the_targeting_key_everywhere() -> None:
    flags = compiled(
        boolean("rolled", rollout={"variant": "on", "percentage": 50}),
        boolean("targeted", target_users=["anonymous"]),
        boolean(
            "ruled",
            rules=[{"if": [{"attribute": "targetingKey", "op": "eq", "values": ["anonymous"]}], "variant": "on"}],
        ),
        boolean("logical", targeting={"if": [{"==": [{"var": "targetingKey"}, "anonymous"]}, "on"]}),
    )
    context: dict[str, Any] = {"plan": "pro"}
    known = flags.evaluate_all({"targetingKey": "anonymous"}, 0)
    assert flags.evaluate_all(context, 0, "anonymous") == known
    assert [flags.evaluate(a.key, context, 0, "anonymous") for a in known] == known
    assert [answer.variant for answer in known[1:]] == ["on", "on", "on"]
    assert flags.evaluate_all({"targetingKey": "someone"}, 0, "anonymous") == flags.evaluate_all(
        {"targetingKey": "someone"}, 0
    )
    assert context == {"plan": "pro"}


@pytest.mark.parametrize(
    "context", [None, [], "text", 5, {"targetingKey": 5}, {"targetingKey": False}, {"targetingKey": []}]
)
def test_a_context_that_is_none_is_an_error_of_the_protocol(context: Any) -> None:
    flags = compiled(boolean(), boolean("other", rollout={"variant": "on", "percentage": 50}))
    assert {flags.evaluate(key, context, 0, "anonymous").error_code for key in ("checkout", "other")} == {
        "INVALID_CONTEXT"
    }
    with pytest.raises(ContextInvalid):
        flags.evaluate_all(context, 0, "anonymous")


@pytest.mark.parametrize("user", ["\ud800", "Ärger", "😀", "\x00", "a" * 10_000])
def test_any_text_is_an_identity(user: str) -> None:
    flags = compiled(boolean(rollout={"variant": "on", "percentage": 50}))
    single = flags.evaluate("checkout", {"targetingKey": user}, 0)
    assert single.value is (bucket(user, "checkout") < 5_000)
    assert flags.evaluate_all({"targetingKey": user}, 0) == [single] == flags.evaluate_all({}, 0, user)


def test_a_flag_that_is_not_public_is_unknown_in_public() -> None:
    flags = compiled(
        boolean("open"), boolean("secret", public=False), boolean("third", rollout={"variant": "on", "percentage": 9})
    )
    assert flags.evaluate("secret", {}, 0).variant == "off"
    assert flags.evaluate("secret", {}, 0, public_only=True).error_code == "FLAG_NOT_FOUND"
    context = {"targetingKey": "alice"}
    assert [answer.key for answer in flags.evaluate_all(context, 0)] == ["open", "third"]
    assert [answer.key for answer in flags.evaluate_all(context, 0, public_only=False)] == ["open", "secret", "third"]


@pytest.mark.parametrize(
    "entry",
    [
        None,
        [],
        {},
        {"variants": {"on": True}},
        {"variants": {"on": True}, "default_variant": "off"},
        {"variants": {"on": True}, "default_variant": ["on"]},
        {"variants": {"on": True}, "default_variant": "on", "targets": ["zz"], "target_variant": "on"},
        {"variants": {"on": True}, "default_variant": "on", "targets": ["00"]},
        {
            "variants": {"on": True},
            "default_variant": "on",
            "rules": [{"if": [{"attribute": "x", "op": "in", "values": [[]]}, 1]}],
        },
        {"variants": {"on": True}, "default_variant": "on", "rollout": {"variant": "on", "percentage": 101}},
        {"variants": {"on": True}, "default_variant": "on", "rollout": {"variant": "on", "percentage": "1"}},
        {"variants": {"on": True}, "default_variant": "on", "rollout": [1]},
        {
            "variants": {"on": True},
            "default_variant": "on",
            "rollout": {"variant": "on", "percentage": 1, "schedule": [1]},
        },
        {"variants": {"on": True}, "default_variant": "on", "rules": [{"if": [{}], "variant": "on"}]},
        {"variants": {"on": True}, "default_variant": "on", "rules": [{"if": [], "split": {"on": 0}}]},
        {"variants": {"on": True}, "default_variant": "on", "rules": [{"if": [], "split": {"on": -1}}]},
        {"variants": {"on": True}, "default_variant": "on", "targeting": {"nope": 1}},
        {
            "variants": {"on": True},
            "default_variant": "on",
            "starts_at": "2026",
            "rules": [{"if": [], "variant": "on"}],
        },
    ],
)
def test_a_malformed_flag_answers_an_error_and_harms_no_other(entry: Any) -> None:
    flags = compile_flags({"bad": entry, "good": snapshot_entry(boolean("good"))}, "production")
    assert set(flags.malformed) == {"bad"}
    bad, good = flags.evaluate_all({"targetingKey": "alice"}, 0)
    assert (bad.error_code, good.variant) == ("PARSE_ERROR", "off")
    assert flags.evaluate("bad", {}, 0).error_code == "PARSE_ERROR"


def test_a_token_that_is_empty_is_nobodys() -> None:
    entry = {**snapshot_entry(boolean(rollout={"variant": "on", "percentage": 50})), "targets": [""]}
    flags = compile_flags({"checkout": {**entry, "target_variant": "on"}}, "production")
    assert flags.malformed == {}
    assert flags.evaluate("checkout", {"targetingKey": "alice"}, 0).reason == "SPLIT"


def test_no_flags_are_flags_too() -> None:
    assert compile_flags(None, "production").evaluate_all({}, 0) == []
    assert len(compile_flags({}, "production")) == 0
    with pytest.raises(FlagsInvalid):
        compile_flags([], "production")
    assert gc.isenabled()


def test_an_answer_is_written_as_the_protocol_has_it() -> None:
    flag = boolean(metadata={"owner": "Zoë", "tier": 1})
    assert compiled(flag).evaluate("checkout", {}, 0).text() == (
        '{"key":"checkout","value":false,"reason":"STATIC","variant":"off","metadata":{"owner":"Zo\\u00eb","tier":1}}'
    )
    assert bulk_text([]) == '{"flags":[],"metadata":{}}'
    answers = [Answer("a", 1, "one", "STATIC"), Answer("b", {"x": []}, "obj", "SPLIT")]
    assert json.loads(bulk_text(answers)) == {"flags": [answer.document() for answer in answers], "metadata": {}}


def test_a_float_stays_a_float_and_makes_the_other_numbers_floats() -> None:
    flag = {**boolean(), "variants": {"off": 1, "on": 2.5}}
    assert '"value":1.0,' in compiled(flag).evaluate("checkout", {}, 0).text()
    assert '"value":1,' in compiled({**flag, "variants": {"off": 1, "on": 2}}).evaluate("checkout", {}, 0).text()


@pytest.mark.parametrize(
    ("variants", "default", "off"),
    [
        ({"on": True, "off": False}, "off", "off"),
        ({"on": True, "off": False}, "on", None),
        ({"none": 0, "some": 5}, "none", "none"),
        ({"none": 0.0, "some": 5}, "some", None),
        ({"empty": "", "text": "x"}, "empty", "empty"),
        ({"empty": "", "text": "x"}, "text", None),
        ({"empty": {}, "full": {"a": 1}}, "empty", "empty"),
        ({"empty": {}, "full": {"a": 0}}, "full", None),
        ({"on": True, "off": False}, None, None),
    ],
)
def test_a_disabled_flag_answers_the_off_value_of_its_type_or_nothing(
    variants: dict[str, Any], default: str | None, off: str | None
) -> None:
    flag = {"key": "a", "variants": variants, "default_variant": default, "enabled": False, "target_users": ["alice"]}
    answer = compiled(flag).evaluate("a", {"targetingKey": "alice"}, 0)
    assert (answer.variant, answer.reason, answer.error_code) == (off, "DISABLED", None)
    for variant in (*variants, None):
        assert ask({**flag, "off_variant": variant}, {}) == (variant, "DISABLED")


def test_an_answer_without_a_value_leaves_the_value_to_the_client() -> None:
    flag = boolean(default_variant=None, metadata={"owner": "shop"})
    assert compiled(flag).evaluate("checkout", {}, 0).document() == {
        "key": "checkout",
        "reason": "DEFAULT",
        "variant": "",
        "metadata": {"owner": "shop"},
    }
    rolled = boolean(default_variant=None, rollout={"variant": "on", "percentage": 0})
    answer = compiled(rolled).evaluate("checkout", {"targetingKey": "a"}, 0)
    assert answer.text() == '{"key":"checkout","reason":"SPLIT","variant":""}'
