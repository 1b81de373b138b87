"""An imported flagd definition means here what it means in flagd: held against flagd's own evaluator for Python."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openfeature.contrib.tools.flagd.core import FlagdCore
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import GeneralError

from edgeship.adapters.documents.flagd_file import from_flagd
from edgeship.application.edge.check_flags import CheckFlags
from edgeship.application.flags.change_flags import ChangeFlags
from edgeship.application.flags.check_set import FlagsRefused
from edgeship.domain.errors import Refused
from edgeship.domain.flags.evaluation.compile_flags import compile_flags
from edgeship.domain.flags.flags_snapshot import entries_of, flag_entries
from edgeship.domain.flags.snapshot_entry import snapshot_entry
from tests.application.flags.test_change_flags import ANN
from tests.fakes.edge import FakeSnapshots
from tests.fakes.state import FakeState
from tests.support.pytest_plugins.fuzz import examples

ON_OFF: dict[str, Any] = {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "off"}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("flagd") / "flags.flagd.json"


def imported(path: Path, document: Any) -> dict[str, Any]:
    """What each flag answers nobody in particular, by key."""
    path.write_text(json.dumps(document))
    flags = compile_flags(entries_of(from_flagd(path).documents()), "production")
    return {answer.key: answer.document() for answer in flags.evaluate_all({}, 0, public_only=False)}


@pytest.mark.parametrize("default", ["on", "off", None])
def test_disabled_is_the_default_in_the_clients_code(path: Path, default: str | None) -> None:
    flag = {**ON_OFF, "state": "DISABLED", "defaultVariant": default, "targeting": {"if": [True, "on"]}}
    found = imported(path, {"flags": {"paused": flag}})["paused"]
    assert found == {"key": "paused", "reason": "DISABLED", "variant": ""}


@pytest.mark.parametrize("fields", [{"defaultVariant": None}, {}])
def test_no_default_variant_is_the_default_in_the_clients_code(path: Path, fields: dict[str, Any]) -> None:
    flag = {"state": "ENABLED", "variants": {"on": True}, **fields}
    targeted = {**flag, "targeting": {"if": [{"var": "x"}, "on", None]}}
    answers = imported(path, {"flags": {"a": flag, "b": targeted}})
    assert answers == {key: {"key": key, "reason": "DEFAULT", "variant": ""} for key in ("a", "b")}


def test_flags_may_be_a_list_and_metadata_of_the_set_are_each_flags(path: Path) -> None:
    flags = [{**ON_OFF, "key": "a"}, {**ON_OFF, "key": "b", "metadata": {"flagSetId": "own", "tier": 2}}]
    answers = imported(path, {"$schema": "x", "flags": flags, "metadata": {"flagSetId": "shop"}})
    assert [answers[key]["metadata"] for key in "ab"] == [{"flagSetId": "shop"}, {"flagSetId": "own", "tier": 2}]


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ({"flags": {"a": {**ON_OFF, "state": "enabled"}}}, "/flags/a/state"),
        ({"flags": {"a": {**ON_OFF, "state": True}}}, "/flags/a/state"),
        ({"flags": {"a": {"variants": {"on": True}}}}, "/flags/a/state"),
        ({"flags": {"a": {"state": "ENABLED"}}}, "/flags/a/variants"),
        ({"flags": {"a": {**ON_OFF, "default_variant": "on"}}}, "/flags/a/default_variant"),
        ({"flags": {"a": 5}}, "/flags/a"),
        ({"flags": [ON_OFF]}, "/flags/0/key"),
        ({"flags": [{**ON_OFF, "key": "a"}, {**ON_OFF, "key": "a"}]}, "/flags/1/key"),
        ({"flags": [{**ON_OFF, "key": 5}]}, "/flags/0/key"),
        ({"flags": {}, "$evaluators": []}, "/$evaluators"),
        ({"flags": {}, "metadata": []}, "/metadata"),
        ({"flags": {"a/b": ON_OFF}}, "/flags/a~1b/key"),
        ({"$schema": "https://flagd.dev/schema/v1/flagd.json", "flags": {}}, "/$schema"),
        ({"flags": {"a": {**ON_OFF, "metadata": 5}}}, "/flags/a/metadata"),
    ],
)
def test_what_flagd_would_not_take_is_refused_with_its_place(path: Path, document: Any, place: str) -> None:
    path.write_text(json.dumps(document))
    with pytest.raises(FlagsRefused) as refused:
        from_flagd(path)
    assert [at for at, _ in refused.value.problems] == [place]


# Evaluators of several teams


def team(name: str, evaluator: str, rule: Any) -> dict[str, Any]:
    flag = {**ON_OFF, "targeting": {"if": [{"$ref": evaluator}, "on", "off"]}}
    return {"flags": {name: flag}, "$evaluators": {evaluator: rule}}


def test_evaluators_are_merged_by_name_and_a_conflict_lists_the_flags_that_would_change(path: Path) -> None:
    state = FakeState()
    changer = ChangeFlags(state, CheckFlags(state, FakeSnapshots()), pause=lambda _: None)

    def add(document: Any) -> None:
        path.write_text(json.dumps(document))
        changer.add(from_flagd(path), ANN, dry_run=False)

    def answers() -> dict[str, Any]:
        flags = compile_flags(flag_entries(state.flags()), "production")
        return {a.key: a.value for a in flags.evaluate_all({"email": "ann@a.example", "beta": True}, 0)}

    staff = {"ends_with": [{"var": "email"}, "@a.example"]}
    add(team("team-a", "is_staff", staff))
    add(team("team-b", "is_beta", {"==": [{"var": "beta"}, True]}))
    assert answers() == {"team-a": True, "team-b": True}
    other = team("team-c", "is_staff", {"ends_with": [{"var": "email"}, "@c.example"]})
    with pytest.raises(Refused, match="refer to it: team-a") as refused:
        add(other)
    assert refused.value.code == "evaluators_conflict"
    assert answers() == {"team-a": True, "team-b": True}
    add(team("team-c", "is_staff", staff))
    # A team changes its own rule: all flags that refer to it are in its file.
    add({**other, "flags": {"team-a": other["flags"]["team-c"], **other["flags"]}})
    assert answers() == {"team-a": False, "team-b": True, "team-c": False}


# Against flagd's evaluator

VAR = ["email", "plan", "version", "id", "user.name", "targetingKey", "$flagd.flagKey", "none"]
TEXTS = ["pro", "ann@a.example", "1.2.0", "v2.0.0", "abcdef", "", "on", "u1"]


def condition(pick: random.Random, depth: int = 0) -> Any:
    def operand() -> Any:
        return {"var": pick.choice(VAR)} if pick.random() < 0.7 else pick.choice(TEXTS)

    kind = pick.randrange(8)
    if kind == 0 and depth < 3:
        return {pick.choice(["and", "or"]): [condition(pick, depth + 1), condition(pick, depth + 1)]}
    if kind == 1 and depth < 3:
        return {"!": [condition(pick, depth + 1)]}
    if kind == 2:
        return {"$ref": "staff"}
    if kind == 3:
        return {
            "sem_ver": [operand(), pick.choice(["=", "!=", "<", "<=", ">", ">=", "^", "~"]), pick.choice(TEXTS[2:4])]
        }
    if kind == 4:
        return {"in": [operand(), ["pro", "u1", "abcdef"]]}
    return {pick.choice(["==", "===", "!=", "starts_with", "ends_with"]): [operand(), pick.choice(TEXTS)]}


def definition(pick: random.Random) -> dict[str, Any]:
    flag: dict[str, Any] = {"state": pick.choice(["ENABLED"] * 5 + ["DISABLED"]), "variants": {"on": "1", "off": "0"}}
    if pick.random() < 0.8:
        flag["defaultVariant"] = pick.choice(["on", "off", None])
    if pick.random() < 0.8:
        outcomes = [pick.choice(["on", "off", None, "gone"]) for _ in range(2)]
        flag["targeting"] = {"if": [condition(pick), outcomes[0], condition(pick), outcomes[1]]}
    return flag


@pytest.mark.fuzz
@settings(max_examples=examples(150, 10_000))
@given(seed=st.integers(0, 2**48))
def test_a_definition_answers_what_flagd_answers(path: Path, seed: int) -> None:
    pick = random.Random(seed)
    document = {
        "flags": {f"f{n}": definition(pick) for n in range(5)},
        "$evaluators": {"staff": {"ends_with": [{"var": "email"}, "@a.example"]}},
    }
    path.write_text(json.dumps(document))
    flags = compile_flags(entries_of(from_flagd(path).documents()), "production")
    core = FlagdCore()
    core.set_flags(json.dumps(document))
    names = [name for name in ("email", "plan", "version", "id") if pick.random() < 0.7]
    attributes: dict[str, Any] = {name: pick.choice(TEXTS) for name in names} | {"user": {"name": pick.choice(TEXTS)}}
    for key in document["flags"]:
        ours = flags.evaluate(key, {"targetingKey": "u1", **attributes}, 0)
        try:
            theirs = core.resolve_string_value(key, "code", EvaluationContext("u1", attributes))
        except GeneralError:
            assert ours.error_code == "GENERAL"
            continue
        # flagd says DEFAULT also where nothing could have decided otherwise.
        reason = "DEFAULT" if (ours.variant, ours.reason) == (None, "STATIC") else ours.reason
        value = "code" if ours.variant is None else ours.value
        assert (value, ours.variant, reason) == (theirs.value, theirs.variant, theirs.reason), document["flags"][key]


def test_a_key_that_is_renamed_has_the_characters_of_ours(path: Path) -> None:
    path.write_text(json.dumps({"flags": {"a/b": ON_OFF, "c": ON_OFF}}))
    assert from_flagd(path, {"a/b": "a.b"}).flags.keys() == {"a.b", "c"}
    for renamed, place in (({"a/b": "c"}, "/flags/c/key"), ({"a/b": "d e"}, "/flags/a~1b/key"), ({"x": "y"}, "/flags")):
        with pytest.raises(FlagsRefused) as refused:
            from_flagd(path, renamed)
        assert place in [place for place, _ in refused.value.problems]


SHARES: list[Any] = [["red", 1], ["blue", {"var": "weight"}]]
BY_KEY: list[Any] = [
    {"fractional": SHARES},
    {"fractional": [{"var": "email"}, *SHARES]},
    {"fractional": [{"cat": [{"var": "$flagd.flagKey"}, {"var": ["email"]}]}, *SHARES]},
    {"fractional": ["seed", *SHARES]},
    {"if": [{"==": [{"var": ["$flagd.flagKey"]}, "a/b"]}, {"$ref": "shared"}, "none"]},
]


@pytest.mark.parametrize("fractional", ["fractional", "fractional_v1"])
@pytest.mark.parametrize("targeting", BY_KEY, ids=str)
def test_a_flag_that_is_renamed_gives_each_user_the_same_variant(
    path: Path, targeting: dict[str, Any], fractional: str
) -> None:
    flag = {"state": "ENABLED", "variants": {"red": 1, "blue": 2, "none": 3}, "defaultVariant": "none"}
    document = {"flags": {"a/b": {**flag, "targeting": targeting}}, "$evaluators": {"shared": {"fractional": SHARES}}}
    path.write_text(json.dumps(document))
    ours = from_flagd(path, {"a/b": "new"}, fractional=fractional)
    after = compile_flags(entries_of(ours.documents()), "production")
    entry = snapshot_entry({**ours.flags["new"], "targeting": in_version(targeting, fractional)}, ours.evaluators)
    before = compile_flags({"a/b": entry}, "production")
    contexts: list[dict[str, Any]] = [{"weight": 1}, {"email": "x", "weight": 0}, {"targetingKey": "", "weight": 3}]
    contexts += [{"targetingKey": f"u{n}", "email": f"{n}@x", "weight": n % 4} for n in range(200)]
    contexts += [{"targetingKey": f"u{n}", "email": None, "weight": 1} for n in range(50)]
    assert [after.evaluate("new", each, 0).variant for each in contexts] == [
        before.evaluate("a/b", each, 0).variant for each in contexts
    ]


def in_version(rule: Any, fractional: str) -> Any:
    return json.loads(json.dumps(rule).replace('"fractional"', f'"{fractional}"'))
