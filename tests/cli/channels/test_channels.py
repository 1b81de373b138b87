from __future__ import annotations

from datetime import UTC, datetime

import pytest

from edgeship.application.transaction import Transaction
from edgeship.domain.events import Occasion
from edgeship.domain.releases.quarantine import quarantine
from edgeship.domain.version import Version
from tests.cli.command_line import CommandLine
from tests.cli.documentation import assert_as_documented, documented_error
from tests.cli.pipeline import Pipeline
from tests.support.moto.aws import Aws


@pytest.fixture
def shipped(at_once: CommandLine, pipeline: Pipeline) -> CommandLine:
    """checkout: 1.0.0 was live, 1.1.0 is, 2.0.0 waits."""

    def ship() -> None:
        for version in ("1.0.0", "1.1.0", "2.0.0"):
            pipeline.ship("checkout", version)

    pipeline.once("shipped at once", ship)
    return at_once


def live(aws: Aws, channel: str = "latest") -> str:
    return str(aws.state.channel("checkout", channel).version)


def test_promote_moves_latest_at_once_where_the_policy_has_no_step_before_100(shipped: CommandLine, aws: Aws) -> None:
    done = shipped("promote", "checkout", "2.0.0", "--reason", "approved", "--json")
    assert done.code == 0
    assert_as_documented(done.document, "edgeship promote")
    assert done.document == {
        "widget": "checkout",
        "channel": "latest",
        "version": "2.0.0",
        "expected": "1.1.0",
        "previous": "1.1.0",
        "changed": True,
        "rollout": None,
    }
    assert live(aws) == "2.0.0"
    assert aws.state.events("checkout", 1)[0].cause == "approved"


def test_promote_makes_a_channel(shipped: CommandLine, aws: Aws) -> None:
    done = shipped("promote", "checkout", "2.0.0", "--channel", "beta")
    assert (done.code, done.out) == (0, "beta of checkout: (nothing) → 2.0.0\n")
    assert (live(aws, "beta"), live(aws)) == ("2.0.0", "1.1.0")


def test_promote_starts_a_rollout_by_the_policy(shipped: CommandLine, aws: Aws) -> None:
    shipped("policy", "set", "checkout", "--steps", "5:12h,100")
    done = shipped("promote", "checkout", "2.0.0", "--json")
    assert_as_documented(done.document, "edgeship promote")
    assert (done.code, done.document["version"], done.document["previous"]) == (0, "2.0.0", "1.1.0")
    assert done.document["rollout"] == {
        "candidate": "2.0.0",
        "phase": "running",
        "step": 1,
        "steps": 2,
        "percent": 5,
    }
    assert live(aws) == "1.1.0"


def test_promote_shows_the_progress_of_the_rollout(shipped: CommandLine) -> None:
    shipped("policy", "set", "checkout", "--default")
    done = shipped("promote", "checkout", "2.0.0")
    first, second = done.out.splitlines()
    assert first.startswith("latest of checkout: rollout 1.1.0 → 2.0.0 started: 1 %, step 1 of 5, bakes until 20")
    assert "edgeship rollout abort checkout;" in second
    assert "edgeship promote checkout 2.0.0 --now" in second


def test_promote_now_completes_the_rollout_of_that_version(rolling: CommandLine, aws: Aws) -> None:
    done = rolling("promote", "checkout", "1.1.0", "--now", "--json")
    assert (done.code, done.document["previous"], done.document["rollout"]) == (0, "1.0.0", None)
    assert live(aws) == "1.1.0"
    assert "latest: rollout to 1.1.0 completed" in rolling("history", "checkout").out


def test_promote_now_of_another_version_aborts_the_rollout(rolling: CommandLine, aws: Aws) -> None:
    done = rolling("promote", "checkout", "2.0.0", "--now")
    assert (done.code, done.out, live(aws)) == (0, "latest of checkout: 1.0.0 → 2.0.0\n", "2.0.0")
    assert "latest: rollout to 1.1.0 aborted" in rolling("history", "checkout").out


def test_promoting_what_is_live_during_a_rollout_leaves_the_rollout(rolling: CommandLine, aws: Aws) -> None:
    before = aws.items()
    done = rolling("promote", "checkout", "1.0.0", "--json")
    assert (done.code, done.document["changed"]) == (0, False)
    assert done.document["rollout"]["candidate"] == "1.1.0"
    assert aws.items() == before


def test_promoting_what_is_live_changes_nothing_and_succeeds(shipped: CommandLine, aws: Aws) -> None:
    before = aws.items()
    done = shipped("promote", "checkout", "1.1.0", "--json")
    assert (done.code, done.document["changed"], done.document["previous"]) == (0, False, "1.1.0")
    assert "already" in done.err
    assert aws.items() == before


def test_rollback_quarantines_and_locks(shipped: CommandLine, aws: Aws) -> None:
    done = shipped("rollback", "checkout", "--json")
    assert done.code == 0
    assert_as_documented(done.document, "edgeship rollback")
    assert (done.document["previous"], done.document["version"]) == ("1.1.0", "1.0.0")
    assert (done.document["quarantined"], done.document["locked"]) == ("1.1.0", True)
    assert done.document["aborted_rollout"] is False
    assert live(aws) == "1.0.0"
    assert aws.state.channel("checkout", "latest").lock is not None
    assert {e.cause for e in aws.state.events("checkout", 2)} == {"rolled back by hand"}


def test_rollback_to_a_version(shipped: CommandLine, aws: Aws) -> None:
    shipped("promote", "checkout", "2.0.0")
    done = shipped("rollback", "checkout", "--to", "1.0.0")
    assert (done.code, live(aws)) == (0, "1.0.0")
    assert done.out.startswith("latest of checkout: 2.0.0 → 1.0.0; 2.0.0 is quarantined and latest is locked\n")


