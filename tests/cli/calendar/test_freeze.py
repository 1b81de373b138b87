from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from edgeship.cli.calendar.moment import parse_moment
from edgeship.cli.errors import Usage
from tests.cli.command_line import CommandLine
from tests.cli.documentation import assert_as_documented
from tests.cli.pipeline import Pipeline
from tests.support.moto.aws import Aws

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("90m", "2026-11-23T11:30"),
        ("1d12h", "2026-11-24T22:00"),
        ("2026-12-27T08:00Z", "2026-12-27T08:00"),
        ("2026-12-27T08:00:30+01:00", "2026-12-27T07:00:30"),
        ("2026-12-27 08:00 Europe/Berlin", "2026-12-27T07:00"),
        ("2026-12-27T08:00 UTC", "2026-12-27T08:00"),
        ("2026-12-27 America/New_York", "2026-12-27T05:00"),
        # The clocks pass it twice; a freeze ends with the second time.
        ("2026-10-25 02:30 Europe/Berlin", "2026-10-25T01:30"),
        ("2026-12-27 08:00 Asia/Kathmandu", "2026-12-27T02:15"),
    ],
)
def test_a_moment(text: str, moment: str) -> None:
    assert parse_moment(text, "--until", NOW) == datetime.fromisoformat(f"{moment}+00:00")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no time"),
        ("soon", "no time"),
        ("5x", "no time"),
        ("1h1h", "not a duration"),
        ("2026-12-27T08:00", "no time zone"),
        ("2026-12-27", "no time zone"),
        ("2026-12-27 08:00", "no time zone"),
        ("2026-13-27T08:00Z", "no time"),
        ("2026-12-27T08:00Z Europe/Berlin", "two time zones"),
        ("2026-12-27 08:00 Europe/Berln", "there is no time zone 'Europe/Berln'"),
        ("2026-12-27 08:00 Europe", "there is no time zone 'Europe'"),
        ("2026-12-27 08:00 a/../../etc/passwd", "there is no time zone"),
        ("2026-03-29 02:30 Europe/Berlin", "skip this time"),
        ("0001-01-01 00:00 Europe/Berlin", "no time"),
        ("999999999d", "no time"),
    ],
)
def test_what_is_none(text: str, said: str) -> None:
    with pytest.raises(Usage, match="--until") as usage:
        parse_moment(text, "--until", NOW)
    assert said in usage.value.reason


def test_a_freeze_from_the_command_line(edgeship: CommandLine, pipeline: Pipeline, aws: Aws) -> None:
    pipeline.ship("checkout", "1.0.0")
    done = edgeship("freeze", "checkout", "--until", "12h", "--reason", "incident", "--json")
    assert (done.code, done.err) == (0, "")
    assert_as_documented(done.document, "edgeship freeze")
    assert (done.document["widget"], done.document["cause"], done.document["changed"]) == ("checkout", "incident", True)
    assert aws.state.freeze("checkout").in_effect(datetime.now(UTC) + timedelta(hours=11)) is not None
    again = edgeship("freeze", "checkout", "--until", done.document["until"], "--reason", "incident", "--json")
    assert (again.code, again.document["changed"]) == (0, False)
    earlier = edgeship("freeze", "checkout", "--until", "1h", "--reason", "incident", "--json")
    assert (earlier.code, earlier.document["error"]["code"]) == (1, "freeze_longer")
    every = edgeship("freeze", "--all", "--until", "1d", "--reason", "holidays")
    assert every.out.startswith("every widget is frozen until ")
    shown = edgeship("status", "--json").document
    assert [(freeze["widget"], freeze["cause"]) for freeze in shown["freezes"]] == [
        (None, "holidays"),
        ("checkout", "incident"),
    ]
    assert_as_documented(shown, "edgeship status")
    assert "FROZEN checkout is frozen until " in edgeship("status").out
    own = edgeship("status", "checkout").out
    assert "frozen  no rollout goes on, and uploads wait, for 23 h 59 min more" in own
    assert "edgeship unfreeze checkout" in own
    lifted = edgeship("unfreeze", "checkout", "--json")
    assert_as_documented(lifted.document, "edgeship unfreeze")
    assert (lifted.code, lifted.document["frozen"]) == (0, True)
    assert edgeship("unfreeze", "--all", "--json").document["frozen"] is False
    for whom in ("checkout", "--all"):
        assert edgeship("unfreeze", whom, "--json").document["error"]["code"] == "not_frozen"
    history = edgeship("history", "checkout").out
    for what in ("frozen until", "every widget is frozen until", "freeze lifted", "freeze of every widget lifted"):
        assert what in history


