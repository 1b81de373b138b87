"""What the router does with a request, and why, for a person: from its decision, never by deciding again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from edgeship.domain.edge.router import (
    Continue,
    Decision,
    Insert,
    Outcome,
    Policy,
    Preflight,
    Redirect,
    ReExport,
    Request,
    Serve,
    Unknown,
)
from edgeship.domain.edge.steps import FlagStep, RolloutStep
from edgeship.domain.edge.user_identity import named

EXACT = "exact path; no code runs"
POLICY = "the Trusted Types policy of inserted scripts"
_SHOWN_OF_A_USER = 60
"""Characters."""


@dataclass(frozen=True)
class Explanation:
    """`answer` is redirect, insert, reexport, in_place, exact, latest_copies, policy or unknown. `location` is the
    exact path of the release, null where there is none; `reason` says why this release."""

    answer: str
    version: str | None
    location: str | None
    reason: str
    flag: dict[str, Any] | None = None
    rollout: dict[str, Any] | None = None

    @property
    def line(self) -> str:
        """In one line: the version, how it is served, and why."""
        how = {
            "redirect": f"{self.version}, 302 to {self.location}",
            "insert": f"{self.version}, a script that inserts {self.location}",
            "reexport": f"{self.version}, a module that exports what {self.location} does",
            "in_place": f"{self.version}, served in place from {self.location}",
            "latest_copies": f"goes on to {self.location}",
            "unknown": "404",
        }.get(self.answer)
        return f"{how} — {self.reason}" if how else self.reason


def explain(request: Request, decision: Decision, not_routable: str | None = None) -> Explanation:
    """The explanation of a decision on this request; `not_routable` says why the channel's flag does not count."""
    outcome, flag, rollout = decision.outcome, decision.flag, decision.rollout
    answer, location = _answer(outcome, decision)
    if isinstance(outcome, Unknown):
        reason = outcome.sentence
    elif answer == "exact":
        reason = EXACT
    elif answer == "policy":
        reason = POLICY
    elif answer == "latest_copies":
        reason = "the store is not filled yet"
    else:
        who = _user(request)
        parts = [_by_flag(flag, who, decision.version)] if flag else []
        if flag is None or not flag.decides:
            parts.append(_by_rollout(rollout, who) if rollout else _by_pointer(decision.selector or ""))
        if not_routable:
            parts.append(f"no flag counts: {not_routable}")
        reason = "; ".join(parts)
    return Explanation(
        answer,
        decision.version,
        location,
        reason,
        _flag_document(flag) if flag else None,
        _rollout_document(rollout) if rollout else None,
    )


def _answer(outcome: Outcome, decision: Decision) -> tuple[str, str | None]:
    match outcome:
        case Redirect(location):
            return "redirect", location
        case Insert(location):
            return "insert", location
        case ReExport(location):
            return "reexport", location
        case Serve(uri):
            return "in_place", uri
        case Continue(uri):
            return "exact" if decision.selector is None else "latest_copies", uri
        case Policy():
            return "policy", None
        case Unknown() | Preflight():
            return "unknown", None


def _user(request: Request) -> str:
    user = named(request.query, request.headers, request.cookies).decode(errors="backslashreplace")
    if not user:
        return "this anonymous user"
    return user if len(user) <= _SHOWN_OF_A_USER else f"{user[:_SHOWN_OF_A_USER]}…"


def _by_pointer(selector: str) -> str:
    if selector[:1].isdigit():
        return f"the newest live release in the range {selector}"
    return f"{selector} points at it"


def _by_rollout(step: RolloutStep, who: str) -> str:
    share = percent(step.weight)
    if step.track:
        return f"{step.track}, by ?edgeship-track; the candidate {step.candidate} is at {share}"
    if step.is_tester:
        return f"candidate at {share}; {who} is a tester"
    bucket = f"{who} is in bucket {number(step.bucket)}"
    if step.takes_candidate:
        return f"candidate at {share}; {bucket}"
    return f"stable; the candidate {step.candidate} is at {share}, and {bucket}"


def _by_flag(step: FlagStep, who: str, version: str | None) -> str:
    phase = f", phase {step.phase} of {step.phases}" if step.phases > 1 else ""
    since = f" since {_time(step.since)} UTC" if phase and step.since else ""
    flag = f"flag {step.flag}{phase}{since}"
    choice = f"chooses {version}" if step.decides else "leaves the choice to the channel"
    if step.is_target:
        return f"{flag} {choice} for {who}, a target user"
    return f"{flag} {choice} for {percent(step.share)} of the users; {who} is in bucket {number(step.bucket)}"


def _flag_document(step: FlagStep) -> dict[str, Any]:
    return {
        "key": step.flag,
        "phase": step.phase,
        "phases": step.phases,
        "since": f"{datetime.fromtimestamp(step.since, UTC):%Y-%m-%dT%H:%M:%S.000Z}" if step.since else None,
        "bucket": step.bucket / 100,
        "percent": None if step.is_target else step.share / 100,
        "target_user": step.is_target,
        "decides": step.decides,
    }


def _rollout_document(step: RolloutStep) -> dict[str, Any]:
    return {
        "stable": step.stable,
        "candidate": step.candidate,
        "percent": step.weight / 100,
        "bucket": step.bucket / 100,
        "track": step.track or None,
        "tester": step.is_tester,
    }


def percent(hundredths: int) -> str:
    """`25 %`, `0.01 %`."""
    return f"{hundredths / 100:g} %"


def number(bucket: int) -> str:
    """A bucket as a percentage: `12.31`."""
    return f"{bucket / 100:.2f}"


def _time(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}"
