"""A policy for a person."""

from __future__ import annotations

from edgeship.cli.durations import show_duration, show_steps
from edgeship.domain.channels.policy import Policy

_NO_DATA = {"hold": "hold the step", "pass": "go on", "fail": "abort"}
_DURING_ROLLOUT = {"wait": "wait until it has ended", "replace": "replace it"}
_ON_FAILED_VERIFICATION = {"notify": "tell people", "rollback": "go back to the last good version"}


def settings(policy: Policy) -> dict[str, tuple[str, str]]:
    """By what each part of a policy means: the option that sets it, and its value."""
    limits = policy.thresholds
    return {
        "go live by themselves": ("--auto", ", ".join(sorted(policy.auto)) or "none"),
        "steps of a rollout": ("--steps", show_steps(policy.steps)),
        "ill: error rate": ("--error-rate", f"{limits.error_rate:g} % of sessions"),
        "ill: load latency": ("--latency-ms", f"{limits.latency_ms:g} ms, 95th percentile"),
        "ill: memory": ("--memory-mb", f"{limits.memory_mb:g} MB, 95th percentile"),
        "paused: error rate": ("--soft-error-points", f"{limits.soft_error_points:g} points over the stable version's"),
        "too few to tell": ("--minimum-sample", f"fewer than {limits.minimum_sample} sessions"),
        "too few at a step's end": (
            "--on-inconclusive",
            f"{policy.on_inconclusive}: {_NO_DATA[policy.on_inconclusive]}",
        ),
        "newer uploads in a rollout": (
            "--during-rollout",
            f"{policy.during_rollout}: {_DURING_ROLLOUT[policy.during_rollout]}",
        ),
        "rollback window": ("--rollback-window", show_duration(policy.rollback_window_seconds)),
        "a CDN serves something else": (
            "--on-failed-verification",
            f"{policy.on_failed_verification}: {_ON_FAILED_VERIFICATION[policy.on_failed_verification]}",
        ),
    }
