from __future__ import annotations

import pytest

from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.rollout import Step
from tests.cli.command_line import CommandLine
from tests.cli.documentation import assert_as_documented
from tests.cli.pipeline import Pipeline
from tests.support.moto.aws import Aws


def latest(aws: Aws) -> Channel:
    return aws.state.channel("checkout", "latest")


@pytest.fixture
def live(edgeship: CommandLine, pipeline: Pipeline) -> CommandLine:
    """checkout: 1.0.0 is live, 2.0.0 waits."""

    def ship() -> None:
        for version in ("1.0.0", "2.0.0"):
            pipeline.ship("checkout", version)

    pipeline.once("live", ship)
    return edgeship


def test_start_takes_steps_of_its_own(live: CommandLine, aws: Aws) -> None:
    words = ("--steps", "10:30m,50:1h30m,100", "--reason", "a quick one")
    done = live("rollout", "start", "checkout", "2.0.0", *words, "--json")
    assert done.code == 0
    assert_as_documented(done.document, "edgeship rollout start")
    assert done.document == {
        "widget": "checkout",
        "channel": "latest",
        "version": "2.0.0",
        "expected": "1.0.0",
        "previous": "1.0.0",
        "changed": True,
        "rollout": {"candidate": "2.0.0", "phase": "running", "step": 1, "steps": 3, "percent": 10},
    }
    rollout = latest(aws).rollout
    assert rollout is not None
    assert rollout.steps == (Step(10, 1_800), Step(50, 5_400), Step(100, 0))
    assert (str(latest(aws).version), aws.state.events("checkout", 1)[0].cause) == ("1.0.0", "a quick one")


def test_start_takes_the_policys_steps(live: CommandLine, aws: Aws) -> None:
    live("policy", "set", "checkout", "--steps", "20:1h,100")
    done = live("rollout", "start", "checkout", "2.0.0")
    assert done.out.startswith("latest of checkout: rollout 1.0.0 → 2.0.0 started: 20 %, step 1 of 2, bakes until ")


def test_start_where_there_is_nothing_to_roll_out_from_moves_at_once(live: CommandLine, aws: Aws) -> None:
    done = live("rollout", "start", "checkout", "2.0.0", "--channel", "beta", "--json")
    assert (done.code, done.document["previous"], done.document["rollout"]) == (0, None, None)
    assert str(aws.state.channel("checkout", "beta").version) == "2.0.0"


def test_start_of_what_is_live_changes_nothing_and_succeeds(live: CommandLine, aws: Aws) -> None:
    before = aws.items()
    done = live("rollout", "start", "checkout", "1.0.0", "--json")
    assert (done.code, done.document["changed"]) == (0, False)
    assert aws.items() == before


def test_pause_and_resume(rolling: CommandLine, aws: Aws) -> None:
    paused = rolling("rollout", "pause", "checkout", "--reason", "slow loads", "--json")
    assert_as_documented(paused.document, "edgeship rollout pause")
    assert (paused.code, paused.document["rollout"]["phase"], paused.document["rollout"]["percent"]) == (0, "paused", 0)
    assert aws.state.events("checkout", 1)[0].cause == "slow loads"
    resumed = rolling("rollout", "resume", "checkout", "--json")
    assert_as_documented(resumed.document, "edgeship rollout resume")
    assert (resumed.document["rollout"]["phase"], resumed.document["rollout"]["percent"]) == ("running", 1)
    assert resumed.document["version"] == "1.0.0"


def test_pause_and_resume_for_people(rolling: CommandLine) -> None:
    assert rolling("rollout", "pause", "checkout").out.splitlines() == [
        "latest of checkout: the rollout to 1.1.0 is paused: everybody gets 1.0.0",
        "to continue: edgeship rollout resume checkout",
    ]
    resumed = rolling("rollout", "resume", "checkout").out
    assert resumed.startswith("latest of checkout: the rollout to 1.1.0 is at 1 %, step 1 of 5, bakes until ")


def test_advance_goes_on_to_the_end(rolling: CommandLine, aws: Aws) -> None:
    percents = []
    for _ in range(3):
        done = rolling("rollout", "advance", "checkout", "--json")
        assert_as_documented(done.document, "edgeship rollout advance")
        percents.append(done.document["rollout"]["percent"])
    assert percents == [5, 25, 50]
    done = rolling("rollout", "advance", "checkout", "--reason", "enough")
    assert (done.code, done.out) == (0, "latest of checkout: the rollout is complete, everybody gets 1.1.0\n")
    assert (str(latest(aws).version), latest(aws).candidate) == ("1.1.0", None)


def test_the_document_of_a_completed_rollout(rolling: CommandLine, aws: Aws) -> None:
    for _ in range(4):
        done = rolling("rollout", "advance", "checkout", "--json")
    assert done.document == {
        "widget": "checkout",
        "channel": "latest",
        "version": "1.1.0",
        "expected": "1.1.0",
        "changed": True,
        "rollout": None,
    }


def test_abort_quarantines_and_locks(rolling: CommandLine, aws: Aws) -> None:
    done = rolling("rollout", "abort", "checkout", "--reason", "prices are wrong", "--json")
    assert_as_documented(done.document, "edgeship rollout abort")
    assert done.document == {
        "widget": "checkout",
        "channel": "latest",
        "version": "1.0.0",
        "expected": "1.1.0",
        "changed": True,
        "rollout": None,
        "quarantined": "1.1.0",
        "locked": True,
    }
    lock = latest(aws).lock
    assert lock is not None
    assert lock.cause == "prices are wrong"
    (release,) = [r for r in aws.state.releases("checkout") if str(r.version) == "1.1.0"]
    assert release.quarantine is not None


