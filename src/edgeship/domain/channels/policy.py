"""A widget's policy: what an upload does to `latest`, the steps of a rollout, and when a release is unhealthy."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, get_args

from edgeship.domain.calendar.calendar_windows import Window, check_windows
from edgeship.domain.calendar.gate import OPEN, Gate
from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.rollout import DEFAULT_STEPS, MAX_BAKE_SECONDS, Step, check_steps
from edgeship.domain.errors import Refused
from edgeship.domain.health.thresholds import DEFAULT_THRESHOLDS, Thresholds
from edgeship.domain.plain_text import who
from edgeship.domain.releases.cancellation import cancelled_in
from edgeship.domain.releases.contents.surface_check import break_text
from edgeship.domain.releases.release import Release
from edgeship.domain.releases.serving import Serve
from edgeship.domain.telemetry.custom_metrics import MAX_VALUE, is_custom_metric
from edgeship.domain.telemetry.witnesses import MAX_NETWORKS
from edgeship.domain.version import Bump, Version

OnInconclusive = Literal["hold", "pass", "fail"]
DuringRollout = Literal["wait", "replace"]
OnBreaking = Literal["hold", "refuse", "allow"]
OnFailedVerification = Literal["notify", "rollback"]
Mode = Literal["act", "watch"]


@dataclass(frozen=True)
class Policy:
    """`auto` has the kinds of release that go live automatically; the others wait for `edgeship promote`.

    `on_inconclusive` is what happens at the end of a bake with too few sessions; `during_rollout` what a newer upload
    does to a rollout; `rollback_window_seconds` how long after a move a breach rolls the channel back;
    `on_failed_verification` whether a move is rolled back when a CDN serves other bytes. By default it is not: the
    fault is mostly in a cache, and the version before would have it, too. `serve` is how moving paths are served:
    see `releases/serving.py`. Automatic starts and steps begin within `calendar_windows` only; with none, at any time.
    `testers` has tokens of the users who get a candidate from the first step on: see `testers.py`.
    `mode` is whether health acts, or people are only notified: see `watch_mode.py`. `on_breaking` is what becomes of an
    upload that breaks what the stable release offers, and whose version does not say so: it waits for approval, it is
    refused, or it goes on.
    """

    auto: frozenset[Bump] = frozenset({"patch", "minor"})
    steps: tuple[Step, ...] = DEFAULT_STEPS
    thresholds: Thresholds = DEFAULT_THRESHOLDS
    on_inconclusive: OnInconclusive = "hold"
    during_rollout: DuringRollout = "wait"
    rollback_window_seconds: int = 24 * 3600
    on_failed_verification: OnFailedVerification = "notify"
    serve: Serve = "auto"
    mode: Mode = "act"
    calendar_windows: tuple[Window, ...] = ()
    testers: frozenset[str] = frozenset()
    on_breaking: OnBreaking = "hold"

    @property
    def at_once(self) -> bool:
        """Whether there is no step before 100 %: a release goes live without a rollout."""
        return self.steps[0].percent == 100

    @property
    def counts_any_report(self) -> bool:
        """Whether beacons count that nothing shows to be of page views: no network is asked for."""
        return self.thresholds.networks == 0


def check_policy(policy: Policy) -> Policy:
    """Return the policy if every part of it is valid.

    Raises:
        Refused: `policy_invalid` or `steps_invalid`, naming the field.
    """
    check_steps(policy.steps, testers=bool(policy.testers))
    check_windows(policy.calendar_windows)
    limits = policy.thresholds
    for kind in policy.auto - set(get_args(Bump)):
        raise _invalid(f"auto: {kind!r} is not a kind of release", f"Choose among {', '.join(get_args(Bump))}.")
    for name, choice, choices in (
        ("on_inconclusive", policy.on_inconclusive, get_args(OnInconclusive)),
        ("during_rollout", policy.during_rollout, get_args(DuringRollout)),
        ("on_failed_verification", policy.on_failed_verification, get_args(OnFailedVerification)),
        ("serve", policy.serve, get_args(Serve)),
        ("mode", policy.mode, get_args(Mode)),
        ("on_breaking", policy.on_breaking, get_args(OnBreaking)),
    ):
        if choice not in choices:
            raise _invalid(f"{name}: {choice!r} is not a choice", f"Choose among {', '.join(choices)}.")
    for name, value, most in (
        ("error_rate", limits.error_rate, 100),
        ("latency_ms", limits.latency_ms, 600_000),
        ("memory_mb", limits.memory_mb, 65_536),
        ("soft_error_points", limits.soft_error_points, 100),
        ("margin_points", limits.margin_points, 100),
        ("missing_sessions", limits.missing_sessions, 100),
        ("error_probability", limits.error_probability, 0.1),
    ):
        if not math.isfinite(value) or not 0 < value <= most:
            raise _invalid(f"{name}: {value!r}", f"Give more than 0 and at most {most:,}.")
    _check_custom_metric(limits)
    if not isinstance(limits.networks, int) or not 0 <= limits.networks <= MAX_NETWORKS:
        raise _invalid(f"networks: {limits.networks!r}", f"Give 0 to {MAX_NETWORKS} networks.")
    if not 1 <= limits.minimum_sample <= 1_000_000:
        raise _invalid(f"minimum_sample: {limits.minimum_sample!r}", "Give 1 to 1,000,000 sessions.")
    if not 0 <= policy.rollback_window_seconds <= MAX_BAKE_SECONDS:
        raise _invalid(f"rollback_window: {policy.rollback_window_seconds!r} s", "Give 0 to 90 days.")
    return policy


def _check_custom_metric(limits: Thresholds) -> None:
    name, limit = limits.custom_metric, limits.custom_metric_limit
    if name and not is_custom_metric(name):
        raise _invalid(f"custom_metric: {name!r}", "Give a small letter, then up to 31 small letters, digits and _.")
    if not math.isfinite(limit) or abs(limit) > MAX_VALUE:
        raise _invalid(f"custom_metric_limit: {limit!r}", f"Give a number between ±{MAX_VALUE:,.0f}.")
    if not name and limit:
        raise _invalid("a limit without a custom metric", "Give --metric NAME with --above.")


def _invalid(what: str, remedy: str) -> Refused:
    return Refused("policy_invalid", f"The policy is not valid: {what}.", remedy)


@dataclass(frozen=True)
class PolicyRecord:
    """A widget's policy as stored; at revision 0 it is the default, and was never written."""

    widget: str
    policy: Policy = Policy()
    revision: int = 0


