from __future__ import annotations

from pathlib import Path

import pytest

from edgeship.cli.channels.policy_text import settings
from edgeship.cli.durations import show_duration, show_steps
from edgeship.domain.bucketing import user_token
from edgeship.domain.channels.policy import Policy
from edgeship.domain.channels.policy_record import to_document
from edgeship.domain.channels.rollout import DEFAULT_STEPS, Step
from edgeship.domain.notifications.event_text import describe
from tests.cli.command_line import CommandLine
from tests.cli.documentation import assert_as_documented, documented, sections
from tests.cli.pipeline import Pipeline
from tests.support.moto.aws import Aws


def stored(aws: Aws) -> Policy:
    return aws.state.policy("checkout").policy


def test_a_widget_has_the_default_policy(edgeship: CommandLine, pipeline: Pipeline) -> None:
    pipeline.ship("checkout", "1.0.0")
    done = edgeship("policy", "get", "checkout", "--json")
    assert (done.code, done.err) == (0, "")
    assert_as_documented(done.document, "edgeship policy get")
    assert done.document == {"widget": "checkout", "is_default": True, **to_document(Policy())}
    assert documented("edgeship policy get") == done.document


def test_the_reference_says_the_default_of_each_part() -> None:
    default, limits = Policy(), Policy().thresholds
    defaults = {
        "--auto": "`patch,minor`",
        "--steps": f"`{show_steps(default.steps)}`",
        "--error-rate": f"{limits.error_rate:g}",
        "--latency-ms": f"{limits.latency_ms:g}",
        "--memory-mb": f"{limits.memory_mb:g}",
        "--metric": "`none`",
        "--soft-error-points": f"{limits.soft_error_points:g}",
        "--margin-points": f"{limits.margin_points:g}",
        "--error-probability": f"{limits.error_probability:g}",
        "--missing-sessions": f"{limits.missing_sessions:g}",
        "--networks": str(limits.networks),
        "--minimum-sample": f"{limits.minimum_sample}",
        "--chunk-failures": "`count`",
        "--on-inconclusive": f"`{default.on_inconclusive}`",
        "--during-rollout": f"`{default.during_rollout}`",
        "--rollback-window": f"`{show_duration(default.rollback_window_seconds)}`",
        "--on-failed-verification": f"`{default.on_failed_verification}`",
        "--serve": f"`{default.serve}`",
        "--windows": "`always`",
        "--testers": "`none`",
        "--mode": f"`{default.mode}`",
        "--on-breaking": f"`{default.on_breaking}`",
    }
    assert defaults.keys() == {option for option, _ in settings(default).values()}
    rows = sections()["edgeship policy set"].splitlines()
    for option, value in defaults.items():
        (row,) = (row for row in rows if row.startswith((f"| `{option}`", f"| `{option} ")))
        assert row.endswith(f" Default: {value} |"), option


def test_a_policy_for_people(edgeship: CommandLine) -> None:
    done = edgeship("policy", "get", "checkout")
    assert "policy of checkout (the default)" in done.out
    for fact in ("--auto", "minor, patch", "1:1d,5:1d,25:2d,50:2d,100", "5 % of sessions", "2000 ms", "1d"):
        assert fact in done.out
    assert "checkout has no release yet" in done.err


def test_only_what_is_given_changes(edgeship: CommandLine, aws: Aws) -> None:
    done = edgeship("policy", "set", "checkout", "--steps", "5:12h,100", "--error-rate", "2", "--json")
    assert done.code == 0
    assert_as_documented(done.document, "edgeship policy set")
    assert (done.document["changed"], done.document["is_default"]) == (True, False)
    assert done.document["steps"] == [{"percent": 5, "bake_seconds": 43_200}, {"percent": 100, "bake_seconds": 0}]
    assert done.document["thresholds"] == {**to_document(Policy())["thresholds"], "error_rate": 2}
    assert stored(aws).auto == Policy().auto
    edgeship("policy", "set", "checkout", "--auto", "none", "--reason", "by hand only")
    assert (stored(aws).auto, stored(aws).steps) == (frozenset(), (Step(5, 43_200), Step(100, 0)))
    assert aws.state.events("checkout", 1)[0].cause == "by hand only"