def test_what_an_abort_says_names_the_channel(live: CommandLine) -> None:
    live("promote", "checkout", "1.0.0", "--channel", "beta")
    live("rollout", "start", "checkout", "2.0.0", "--channel", "beta")
    done = live("rollout", "abort", "checkout", "--channel", "beta")
    assert done.out.startswith("beta of checkout: the rollout to 2.0.0 is aborted, everybody gets 1.0.0; ")
    assert "edgeship unlock checkout --channel beta" in done.out


@pytest.mark.parametrize(
    ("words", "code", "helps"),
    [
        (("start", "checkout", "2.0.0"), "rollout_running", "edgeship rollout abort checkout"),
        (("start", "checkout", "9.9.9"), "not_registered", "2.0.0, 1.1.0, 1.0.0"),
        (("start", "Checkout", "2.0.0"), "widget_invalid", "lowercase"),
        (("start", "checkout", "2.x"), "version_invalid", "MAJOR.MINOR.PATCH"),
        (("start", "checkout", "2.0.0", "--channel", "Beta"), "channel_invalid", "lowercase"),
        (("start", "checkout", "2.0.0", "--steps", "50:1h,10:1h,100"), "steps_invalid", "1:1d,5:1d"),
        (("start", "checkout", "2.0.0", "--steps", "50:1h"), "steps_invalid", "1:1d,5:1d"),
        (("resume", "checkout"), "phase_invalid", "edgeship status"),
        (
            ("pause", "checkout", "--channel", "beta"),
            "channel_unknown",
            "edgeship promote checkout VERSION --channel beta",
        ),
        (("resume", "banner"), "widget_unknown", "Known: checkout."),
        (("advance", "banner"), "widget_unknown", "Known: checkout."),
        (("abort", "banner"), "widget_unknown", "Known: checkout."),
        (("abort", "checkout", "--channel", "Beta"), "channel_invalid", "lowercase"),
    ],
)
def test_what_a_rule_forbids_is_refused_and_changes_nothing(
    rolling: CommandLine, aws: Aws, words: tuple[str, ...], code: str, helps: str
) -> None:
    before = aws.items()
    done = rolling("rollout", *words, "--json")
    assert (done.code, done.document["error"]["code"]) == (1, code)
    assert helps in done.document["error"]["remedy"]
    assert aws.items() == before


def test_what_a_phase_forbids(rolling: CommandLine) -> None:
    rolling("rollout", "pause", "checkout")
    advanced = rolling("rollout", "advance", "checkout")
    assert advanced.code == 1
    assert "edgeship rollout resume checkout" in advanced.err
    rolling("rollout", "abort", "checkout")
    again = rolling("rollout", "abort", "checkout", "--json")
    assert (again.code, again.document["error"]["code"]) == (1, "phase_invalid")


@pytest.mark.parametrize(
    ("words", "helps"),
    [
        (("start", "checkout"), "edgeship rollout start --help"),
        (("pause",), "edgeship rollout pause --help"),
        (("abort", "checkout", "2.0.0"), "edgeship rollout abort --help"),
        (("start", "checkout", "2.0.0", "--steps", "1:soon,100"), "1:1d,5:1d,25:2d,50:2d,100"),
    ],
)
def test_nonsense_is_a_usage_error(edgeship: CommandLine, words: tuple[str, ...], helps: str) -> None:
    done = edgeship("rollout", *words, "--json")
    assert (done.code, done.document["error"]["code"]) == (2, "usage")
    assert helps in done.err


def test_hold_and_resume(rolling: CommandLine, aws: Aws) -> None:
    held = rolling("rollout", "hold", "checkout", "--reason", "the campaign", "--json")
    assert_as_documented(held.document, "edgeship rollout hold")
    assert (held.code, held.document["rollout"]["percent"]) == (0, 1)
    rollout = latest(aws).rollout
    assert rollout is not None
    assert rollout.held_by_person
    shown = rolling("status", "checkout")
    assert "HELD      1.0.0 → 1.1.0 at 1 %, step 1 of 5, held by user/moto" in shown.out
    assert "the campaign" in shown.out
    assert "running" not in shown.out
    assert "edgeship rollout resume checkout" in shown.out
    again = rolling("rollout", "hold", "checkout", "--json")
    assert (again.code, again.document["error"]["code"]) == (1, "already_held")
    assert rolling("rollout", "resume", "checkout").out.startswith(
        "latest of checkout: the rollout to 1.1.0 is at 1 %, step 1 of 5, bakes until "
    )
    assert rolling("rollout", "hold", "checkout").out.splitlines() == [
        "latest of checkout: the rollout to 1.1.0 is held at 1 %",
        "to continue: edgeship rollout resume checkout",
    ]


def test_cancel_blames_nobody(rolling: CommandLine, aws: Aws) -> None:
    done = rolling("rollout", "cancel", "checkout", "--reason", "next week", "--json")
    assert_as_documented(done.document, "edgeship rollout cancel")
    assert (done.code, done.document["rollout"], latest(aws).lock) == (0, None, None)
    waiting = rolling("status", "checkout", "--json").document["widgets"][0]["waiting"]
    (reason,) = (each["reason"] for each in waiting if each["version"] == "1.1.0")
    assert "its rollout was cancelled at " in reason
    assert ": next week; edgeship promote checkout 1.1.0 starts it again" in reason
    assert rolling("promote", "checkout", "1.1.0").code == 0
    assert rolling("rollout", "cancel", "checkout").out.splitlines() == [
        "latest of checkout: the rollout to 1.1.0 is cancelled, everybody gets 1.0.0",
        "to start it again: edgeship promote checkout 1.1.0",
    ]
