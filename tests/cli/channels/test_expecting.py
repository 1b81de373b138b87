"""An act expects what the command says, else what was shown last, else what is there, which a person is asked."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edgeship.cli.channels import expecting
from edgeship.domain.events import Occasion, timestamp
from edgeship.domain.version import Version
from tests.cli.command_line import CommandLine
from tests.support.crash.scenes.actors import tools
from tests.support.moto.aws import Aws

BOB = Occasion("test", "bob", "the fix", datetime.now(UTC) + timedelta(hours=1))
"""Later than all that the fixtures did."""


def another_rollout() -> None:
    """Bob aborts the rollout to 1.1.0, and starts one to 2.0.0."""
    tools().steer_rollout.abort("checkout", "latest", BOB)
    tools().start_rollout("checkout", Version.parse("2.0.0"), "latest", BOB)


@pytest.mark.parametrize("act", ["rollback", "rollout abort", "rollout pause", "rollout resume", "rollout advance"])
def test_an_act_after_a_status_is_refused_when_the_rollout_is_another(act: str, rolling: CommandLine, aws: Aws) -> None:
    assert rolling("status", "checkout").code == 0
    another_rollout()
    before = aws.items()
    for words in ((), ("--json",), ("--yes",), ("--expect", "1.1.0")):
        done = rolling(*act.split(), "checkout", *words)
        assert (done.code, aws.items()) == (1, before)
        assert f"with a rollout to 2.0.0, since {timestamp(BOB.at)} by bob (the fix). Nothing was changed." in done.err
        assert "add --expect 2.0.0" in done.err
    assert done.document["error"]["code"] == "changed_since" if "--json" in words else True


def test_the_version_that_is_named_counts_more_than_what_was_shown(rolling: CommandLine) -> None:
    rolling("status")
    another_rollout()
    done = rolling("rollout", "abort", "checkout", "--expect", "2.0.0", "--json")
    assert (done.code, done.document["quarantined"], done.document["expected"]) == (0, "2.0.0", "2.0.0")


def test_an_act_shows_what_it_left_too(rolling: CommandLine, aws: Aws) -> None:
    assert rolling("rollout", "pause", "checkout").code == 0
    another_rollout()
    assert rolling("rollout", "resume", "checkout").code == 1


def test_what_was_shown_hours_ago_does_not_count(rolling: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    rolling("status")
    another_rollout()
    monkeypatch.setattr(expecting, "_now", lambda: datetime.now(UTC) + timedelta(hours=5))
    done = rolling("rollout", "abort", "checkout", "--json")
    assert (done.code, done.document["quarantined"]) == (0, "2.0.0")


def test_a_promotion_from_another_version_is_refused(rolling: CommandLine) -> None:
    rolling("status")
    tools().promote("checkout", Version.parse("1.1.0"), "latest", BOB)
    for words in (("promote", "checkout", "2.0.0"), ("rollout", "start", "checkout", "2.0.0")):
        done = rolling(*words)
        assert (done.code, "This expects latest at 1.0.0" in done.err) == (1, True)
    # That it is done already is no reason to refuse it.
    assert rolling("promote", "checkout", "1.1.0").code == 0


def test_none_is_a_channel_that_points_at_nothing(rolling: CommandLine) -> None:
    done = rolling("promote", "checkout", "1.1.0", "--channel", "beta", "--expect", "none", "--json")
    assert (done.code, done.document["expected"]) == (0, None)
    assert rolling("promote", "checkout", "1.0.0", "--channel", "beta", "--expect", "none").code == 1


@pytest.fixture
def terminal(rolling: CommandLine, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    monkeypatch.setattr(expecting, "is_terminal", lambda: True)
    return rolling


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 1), ("\n", 1), ("", 130)])
def test_on_a_terminal_the_person_is_asked(
    answer: str, code: int, terminal: CommandLine, monkeypatch: pytest.MonkeyPatch, aws: Aws
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))
    done = terminal("rollout", "abort", "checkout")
    assert done.code == code
    assert "latest of checkout is at 1.0.0, with a rollout to 1.1.0" in done.err
    assert "edgeship rollout abort: act on the rollout to 1.1.0? [y/N]" in done.err
    assert (aws.state.channel("checkout", "latest").candidate is None) is (code == 0)


@pytest.mark.parametrize("words", [("--yes",), ("--json",), ("--expect", "1.1.0")])
def test_nobody_is_asked_who_has_said_it(words: tuple[str, ...], terminal: CommandLine) -> None:
    assert terminal("rollback", "checkout", *words).code == 0


def test_a_file_that_cant_be_written_fails_no_command(
    rolling: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "blocked").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "blocked"))
    assert rolling("status").code == 0
    done = rolling("rollout", "pause", "checkout")
    assert (done.code, "expected: a rollout to 1.1.0, which is there now" in done.err) == (0, True)