def test_everything_can_be_set(edgeship: CommandLine, aws: Aws) -> None:
    done = edgeship(
        *("policy", "set", "checkout", "--auto", "patch, major", "--steps", "100", "--error-rate", "1.5"),
        *("--latency-ms", "800", "--memory-mb", "64", "--soft-error-points", "0.5", "--minimum-sample", "50"),
        *("--margin-points", "2", "--error-probability", "0.01", "--metric", "checkout_ms", "--above", "3000"),
        *("--on-inconclusive", "pass", "--during-rollout", "replace", "--rollback-window", "1h30m"),
        *("--on-failed-verification", "rollback", "--serve", "pin", "--chunk-failures", "ignore"),
        *("--windows", "mon-fri 09:00-16:00 Europe/Berlin, sat 10:00-12:00 UTC", "--testers", "ann, bob@example.com"),
        *("--mode", "watch", "--on-breaking", "refuse"),
    )
    assert done.code == 0
    assert to_document(stored(aws)) == {
        "auto": ["major", "patch"],
        "steps": [{"percent": 100, "bake_seconds": 0}],
        "thresholds": {
            "error_rate": 1.5,
            "latency_ms": 800,
            "memory_mb": 64,
            "soft_error_points": 0.5,
            "minimum_sample": 50,
            "count_chunk_failures": False,
            "margin_points": 2,
            "error_probability": 0.01,
            "missing_sessions": 30,
            "networks": 3,
            "custom_metric": "checkout_ms",
            "custom_metric_limit": 3_000,
        },
        "on_inconclusive": "pass",
        "during_rollout": "replace",
        "rollback_window_seconds": 5_400,
        "on_failed_verification": "rollback",
        "serve": "pin",
        "calendar_windows": ["mon-fri 09:00-16:00 Europe/Berlin", "sat 10:00-12:00 UTC"],
        "testers": 2,
        "mode": "watch",
        "on_breaking": "refuse",
    }


def test_people_read_what_changed(edgeship: CommandLine) -> None:
    done = edgeship("policy", "set", "checkout", "--rollback-window", "0", "--on-inconclusive", "fail")
    assert done.out.splitlines() == [
        "policy of checkout changed",
        "    inconclusive at a step's end: hold: hold the step → fail: abort",
        "    rollback window: 1d → 0s",
    ]


def test_default_returns_to_the_defaults_and_other_options_apply_on_top(edgeship: CommandLine, aws: Aws) -> None:
    edgeship("policy", "set", "checkout", "--steps", "100", "--error-rate", "1", "--auto", "none")
    edgeship("policy", "set", "checkout", "--default", "--error-rate", "3")
    assert (stored(aws).thresholds.error_rate, stored(aws).steps, stored(aws).auto) == (
        3,
        DEFAULT_STEPS,
        Policy().auto,
    )
    done = edgeship("policy", "set", "checkout", "--default", "--json")
    assert (done.document["is_default"], stored(aws)) == (True, Policy())