def test_rollback_during_a_rollout_aborts_it(rolling: CommandLine, aws: Aws) -> None:
    done = rolling("rollback", "checkout", "--json")
    assert_as_documented(done.document, "edgeship rollback")
    assert done.document == {
        "widget": "checkout",
        "channel": "latest",
        "version": "1.0.0",
        "previous": "1.1.0",
        "quarantined": "1.1.0",
        "locked": True,
        "changed": True,
        "expected": "1.1.0",
        "aborted_rollout": True,
    }
    channel = aws.state.channel("checkout", "latest")
    assert (str(channel.version), channel.candidate) == ("1.0.0", None)


def test_rollback_of_a_candidate_for_people(rolling: CommandLine) -> None:
    first, second = rolling("rollback", "checkout").out.splitlines()
    assert first.startswith("latest of checkout: the rollout to 1.1.0 is aborted, everybody gets 1.0.0; ")
    assert first.endswith("; 1.1.0 is quarantined and latest is locked")
    assert second == ("once a fixed version is out: edgeship promote checkout VERSION, then edgeship unlock checkout")


def test_rollback_of_a_candidate_that_is_quarantined_already(rolling: CommandLine, aws: Aws) -> None:
    release = aws.state.release("checkout", Version.parse("1.1.0"))
    assert release is not None
    (quarantined,), (event,) = quarantine(release, Occasion("test", "ann", "seen elsewhere", datetime.now(UTC)))
    aws.state.commit(Transaction(puts=(quarantined,), events=(event,)))
    done = rolling("rollback", "checkout", "--json")
    assert (done.code, done.document["quarantined"], done.document["aborted_rollout"]) == (0, "1.1.0", True)


def test_rollback_to_another_version_during_a_rollout(shipped: CommandLine, aws: Aws) -> None:
    shipped("policy", "set", "checkout", "--default")
    shipped("promote", "checkout", "2.0.0")
    done = shipped("rollback", "checkout", "--to", "1.0.0", "--json")
    assert (done.document["previous"], done.document["quarantined"], live(aws)) == ("1.1.0", "1.1.0", "1.0.0")
    assert done.document["aborted_rollout"] is True


def test_unlock_and_unquarantine_lift_what_a_rollback_put_in_place(shipped: CommandLine, aws: Aws) -> None:
    shipped("rollback", "checkout")
    freed = shipped("unquarantine", "checkout", "1.1.0", "--reason", "the backend was at fault", "--json")
    unlocked = shipped("unlock", "checkout", "--json")
    assert (freed.code, unlocked.code) == (0, 0)
    assert_as_documented(freed.document, "edgeship unquarantine")
    assert_as_documented(unlocked.document, "edgeship unlock")
    assert aws.state.channel("checkout", "latest").lock is None
    (release,) = [r for r in aws.state.releases("checkout") if str(r.version) == "1.1.0"]
    assert release.quarantine is None
    assert {e.cause for e in aws.state.events("checkout", 2)} == {"the backend was at fault", "unlocked by hand"}


@pytest.mark.parametrize(
    ("words", "code", "helps"),
    [
        (("promote", "checkout", "9.9.9"), "not_registered", "2.0.0, 1.1.0, 1.0.0"),
        (("promote", "Checkout", "1.0.0"), "widget_invalid", "lowercase"),
        (("promote", "checkout", "9.9.9", "--now"), "not_registered", "2.0.0, 1.1.0, 1.0.0"),
        (("promote", "checkout", "1.x"), "version_invalid", "MAJOR.MINOR.PATCH"),
        (("promote", "checkout", "2.0.0", "--channel", "Beta"), "channel_invalid", "lowercase"),
        (("rollback", "checkout", "--to", "9.9.9"), "target_invalid", "Valid targets: 1.0.0"),
        (("rollback", "checkout", "--to", "2.0.0"), "target_invalid", "Valid targets: 1.0.0"),
        (("rollback", "checkout", "--channel", "beta"), "channel_unknown", "edgeship promote"),
        (("unlock", "checkout"), "not_locked", "nothing to unlock"),
        (("unquarantine", "checkout", "1.1.0"), "not_quarantined", "nothing to release"),
        (("unquarantine", "checkout", "9.9.9"), "not_registered", "2.0.0, 1.1.0, 1.0.0"),
    ],
)
def test_what_a_rule_forbids_is_refused_and_changes_nothing(
    shipped: CommandLine, aws: Aws, words: tuple[str, ...], code: str, helps: str
) -> None:
    before = aws.items()
    done = shipped(*words, "--json")
    assert (done.code, done.document["error"]["code"]) == (1, code)
    assert helps in done.document["error"]["remedy"]
    assert done.document["error"]["reason"] in done.err
    assert aws.items() == before
    assert set(done.document["error"]) == set(documented_error()["error"])


def test_a_quarantined_release_is_not_promoted(shipped: CommandLine, aws: Aws) -> None:
    shipped("rollback", "checkout")
    done = shipped("promote", "checkout", "1.1.0")
    assert (done.code, done.out, live(aws)) == (1, "", "1.0.0")
    assert "edgeship unquarantine checkout 1.1.0" in done.err


@pytest.mark.parametrize(
    "words", [("promote", "checkout"), ("rollback",), ("unlock",), ("unquarantine", "checkout"), ("promote",)]
)
def test_a_missing_argument_is_a_usage_error(edgeship: CommandLine, words: tuple[str, ...]) -> None:
    done = edgeship(*words, "--json")
    assert (done.code, done.document["error"]["code"]) == (2, "usage")
    assert f"edgeship {words[0]} --help" in done.err
