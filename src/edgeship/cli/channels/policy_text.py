"""A policy for a person."""

from __future__ import annotations

from edgeship.cli.durations import show_duration, show_steps
from edgeship.domain.channels.policy import Policy
from edgeship.domain.health.thresholds import Thresholds

_ON_INCONCLUSIVE = {"hold": "hold the step", "pass": "continue", "fail": "abort"}
_DURING_ROLLOUT = {"wait": "wait until it has ended", "replace": "replace it"}
_ON_FAILED_VERIFICATION = {"notify": "notify people", "rollback": "roll back to the last good version"}
_SERVE = {
    "auto": "pin a page view to one release, except where the entrypoint is all the code",
    "pin": "pin each page view to one release",
    "in_place": "no redirect; each file is of the release that is live then",
}
_ON_BREAKING = {
    "hold": "wait for approval",
    "refuse": "refuse the upload",
    "allow": "go on as its version says",
}
_MODE = {
    "act": "abort, pause or roll back automatically",
    "watch": "notify people, and do nothing else",
}


def settings(policy: Policy) -> dict[str, tuple[str, str]]:
    """The parts of a policy by what they mean: the option that sets it, and its value."""
    limits = policy.thresholds
    return {
        "go live automatically": ("--auto", ", ".join(sorted(policy.auto)) or "none"),
        "steps of a rollout": ("--steps", show_steps(policy.steps)),
        "unhealthy: error rate": ("--error-rate", f"{limits.error_rate:g} % of sessions"),
        "unhealthy: load latency": ("--latency-ms", f"{limits.latency_ms:g} ms, 95th percentile"),
        "unhealthy: memory": ("--memory-mb", f"{limits.memory_mb:g} MB, 95th percentile"),
        "unhealthy: custom metric": ("--metric", _custom_metric(limits)),
        "degraded: error rate": (
            "--soft-error-points",
            f"{limits.soft_error_points:g} points over the stable version's",
        ),
        "unhealthy: compared": (
            "--margin-points",
            f"certainly more than {limits.margin_points:g} points over the stable version's error rate",
        ),
        "compared in error": ("--error-probability", f"at most {100 * limits.error_probability:g} % of rollouts"),
        "held: sessions that do not report": (
            "--missing-sessions",
            f"certainly more than {limits.missing_sessions:g} % of the candidate's",
        ),
        "rolled back: networks": ("--networks", _networks(limits.networks)),
        "inconclusive": ("--minimum-sample", f"fewer than {limits.minimum_sample} sessions"),
        "chunks that do not load": (
            "--chunk-failures",
            "count: an error of the session" if limits.count_chunk_failures else "ignore: shown, not in the error rate",
        ),
        "inconclusive at a step's end": (
            "--on-inconclusive",
            f"{policy.on_inconclusive}: {_ON_INCONCLUSIVE[policy.on_inconclusive]}",
        ),
        "newer uploads during a rollout": (
            "--during-rollout",
            f"{policy.during_rollout}: {_DURING_ROLLOUT[policy.during_rollout]}",
        ),
        "rollback window": ("--rollback-window", show_duration(policy.rollback_window_seconds)),
        "failed verification": (
            "--on-failed-verification",
            f"{policy.on_failed_verification}: {_ON_FAILED_VERIFICATION[policy.on_failed_verification]}",
        ),
        "automatic starts and steps": ("--windows", ", ".join(map(str, policy.calendar_windows)) or "always"),
        "testers": ("--testers", _testers(len(policy.testers))),
        "moving paths": ("--serve", f"{policy.serve}: {_SERVE[policy.serve]}"),
        "breaks, and does not say so": ("--on-breaking", f"{policy.on_breaking}: {_ON_BREAKING[policy.on_breaking]}"),
        "unhealthy releases": ("--mode", f"{policy.mode}: {_MODE[policy.mode]}"),
    }


def _custom_metric(limits: Thresholds) -> str:
    name = limits.custom_metric
    return f"{name}: {limits.custom_metric_limit:g} or more, 95th percentile" if name else "none"


def _networks(count: int) -> str:
    if not count:
        return "0: any report counts, with or without a token"
    return f"failures from {count} network{'' if count == 1 else 's'} or more"


def _testers(count: int) -> str:
    return f"{count} user{'' if count == 1 else 's'} from the first step on" if count else "none"