def test_an_upload_waits_and_says_why(edgeship: CommandLine, pipeline: Pipeline) -> None:
    pipeline.ship("checkout", "1.0.0")
    edgeship("freeze", "--all", "--until", "2d", "--reason", "holidays")
    pipeline.ship("checkout", "1.1.0")
    (waiting,) = edgeship("status", "checkout", "--json").document["widgets"][0]["waiting"]
    assert waiting["version"] == "1.1.0"
    assert waiting["reason"].startswith("every widget is frozen until")
    assert waiting["reason"].endswith(": holidays")
    edgeship("unfreeze", "--all")
    (waiting,) = edgeship("status", "checkout", "--json").document["widgets"][0]["waiting"]
    assert waiting["reason"] == "the minute tick starts the newest release that waits"


def test_an_override_is_in_the_history(edgeship: CommandLine, pipeline: Pipeline) -> None:
    for version in ("1.0.0", "2.0.0"):
        pipeline.ship("checkout", version)
    edgeship("freeze", "checkout", "--until", "2d", "--reason", "holidays")
    for words in (
        ("promote", "checkout", "2.0.0"),
        ("promote", "checkout", "2.0.0", "--now"),
        ("rollout", "start", "checkout", "2.0.0"),
    ):
        done = edgeship(*words, "--json")
        assert (done.code, done.document["error"]["code"]) == (1, "frozen")
        assert "holidays" in done.document["error"]["reason"]
    assert edgeship("rollout", "start", "checkout", "2.0.0", "--override").code == 0
    assert edgeship("rollout", "advance", "checkout", "--json").document["error"]["code"] == "frozen"
    assert edgeship("rollout", "advance", "checkout", "--override").code == 0
    assert edgeship("rollout", "pause", "checkout").code == 0
    assert edgeship("rollout", "resume", "checkout", "--json").document["error"]["code"] == "frozen"
    assert edgeship("rollout", "resume", "checkout", "--override").code == 0
    assert edgeship("promote", "checkout", "2.0.0", "--now", "--override").code == 0
    assert edgeship("history", "checkout").out.count("(override of the freeze until") == 5
    assert edgeship("rollback", "checkout").code == 0


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("freeze", "--until", "1h", "--reason", "x"), "usage"),
        (("freeze", "checkout", "--all", "--until", "1h", "--reason", "x"), "usage"),
        (("freeze", "checkout", "--reason", "x"), "usage"),
        (("freeze", "checkout", "--until", "1h"), "usage"),
        (("freeze", "checkout", "--until", "2026-12-27T08:00", "--reason", "x"), "usage"),
        (("freeze", "checkout", "--until", "0s", "--reason", "x"), "until_invalid"),
        (("freeze", "checkout", "--until", "181d", "--reason", "x"), "until_invalid"),
        (("freeze", "Checkout", "--until", "1h", "--reason", "x"), "widget_invalid"),
        (("unfreeze",), "usage"),
        (("unfreeze", "checkout", "--all"), "usage"),
        (("unfreeze", "chekout"), "not_frozen"),
    ],
)
def test_what_is_refused_changes_nothing(edgeship: CommandLine, aws: Aws, words: tuple[str, ...], code: str) -> None:
    done = edgeship(*words, "--json")
    assert (done.code, done.document["error"]["code"]) == (2 if code == "usage" else 1, code)
    assert aws.items() == []


def test_a_widget_without_a_release_may_be_frozen(edgeship: CommandLine) -> None:
    done = edgeship("freeze", "chat", "--until", "1h", "--reason", "x")
    assert done.code == 0
    assert "chat has no release yet" in done.err


def test_operators_are_not_bound_by_calendar_windows_but_notified(
    edgeship: CommandLine, pipeline: Pipeline, aws: Aws
) -> None:
    for version in ("1.0.0", "2.0.0"):
        pipeline.ship("checkout", version)
    ago = datetime.now(UTC) - timedelta(hours=5)
    closed = f"mon-sun {ago:%H}:00-{ago:%H}:30 UTC"
    edgeship("policy", "set", "checkout", "--windows", closed)
    done = edgeship("rollout", "start", "checkout", "2.0.0", "--json")
    assert done.code == 0
    assert f"this is outside the calendar windows ({closed}); the next one opens at" in done.err
    assert "outside" in edgeship("rollout", "advance", "checkout").err
    assert "outside" not in edgeship("rollout", "pause", "checkout").err
    assert "outside" in edgeship("rollout", "resume", "checkout").err
    edgeship("policy", "set", "checkout", "--windows", "always")
    assert "outside" not in edgeship("rollout", "advance", "checkout").err
    assert aws.state.policy("checkout").policy.calendar_windows == ()