@pytest.mark.parametrize("words", [("--default",), ("--error-rate", "5"), ("--auto", "minor,patch")])
def test_what_it_says_already_is_done(edgeship: CommandLine, aws: Aws, words: tuple[str, ...]) -> None:
    before = aws.items()
    done = edgeship("policy", "set", "checkout", *words, "--json")
    assert (done.code, done.document["changed"], done.document["is_default"]) == (0, False, True)
    assert_as_documented(done.document, "edgeship policy set")
    assert aws.items() == before
    assert "already" in done.err
    assert edgeship("policy", "set", "checkout", *words).out == "nothing to do\n"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--auto", "patch,mayor"), "policy_invalid", "'mayor' is not a kind of release"),
        (("--error-rate", "0"), "policy_invalid", "error_rate"),
        (("--error-rate", "nan"), "policy_invalid", "error_rate"),
        (("--latency-ms", "inf"), "policy_invalid", "latency_ms"),
        (("--memory-mb", "-1"), "policy_invalid", "memory_mb"),
        (("--soft-error-points", "101"), "policy_invalid", "soft_error_points"),
        (("--metric", "Checkout", "--above", "1"), "policy_invalid", "custom_metric: 'Checkout'"),
        (("--metric", "a", "--above", "nan"), "policy_invalid", "custom_metric_limit"),
        (("--above", "1"), "policy_invalid", "a limit without a custom metric"),
        (("--margin-points", "101"), "policy_invalid", "margin_points"),
        (("--missing-sessions", "101"), "policy_invalid", "missing_sessions"),
        (("--networks", "-1"), "policy_invalid", "networks"),
        (("--networks", "17"), "policy_invalid", "networks"),
        (("--error-probability", "0.2"), "policy_invalid", "error_probability"),
        (("--error-probability", "0"), "policy_invalid", "error_probability"),
        (("--minimum-sample", "0"), "policy_invalid", "minimum_sample"),
        (("--rollback-window", "91d"), "policy_invalid", "rollback_window"),
        (("--windows", "mon-fri 09:00-16:00 Europe/Berln"), "policy_invalid", "no time zone 'Europe/Berln'"),
        (("--windows", "mon-fri 09:00-16:00 UTC,"), "policy_invalid", "calendar window ''"),
        (("--windows", "sometimes"), "policy_invalid", "calendar window 'sometimes'"),
        (("--testers", "x" * 257), "policy_invalid", "257 bytes"),
        (("--testers", ",".join(map(str, range(301)))), "policy_invalid", "301 testers"),
        (("--steps", "0:1d,100"), "steps_invalid", "0 % is for testers alone"),
        (("--steps", "0:1d,0:1d,100", "--testers", "ann"), "steps_invalid", "step 2"),
        (("--steps", "0:1d", "--testers", "ann"), "steps_invalid", "not at 100 %"),
        (("--steps", "1:91d,100"), "steps_invalid", "step 1"),
        (("--steps", "5:1d,50"), "steps_invalid", "not at 100 %"),
    ],
)
def test_what_no_policy_can_say_is_refused(
    edgeship: CommandLine, aws: Aws, words: tuple[str, ...], code: str, said: str
) -> None:
    done = edgeship("policy", "set", "checkout", *words, "--json")
    assert (done.code, done.document["error"]["code"]) == (1, code)
    assert said in done.document["error"]["reason"]
    assert aws.items() == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "No option is given"),
        (("--reason", "because"), "No option is given"),
        (("--auto", ""), "--auto"),
        (("--auto", "patch,,minor"), "--auto"),
        (("--metric", "checkout_ms"), "without --above"),
        (("--metric", "none", "--above", "1"), "--above is given"),
        (("--testers", ""), "--testers"),
        (("--testers", "ann,,bob"), "--testers"),
        (("--testers", "ann", "--testers-file", __file__), "both given"),
        (("--all", "--steps", "100"), "widgets and --all"),
        (("--steps", "5:1x,100"), "step 1, '5:1x'"),
        (("--rollback-window", "soon"), "--rollback-window"),
        (("--on-inconclusive", "maybe"), "--on-inconclusive"),
        (("--during-rollout", "stop"), "--during-rollout"),
        (("--serve", "redirect"), "--serve"),
        (("--minimum-sample", "1.5"), "--minimum-sample"),
    ],
)
def test_nonsense_is_a_usage_error(edgeship: CommandLine, aws: Aws, words: tuple[str, ...], said: str) -> None:
    done = edgeship("policy", "set", "checkout", *words, "--json")
    assert (done.code, done.document["error"]["code"]) == (2, "usage")
    assert said in done.document["error"]["reason"]
    assert aws.items() == []


