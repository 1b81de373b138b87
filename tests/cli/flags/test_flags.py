from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from edgeship.adapters.documents.flags_file import json_schema
from tests.cli.command_line import CommandLine
from tests.cli.documentation import assert_as_documented
from tests.cli.pipeline import Pipeline
from tests.fakes.route_store import FakeRouteStore, bring
from tests.support.moto.aws import Aws
from tests.support.repository import ROOT

FLAG: dict[str, Any] = {
    "key": "new-checkout",
    "variants": {"on": True, "off": False},
    "default_variant": "off",
    "rollout": {"variant": "on", "percentage": 25},
}
SCHEMA = ROOT / "docs" / "schemas" / "flags.schema.json"


def write(path: str, document: Any) -> str:
    Path(path).write_text(document if isinstance(document, str) else json.dumps(document))
    return path


def stored(aws: Aws) -> dict[str, Any]:
    return {record.key: record.document for record in aws.state.flags()}


@pytest.fixture
def applied(edgeship: CommandLine) -> CommandLine:
    assert edgeship("flags", "apply", write("flags.json", {"flags": [FLAG]}), "--reason", "launch").code == 0
    return edgeship


def test_apply_shows_what_it_changes(applied: CommandLine, aws: Aws) -> None:
    assert stored(aws) == {"new-checkout": FLAG}
    event = aws.state.events(None, 1)[0]
    assert (event.type.value, event.cause) == ("Flag Changed", "launch")
    changed = {"flags": {"new-checkout": {**FLAG, "enabled": False}, "other": {**FLAG, "key": "other"}}}
    dry = applied("flags", "apply", write("flags.json", changed), "--dry-run")
    assert dry.out.splitlines() == ["~ new-checkout changed", "    enabled: (none) → false", "+ other added"]
    assert "nothing is applied" in dry.err
    assert stored(aws) == {"new-checkout": FLAG}
    done = applied("flags", "apply", "flags.json", "--json")
    assert_as_documented(done.document, "edgeship flags apply")
    assert applied("flags", "apply", "flags.json").out == "nothing to do\n"
    pruned = applied("flags", "apply", write("flags.json", {"flags": [FLAG]}), "--prune")
    assert pruned.out.splitlines()[-1] == "- other deleted"


def test_apply_says_what_share_of_users_changes_variant(edgeship: CommandLine) -> None:
    def split(**shares: Any) -> str:
        variants = {name: name for name in shares}
        rules = [{"if": [], "split": shares}]
        flag = {"key": "ab", "variants": variants, "default_variant": "a", "rules": rules}
        return write("flags.json", {"flags": [flag]})

    edgeship("flags", "apply", split(a=50, b=50))
    taken = split(a=40, b=50, c={"percent": 10, "from": "a"})
    done = edgeship("flags", "apply", taken, "--dry-run")
    assert done.out.splitlines()[-1] == "    10 % of the users of rule 1 change variant"
    done = edgeship("flags", "apply", taken, "--json")
    assert_as_documented(done.document | {"changes": []}, "edgeship flags apply")
    assert done.document["changes"][0]["moves"] == [{"place": "/rules/0", "percent": 10}]


def test_apply_says_what_share_of_users_a_changed_layer_moves(edgeship: CommandLine) -> None:
    def ranged(start: float, end: float) -> str:
        return write("flags.json", {"flags": [{**FLAG, "layer": {"name": "checkout", "from": start, "to": end}}]})

    edgeship("flags", "apply", ranged(0, 45))
    done = edgeship("flags", "apply", ranged(10, 55), "--dry-run")
    assert done.out.splitlines()[-1] == "    20 % of the users of the layer come into the flag's range, or leave it"
    done = edgeship("flags", "apply", ranged(10, 55), "--json")
    assert done.document["changes"][0]["moves"] == [{"place": "/layer", "percent": 20}]
    done = edgeship("flags", "rollout", "ab", "5", "--variant", "b")
    assert "%" not in done.out  # nobody came to it before


def test_stale_lists_flags_that_decide_nothing(applied: CommandLine) -> None:
    applied("flags", "toggle", "new-checkout", "--off")
    assert "no flags for 30 days or more" in applied("flags", "stale").out
    done = applied("flags", "stale", "--days", "0", "--json")
    assert_as_documented(done.document, "edgeship flags stale")
    assert [(each["key"], each["reason"], each["variant"]) for each in done.document["flags"]] == [
        ("new-checkout", "disabled", "off")
    ]
    assert "it is disabled" in applied("flags", "stale", "--days", "0").out
    applied("flags", "toggle", "new-checkout", "--on")
    assert applied("flags", "stale", "--days", "0", "--json").document == {"flags": []}


