"""edgeship incident, changes and open."""

from __future__ import annotations

import shlex

import pytest

from edgeship.cli.status.incident import choose
from edgeship.domain.status.acts import PossibleAct
from edgeship.domain.version import Version
from tests.cli.command_line import CommandLine
from tests.cli.documentation import assert_as_documented
from tests.cli.pipeline import Pipeline
from tests.support.bundles import WIDGET
from tests.support.moto.aws import Aws

PAUSE = ("rollout", "pause")


@pytest.fixture
def rolling(edgeship: CommandLine, pipeline: Pipeline) -> CommandLine:
    """1.0.0 is live, and 1.1.0 rolled out. Their files can be read, unlike those of a state that was put back."""
    for version in ("1.0.0", "1.1.0"):
        pipeline.ship("checkout", version)
    return edgeship


def test_what_can_be_done_is_a_plain_command_that_does_it(rolling: CommandLine, aws: Aws) -> None:
    done = rolling("incident", "checkout", "--json")
    assert (done.code, done.document["subject"]) == (0, "1.1.0")
    found = {**done.document, "status": {}}
    assert_as_documented(found, "edgeship incident")
    first = done.document["acts"][0]
    assert first["command"] == "edgeship rollout abort checkout --expect 1.1.0"
    assert first["does"] == "everybody gets 1.0.0; 1.1.0 is quarantined, and latest is locked"
    assert rolling(*shlex.split(first["command"])[1:]).code == 0
    channel = aws.state.channel("checkout", "latest")
    assert (str(channel.version), channel.candidate, channel.lock is not None) == ("1.0.0", None, True)
    after = rolling("incident", "checkout")
    assert "what 1.1.0 brought" in after.out
    assert "edgeship unlock checkout" in after.out


def test_what_is_chosen_is_printed_and_run(rolling: CommandLine, aws: Aws, capsys: pytest.CaptureFixture[str]) -> None:
    acts = [PossibleAct(PAUSE, "checkout", "latest", "everybody gets 1.0.0", Version(1, 1, 0))]
    answers = iter(["1", "slow loads"])
    assert choose(acts, "test", lambda _: next(answers)) == 0
    rollout = aws.state.channel("checkout", "latest").rollout
    assert rollout is not None
    assert rollout.paused is not None
    assert rollout.paused.cause == "slow loads"
    said = capsys.readouterr().err
    assert "$ edgeship rollout pause checkout --expect 1.1.0 --reason 'slow loads' --env test" in said


@pytest.mark.parametrize(("answer", "code"), [("", 0), ("7", 2), ("yes", 2)])
def test_no_answer_does_nothing(rolling: CommandLine, aws: Aws, answer: str, code: int) -> None:
    before = aws.items()
    acts = [PossibleAct(PAUSE, "checkout", "latest", "everybody gets 1.0.0")]
    assert choose(acts, "test", lambda _: answer) == code
    assert aws.items() == before


def test_an_act_on_what_has_changed_since_is_refused(rolling: CommandLine, aws: Aws) -> None:
    (abort, *_) = rolling("incident", "checkout", "--json").document["acts"]
    rolling("promote", "checkout", "1.1.0", "--now")
    refused = rolling(*shlex.split(abort["command"])[1:], "--json")
    assert refused.code == 1
    assert str(aws.state.channel("checkout", "latest").version) == "1.1.0"


def test_what_a_release_brings(edgeship: CommandLine, pipeline: Pipeline) -> None:
    pipeline.ship("checkout", "1.0.0")
    changed = {**WIDGET, "new.js": b"export const n = 1;\n", "version.txt": b"a longer version text"}
    del changed["assets/style.css"]
    pipeline.ship("checkout", "1.1.0", changed)
    first = edgeship("changes", "checkout", "1.0.0", "--json").document
    assert (first["against"], first["files_before"]) == (None, None)
    done = edgeship("changes", "checkout", "v1.1.0", "--json")
    assert_as_documented(done.document, "edgeship changes")
    assert {(each["path"], each["what"]) for each in done.document["file_changes"]} == {
        ("new.js", "added"),
        ("assets/style.css", "removed"),
        ("version.txt", "changed"),
    }
    shown = edgeship("changes", "checkout", "1.1.0").out
    for fact in ("checkout 1.1.0", "compared with 1.0.0", "added", "new.js", "removed", "public surface"):
        assert fact in shown
    # It breaks what 1.0.0 offers, so it waits.
    assert edgeship("changes", "checkout", "--json").document["version"] == "1.0.0"
    assert edgeship("changes", "chekout", "--json").document["error"]["code"] == "widget_unknown"
    assert edgeship("changes", "checkout", "1.1.9", "--json").document["error"]["code"] == "not_registered"


def test_where_a_widget_is(rolling: CommandLine) -> None:
    done = rolling("open", "checkout", "--json")
    assert_as_documented(done.document, "edgeship open")
    urls = {each["what"]: each["url"] for each in done.document["urls"]}
    assert urls["latest"] == "https://widgets.example.com/checkout/latest/widget.js"
    assert urls["1.0.0"] == "https://widgets.example.com/checkout/v1.0.0/widget.js"
    assert urls["as a tester"].endswith("/checkout/latest/widget.js?edgeship-track=candidate")
    assert "https://widgets.example.com/checkout/latest/widget.js" in rolling("open", "checkout").out