@pytest.mark.parametrize("command", [("get",), ("set", "--steps", "100")])
def test_a_name_that_no_widget_can_have(edgeship: CommandLine, command: tuple[str, ...]) -> None:
    done = edgeship("policy", command[0], "Checkout", *command[1:], "--json")
    assert (done.code, done.document["error"]["code"]) == (1, "widget_invalid")


def test_testers_are_counted_and_never_named(edgeship: CommandLine, aws: Aws, tmp_path: Path) -> None:
    file = tmp_path / "testers.txt"
    file.write_text("ann@example.com\n\n  bob \nann@example.com\n日本\n")
    done = edgeship("policy", "set", "checkout", "--testers-file", str(file), "--steps", "0:1d,100", "--json")
    assert (done.code, done.document["testers"]) == (0, 3)
    tokens = {user_token(user, "checkout/testers") for user in ("ann@example.com", "bob", "日本")}
    assert stored(aws).testers == tokens
    assert "3 users from the first step on" in edgeship("policy", "get", "checkout").out
    swapped = edgeship("policy", "set", "checkout", "--testers", "ann@example.com,bob,carl")
    assert "testers: others than before" in swapped.out
    assert "policy changed: other testers" in describe(aws.state.events("checkout", 1)[0])
    assert "ann@" not in repr(aws.items())
    refused = edgeship("policy", "set", "checkout", "--testers", "none", "--json")
    assert (refused.code, refused.document["error"]["code"]) == (1, "steps_invalid")
    assert edgeship("policy", "set", "checkout", "--testers", "none", "--steps", "100").code == 0
    assert stored(aws).testers == frozenset()


def test_many_widgets_at_once_and_one_bad_one_stops_none(edgeship: CommandLine, pipeline: Pipeline, aws: Aws) -> None:
    for widget in ("chat-a", "chat-b", "checkout"):
        pipeline.ship(widget, "1.0.0")
    edgeship("policy", "set", "chat-b", "--error-rate", "2")
    done = edgeship("policy", "set", "chat-*", "Bad", "new", "--error-rate", "2", "--json")
    assert done.code == 1
    assert done.document["failed"] == 1
    assert [(each["widget"], each.get("changed")) for each in done.document["widgets"]] == [
        ("chat-a", True),
        ("chat-b", False),
        ("Bad", None),
        ("new", True),
    ]
    assert done.document["widgets"][2]["error"]["code"] == "widget_invalid"
    assert "2 of 4: chat-b: done" in done.err
    assert aws.state.policy("checkout").policy == Policy()
    assert aws.state.policy("new").policy.thresholds.error_rate == 2
    every = edgeship("policy", "set", "--all", "--testers", "ann", "--json")
    assert (every.code, [each["testers"] for each in every.document["widgets"]]) == (0, [1, 1, 1])
    tokens = {token for name in ("chat-a", "chat-b", "checkout") for token in aws.state.policy(name).policy.testers}
    assert len(tokens) == 3
    got = edgeship("policy", "get", "chat-?", "--json")
    assert [(each["widget"], each["thresholds"]["error_rate"]) for each in got.document["widgets"]] == [
        ("chat-a", 2),
        ("chat-b", 2),
    ]
    assert "--error-rate 2 % of sessions; --testers 1 user" in edgeship("policy", "get", "--all").out
    nothing = edgeship("policy", "set", "ghost-*", "checkout", "--steps", "100", "--json")
    assert (nothing.code, nothing.document["error"]["code"]) == (1, "widget_unknown")
    assert aws.state.policy("checkout").policy.steps == DEFAULT_STEPS
    assert edgeship("policy", "get", "--json").code == 2