def test_apply_warns_of_another_type(applied: CommandLine) -> None:
    other = write("flags.json", {"flags": [{**FLAG, "variants": {"on": "yes", "off": "no"}}]})
    warning = "    warning: its type changes from boolean to string; code that asks for a boolean gets its own default"
    assert warning in applied("flags", "apply", other, "--dry-run").out.splitlines()
    (change,) = applied("flags", "apply", other, "--json").document["changes"]
    assert change["type_change"] == {"old": "boolean", "new": "string"}
    (change,) = applied("flags", "set", "new-checkout", "default_variant=on", "--json").document["changes"]
    assert change["type_change"] is None


def test_a_file_with_faults_lists_all_of_them(edgeship: CommandLine, aws: Aws) -> None:
    bad = {"flags": [{**FLAG, "default_variant": "gone"}, {**FLAG, "key": "b c"}, {**FLAG, "key": "d", "x": 1}]}
    done = edgeship("flags", "apply", write("flags.json", bad), "--json")
    assert (done.code, done.document["error"]["code"]) == (1, "flags_invalid")
    for place in ("/flags/0/default_variant", "/flags/1", "/flags/2/x"):
        assert place in done.err
    assert aws.items() == []


@pytest.mark.parametrize("text", ["{", '{"flags": 1}', "[]", '"x"'])
def test_a_file_that_is_none_is_refused(edgeship: CommandLine, text: str) -> None:
    assert edgeship("flags", "apply", write("flags.json", text)).code == 1
    assert edgeship("flags", "import", "flags.json", "--from", "flagd").code == 1


def test_list_and_get(applied: CommandLine) -> None:
    listed = applied("flags", "list", "--json")
    assert_as_documented(listed.document, "edgeship flags list")
    assert "on 25 %" in applied("flags", "list").out
    got = applied("flags", "get", "new-checkout", "--json")
    assert_as_documented(got.document, "edgeship flags get")
    assert json.loads(applied("flags", "get", "new-checkout").out) == FLAG
    assert applied("flags", "get", "gone").code == 1


def test_set_makes_and_changes_a_flag(edgeship: CommandLine, aws: Aws) -> None:
    done = edgeship("flags", "set", "color", 'variants={"red": "#f00", "blue": "#00f"}', "default_variant=red")
    assert (done.code, done.out) == (0, "+ color added\n")
    done = edgeship("flags", "set", "color", "default_variant=blue", "--json")
    assert_as_documented(done.document | {"changes": []}, "edgeship flags set")
    assert stored(aws)["color"]["default_variant"] == "blue"
    assert edgeship("flags", "set", "color", "default_variant").code == 2
    assert edgeship("flags", "set", "color", "default_variant=green").code == 1


def test_toggle_rollout_and_delete(applied: CommandLine, aws: Aws) -> None:
    off = applied("flags", "toggle", "new-checkout").out.splitlines()
    assert off[1:] == ["    enabled: (none) → false", "users get off from now on: false"]
    assert applied("flags", "toggle", "new-checkout", "--off").out == "nothing to do\n"
    assert applied("flags", "toggle", "new-checkout", "--on").code == 0
    assert applied("flags", "rollout", "new-checkout", "0.25").code == 0
    assert stored(aws)["new-checkout"]["rollout"] == {"variant": "on", "percentage": 0.25}
    assert applied("flags", "rollout", "new-checkout", "101").code == 1
    assert applied("flags", "delete", "new-checkout").out == "- new-checkout deleted\n"
    assert stored(aws) == {"new-checkout": None}
    for command in (("toggle", "new-checkout"), ("rollout", "new-checkout", "5"), ("delete", "new-checkout")):
        assert applied("flags", *command).code == 1


def test_evaluate_answers_a_line_for_a_line_offline(bare: CommandLine) -> None:
    flags = [
        {**FLAG, "rollout": {"variant": "on", "percentage": 100}},
        {"key": "soon", "variants": {"a": "x", "b": "y"}, "default_variant": "a", "starts_at": "2026-12-01T00:00:00Z",
         "rollout": {"variant": "b", "percentage": 100}},
        {**FLAG, "key": "staging-only", "environments": ["staging"], "public": False},
    ]  # fmt: skip
    contexts = [
        {"targetingKey": "u1", "now": "2026-11-23T10:00:00Z", "environment": "production"},
        {"targetingKey": "u2", "now": "2026-12-02T10:00:00Z", "environment": "staging"},
        {"now": "2026-12-02T10:00:00Z", "environment": "staging"},
    ]
    lines = "\n".join(map(json.dumps, contexts))
    done = bare(
        "flags", "evaluate", "--file", write("flags.json", {"flags": flags}), "--contexts", write("c.jsonl", lines)
    )
    assert done.code == 0
    answers = [json.loads(line) for line in done.out.splitlines()]
    assert_as_documented(answers[0], "edgeship flags evaluate")
    assert [answer["targetingKey"] for answer in answers] == ["u1", "u2", None]
    by_key = [{flag["key"]: flag for flag in answer["flags"]} for answer in answers]
    assert by_key[0]["new-checkout"] == {"key": "new-checkout", "value": True, "variant": "on", "reason": "SPLIT"}
    assert (by_key[0]["soon"]["value"], by_key[1]["soon"]["value"]) == ("x", "y")
    assert by_key[0]["staging-only"]["reason"] == "DISABLED"
    assert by_key[1]["staging-only"]["reason"] == "SPLIT"
    missing = by_key[2]["staging-only"]
    assert missing == {"key": "staging-only", "errorCode": "TARGETING_KEY_MISSING", "variant": None, "reason": "ERROR"}