@dataclass(frozen=True)
class Widget:
    """A widget with at least one release; `first` is the first that was registered, and `newest` the last; None where
    that was before it was kept."""

    name: str
    first: Version
    newest: Version | None = None


class UploadAction(StrEnum):
    """What an upload does to a channel."""

    LEAVE = "leave"
    PROMOTE = "promote"
    ROLL_OUT = "roll_out"
    REPLACE = "replace"


@dataclass(frozen=True)
class Decision:
    """The action, and its reason for the event or the log; `waits` for the gate alone. `needs_person`: until somebody
    promotes the release, it goes nowhere."""

    action: UploadAction
    reason: str
    waits: bool = False
    needs_person: bool = False


def decide_upload(policy: Policy, channel: Channel, release: Release, first: Version, gate: Gate = OPEN) -> Decision:
    """What a registered release does to the channel; while the gate is closed, it waits."""
    decision = _decide(policy, channel, release, first)
    if decision.action is UploadAction.LEAVE or gate.closed is None:
        return decision
    return Decision(UploadAction.LEAVE, gate.closed, waits=True)


def _decide(policy: Policy, channel: Channel, release: Release, first: Version) -> Decision:
    version = release.version
    if not release.may_be_chosen:
        return Decision(UploadAction.LEAVE, f"{version} {'is quarantined' if release.quarantine else 'was pruned'}")
    if channel.version is None:
        if version == first:
            return Decision(UploadAction.PROMOTE, "first release of the widget")
        return Decision(UploadAction.LEAVE, f"the first release, {first}, has not gone live")
    if channel.lock is not None:
        return Decision(
            UploadAction.LEAVE, f"{channel.name} is locked by {who(channel.lock.actor)}: {channel.lock.cause}"
        )
    if version <= channel.version:
        return Decision(UploadAction.LEAVE, f"{channel.name} is at {channel.version}, which is not older")
    ended = _ended_before(channel, release)
    if ended is not None:
        return Decision(UploadAction.LEAVE, ended)
    bump = version.bump_from(channel.version)
    approval = _needs_approval(policy, release, bump)
    if approval is not None:
        return Decision(UploadAction.LEAVE, approval, needs_person=True)
    if channel.candidate is not None:
        return _during_rollout(policy, channel, version)
    if policy.at_once:
        return Decision(UploadAction.PROMOTE, f"policy: a {bump} release goes live automatically")
    return Decision(UploadAction.ROLL_OUT, f"policy: a {bump} release is rolled out automatically")


def _needs_approval(policy: Policy, release: Release, bump: Bump) -> str | None:
    """Why a person must promote the release; None where the policy lets it go live automatically."""
    check = release.check
    if policy.on_breaking != "allow" and check is not None and check.undeclared_break:
        return f"{break_text(release.version, check)}: edgeship promote {release.widget} {release.version} approves it"
    return None if bump in policy.auto else f"policy: a {bump} release waits for approval"


def _ended_before(channel: Channel, release: Release) -> str | None:
    """Why a late or repeated event must not start a release again: it would undo what an operator did."""
    if release.promoted_at is not None:
        return f"{release.version} has been live before; promote it by hand if you want it"
    cancelled = cancelled_in(release, channel.name)
    if cancelled is None:
        return None
    return (
        f"its rollout was cancelled at {cancelled.since} by {cancelled.actor}: {cancelled.cause}; "
        f"edgeship promote {release.widget} {release.version} starts it again"
    )


def _during_rollout(policy: Policy, channel: Channel, version: Version) -> Decision:
    candidate, rollout = channel.candidate, channel.rollout
    assert candidate is not None
    assert rollout is not None  # it has the candidate
    if version <= candidate:
        return Decision(UploadAction.LEAVE, f"{candidate}, which is not older, is being rolled out")
    if policy.during_rollout == "wait":
        return Decision(UploadAction.LEAVE, f"waits until the rollout of {candidate} has ended")
    if rollout.held is not None and rollout.held.by is not None:
        return Decision(UploadAction.LEAVE, f"waits while {rollout.held.by} holds the rollout of {candidate}")
    return Decision(UploadAction.REPLACE, f"policy: a newer release replaces {candidate}, which is being rolled out")


def newest_due(policy: Policy, channel: Channel, releases: Iterable[Release], first: Version) -> Release | None:
    """The newest release that would go live automatically now: one that waited for the end of a rollout or a lock."""
    due = [r for r in releases if decide_upload(policy, channel, r, first).action is not UploadAction.LEAVE]
    return max(due, key=lambda release: release.version, default=None)
