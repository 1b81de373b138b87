"""A name that is not there is one error in every command, with what it was probably meant to be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.command_line import CommandLine
from tests.support.moto.aws import Aws

WIDGET_COMMANDS = [
    ("status", "chekout"),
    ("releases", "chekout"),
    ("history", "chekout"),
    ("promote", "chekout", "1.0.0"),
    ("promote", "chekout", "1.0.0", "--now"),
    ("rollback", "chekout"),
    ("rollback", "chekout", "--to", "1.0.0"),
    ("rollout", "start", "chekout", "1.0.0"),
    *(("rollout", act, "chekout") for act in ("hold", "pause", "resume", "advance", "cancel", "abort")),
    ("unlock", "chekout"),
    ("unquarantine", "chekout", "1.0.0"),
    ("route", "chekout"),
    ("propagate", "chekout"),
    ("embed", "chekout", "1.0.0"),
    ("embed", "chekout"),
    ("errors", "chekout", "1.0.0"),
    ("prune", "chekout"),
]


def events(aws: Aws) -> list[str]:
    return [event.event_id for event in aws.state.events("checkout", 100)]


@pytest.mark.parametrize("words", WIDGET_COMMANDS, ids=" ".join)
def test_an_unknown_widget(rolling: CommandLine, aws: Aws, words: tuple[str, ...]) -> None:
    before = events(aws)
    done = rolling(*words, "--json")
    assert done.code == 1
    assert done.document["error"] == {
        "code": "widget_unknown",
        "reason": "There is no widget 'chekout'.",
        "remedy": "Did you mean checkout? All: edgeship status.",
    }
    assert events(aws) == before
    assert aws.state.widget("chekout") is None


@pytest.mark.parametrize(
    "words",
    [
        ("promote", "checkout", "1.1.1"),
        ("promote", "checkout", "v1.1.1", "--now"),
        ("rollout", "start", "checkout", "1.1.1"),
        ("unquarantine", "checkout", "1.1.1"),
        ("embed", "checkout", "1.1.1"),
    ],
    ids=" ".join,
)
def test_an_unknown_version(rolling: CommandLine, words: tuple[str, ...]) -> None:
    error = rolling(*words, "--json").document["error"]
    assert (error["code"], error["reason"]) == ("not_registered", "checkout 1.1.1 is not a registered release.")
    assert error["remedy"].startswith("Did you mean 1.1.0")
    assert error["remedy"].endswith("All: edgeship releases checkout.")


@pytest.mark.parametrize(
    "words",
    [("rollback", "checkout"), ("rollout", "pause", "checkout"), ("unlock", "checkout")],
)
def test_an_unknown_channel(rolling: CommandLine, words: tuple[str, ...]) -> None:
    error = rolling(*words, "--channel", "lates", "--json").document["error"]
    assert (error["code"], error["reason"]) == ("channel_unknown", "checkout has no channel 'lates'.")
    assert "Did you mean latest?" in error["remedy"]


def test_a_refusal_that_is_not_about_a_name_stays(rolling: CommandLine) -> None:
    assert rolling("unlock", "checkout", "--json").document["error"]["code"] == "not_locked"


def test_a_tag_names_its_version(rolling: CommandLine, aws: Aws) -> None:
    assert rolling("promote", "checkout", "v2.0.0", "--now", "--expect", "v1.0.0").code == 0
    assert str(aws.state.channel("checkout", "latest").version) == "2.0.0"
    refused = rolling("promote", "checkout", "version-2", "--json").document["error"]
    assert refused["code"] == "version_invalid"


@pytest.mark.parametrize(
    "words", [("flags", "get", "dark-mod"), ("flags", "toggle", "dark-mod", "--off"), ("flags", "delete", "dark-mod")]
)
def test_an_unknown_flag(rolling: CommandLine, tmp_path: Path, words: tuple[str, ...]) -> None:
    nothing = rolling(*words, "--json").document["error"]
    assert (nothing["code"], nothing["remedy"]) == ("flag_unknown", "There is no flag yet: edgeship flags apply.")
    flag = {"key": "dark-mode", "variants": {"on": True, "off": False}, "default_variant": "off"}
    (tmp_path / "flags.json").write_text(json.dumps({"flags": [flag]}))
    assert rolling("flags", "apply", str(tmp_path / "flags.json")).code == 0
    error = rolling(*words, "--json").document["error"]
    assert (error["code"], error["reason"]) == ("flag_unknown", "There is no flag 'dark-mod'.")
    assert error["remedy"] == "Did you mean dark-mode? All: edgeship flags list."