@pytest.mark.parametrize(
    "line", ["{", "1", '{"now": "yesterday"}', '{"now": "2026-11-23T10:00:00"}', '{"targetingKey": 1}']
)
def test_evaluate_names_the_invalid_line(bare: CommandLine, line: str) -> None:
    write("c.jsonl", '{"targetingKey": "u1"}\n' + line)
    done = bare("flags", "evaluate", "--file", write("flags.json", {"flags": [FLAG]}), "--contexts", "c.jsonl")
    assert done.code == 2
    assert "Line 2" in done.err


def test_evaluate_knows_the_flags_of_the_environment(applied: CommandLine) -> None:
    done = applied("flags", "evaluate", "--contexts", write("c.jsonl", '{"targetingKey": "u1"}'))
    assert json.loads(done.out)["flags"][0]["key"] == "new-checkout"


def test_import_takes_flagds_file_as_it_stands(edgeship: CommandLine, aws: Aws) -> None:
    flagd = {
        "flags": {
            "header": {
                "state": "ENABLED",
                "variants": {"red": "#f00", "blue": "#00f"},
                "defaultVariant": "red",
                "targeting": {"if": [{"$ref": "isAnn"}, "blue", {"fractional": [["red", 50], ["blue", 50]]}]},
            },
            "off": {
                "state": "DISABLED",
                "variants": {"on": True, "off": False},
                "defaultVariant": "off",
                "targeting": {},
            },
        },
        "$evaluators": {"isAnn": {"starts_with": [{"var": "email"}, "ann@"]}},
    }
    done = edgeship("flags", "import", write("flagd.json", flagd), "--from", "flagd", "--json")
    assert done.code == 0
    flags = stored(aws)
    assert flags["off"]["enabled"] is False
    assert "targeting" not in flags["off"]
    write("c.jsonl", '{"targetingKey": "u1", "email": "ann@example.com"}')
    answer = json.loads(edgeship("flags", "evaluate", "--contexts", "c.jsonl").out)
    header = next(flag for flag in answer["flags"] if flag["key"] == "header")
    assert (header["value"], header["reason"]) == ("#00f", "TARGETING_MATCH")


def test_import_renames_flags_and_takes_the_older_hash(edgeship: CommandLine, aws: Aws) -> None:
    flag = {
        "state": "ENABLED",
        "variants": {"on": 1, "off": 0},
        "targeting": {"fractional": ["a", ["on", 1], ["off", 1]]},
    }
    imported = ("flags", "import", write("flagd.json", {"flags": {"a=b/c": flag}}), "--from", "flagd")
    assert edgeship(*imported).code == 1
    assert edgeship(*imported, "--rename", "a-b-c").code == 2
    assert edgeship(*imported, "--rename", "a=b/c=a-b-c", "--fractional", "v1").code == 0
    assert stored(aws)["a-b-c"]["targeting"] == {"fractional_v1": flag["targeting"]["fractional"]}


def test_route_names_the_flag_that_chooses(edgeship: CommandLine, pipeline: Pipeline, aws: Aws) -> None:
    for version in ("1.0.0", "1.1.0"):
        pipeline.ship("checkout", version)
    edgeship("flags", "set", "ab", 'variants={"old": "1.0.0", "new": "1.1.0"}', "default_variant=new")
    done = edgeship("route", "checkout", "--flag", "ab", "--json")
    assert_as_documented(done.document, "edgeship route")
    assert aws.state.channel("checkout", "latest").flag == "ab"
    assert "routed" in edgeship("history", "checkout").out.lower()
    assert edgeship("route", "checkout").code == 0
    assert edgeship("route", "checkout", "--flag", "gone").code == 1


def test_a_flag_that_the_router_can_not_decide(edgeship: CommandLine, pipeline: Pipeline, aws: Aws) -> None:
    pipeline.ship("checkout", "1.0.0")
    edgeship("flags", "set", "ab", 'variants={"old": "1.0.0", "new": "1.1.0"}', "default_variant=old")
    rule = 'rules=[{"if": [{"attribute": "plan", "op": "eq", "values": ["pro"]}], "variant": "new"}]'
    assert edgeship("route", "checkout", "--flag", "ab").code == 0
    bring(aws.state, aws.snapshots, FakeRouteStore(), "checkout")
    done = edgeship("flags", "set", "ab", rule, "--json")
    assert (done.code, done.document["error"]["code"]) == (1, "flag_not_routable")
    assert "latest of checkout" in done.document["error"]["reason"]
    assert "asks for the attribute 'plan'" in done.document["error"]["reason"]
    assert "rules" not in stored(aws)["ab"]
    assert edgeship("route", "checkout").code == 0
    assert edgeship("flags", "set", "ab", rule).code == 0
    done = edgeship("route", "checkout", "--flag", "ab", "--json")
    assert (done.code, done.document["error"]["code"]) == (1, "flag_not_routable")


def test_the_schema_in_the_docs_is_generated_from_the_model() -> None:
    assert json.loads(SCHEMA.read_text()) == json_schema()


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"flags": {"f": {"variants": {"low": 1.5, "high": 1%s}, "default_variant": "low"}}}' % ("0" * 400), "/high"),
        ('{"flags": {"f": {"variants": {"a": %s}, "default_variant": "a"}}}' % ("9" * 5_000), "/flags/f/variants/a"),
        ('{"flags": {"f": {"variants": {"a": "\\ud800"}, "default_variant": "a"}}}', "/flags/f/variants/a"),
        (
            (
                '{"flags": {"f": {"variants": {"on": true, "off": false}, "default_variant": "off", '
                '"targeting": {"if": [{"<": [{"var": "spend"}, NaN]}, "on", "off"]}}}}'
            ),
            "/flags/f/targeting/if/0/</1",
        ),
        ('{"flags": {"f": {"variants": {"a": true}, "default_variant": "a"}, "f": {}}}', "/flags: names 'f' twice"),
    ],
    ids=["number", "digits", "surrogate", "nan", "twice"],
)
def test_a_file_that_others_would_read_otherwise_is_refused_with_its_place(
    edgeship: CommandLine, aws: Aws, text: str, place: str
) -> None:
    for command in (("apply", "flags.json"), ("import", "flags.json", "--from", "flagd")):
        write("flags.json", text)
        done = edgeship("flags", *command)
        assert (done.code, place in done.err) == (1, True)
    assert aws.items() == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("set", "f", 'variants={"a": 1, "a": 2}'),
        ("set", "f", "default_variant=NaN"),
        ("set", "new-checkout", "description=\udcff"),
        ("rollout", "new-checkout", "nan"),
        ("rollout", "new-checkout", "inf"),
        ("toggle", "new-checkout", "--reason", "x" * 2_000),
        ("toggle", "new-checkout", "--reason", "\udcff"),
    ],
)
def test_what_can_not_be_stored_is_refused(applied: CommandLine, aws: Aws, arguments: tuple[str, ...]) -> None:
    assert applied("flags", *arguments).code in (1, 2)
    assert stored(aws) == {"new-checkout": FLAG}


@pytest.mark.parametrize("line", [b'{"n": NaN}', b'{"n": %s}' % (b"9" * 5_000), b"[" * 5_000, b'{"n": "\xff"}', b"{"])
def test_contexts_that_are_none_are_refused_with_their_line(applied: CommandLine, line: bytes) -> None:
    Path("contexts.jsonl").write_bytes(b"{}\n" + line)
    done = applied("flags", "evaluate", "--file", "flags.json", "--contexts", "contexts.jsonl")
    assert (done.code, "Line 2" in done.err) == (2, True)


def test_a_context_with_a_lone_surrogate_is_answered(applied: CommandLine) -> None:
    Path("contexts.jsonl").write_text(r'{"targetingKey": "\ud800é"}')
    done = applied("flags", "evaluate", "--file", "flags.json", "--contexts", "contexts.jsonl")
    assert json.loads(done.out)["targetingKey"] == "\ud800é"


def test_toggle_says_what_users_get(applied: CommandLine) -> None:
    off = applied("flags", "toggle", "new-checkout", "--off", "--json").document
    assert_as_documented(off, "edgeship flags toggle")
    assert off["users_get"] == {"variant": "off", "value": False}
    again = applied("flags", "toggle", "new-checkout", "--off")
    assert (again.out, "users get off from now on" in again.err) == ("nothing to do\n", True)
    applied("flags", "set", "new-checkout", "default_variant=on")
    assert "users get the default in each client's code" in applied("flags", "toggle", "new-checkout", "--off").err
    applied("flags", "set", "new-checkout", "off_variant=on")
    assert applied("flags", "toggle", "new-checkout", "--off", "--json").document["users_get"]["value"] is True
    on = applied("flags", "toggle", "new-checkout", "--on", "--json").document
    assert on["users_get"] is None
