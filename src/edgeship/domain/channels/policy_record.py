"""A widget's policy as it is stored and shown: a JSON document, and the event of its change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any

from edgeship.domain.calendar.calendar_windows import parse_window
from edgeship.domain.channels.policy import Policy, PolicyRecord, check_policy
from edgeship.domain.channels.rollout import Step
from edgeship.domain.errors import Refused
from edgeship.domain.events import Event, EventType, Occasion
from edgeship.domain.health.thresholds import Thresholds


def to_document(policy: Policy) -> dict[str, Any]:
    """The policy in events and for people, with the number of its testers in the place of their tokens."""
    return {**stored_document(policy), "testers": len(policy.testers)}


def stored_document(policy: Policy) -> dict[str, Any]:
    """`{"auto": ["minor", "patch"], "steps": [{"percent": 1, "bake_seconds": 86400}, …], "thresholds": {…}, …}`."""
    return {
        "auto": sorted(policy.auto),
        "steps": [asdict(step) for step in policy.steps],
        "thresholds": asdict(policy.thresholds),
        "on_inconclusive": policy.on_inconclusive,
        "during_rollout": policy.during_rollout,
        "rollback_window_seconds": policy.rollback_window_seconds,
        "on_failed_verification": policy.on_failed_verification,
        "serve": policy.serve,
        "mode": policy.mode,
        "calendar_windows": [str(window) for window in policy.calendar_windows],
        "testers": sorted(policy.testers),
        "on_breaking": policy.on_breaking,
    }


def from_document(document: Mapping[str, Any]) -> Policy:
    """Read what `stored_document` wrote.

    Raises:
        KeyError, TypeError: it is not one.
    """
    return Policy(
        auto=frozenset(document["auto"]),
        steps=tuple(Step(**step) for step in document["steps"]),
        thresholds=Thresholds(**document["thresholds"]),
        on_inconclusive=document["on_inconclusive"],
        during_rollout=document["during_rollout"],
        rollback_window_seconds=document["rollback_window_seconds"],
        # Policies that were stored before these fields existed don't have them.
        on_failed_verification=document.get("on_failed_verification", Policy().on_failed_verification),
        serve=document.get("serve", Policy().serve),
        mode=document.get("mode", Policy().mode),
        calendar_windows=tuple(map(parse_window, document.get("calendar_windows", ()))),
        testers=frozenset(document.get("testers", ())),
        on_breaking=document.get("on_breaking", Policy().on_breaking),
    )


def changed_fields(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """The names of the fields in which two documents differ; thresholds by their own names."""
    before, after = _flat(old), _flat(new)
    return [name for name in after if before.get(name) != after[name]]


def _flat(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != "thresholds"} | dict(
        document.get("thresholds") or {}
    )


def change_policy(
    record: PolicyRecord, edit: Callable[[Policy], Policy], occasion: Occasion
) -> tuple[PolicyRecord, Event]:
    """The record with the edited policy.

    Raises:
        Refused: `policy_invalid`, `steps_invalid` or `policy_unchanged`.
    """
    policy = check_policy(edit(record.policy))
    if policy == record.policy:
        raise Refused(
            "policy_unchanged", f"The policy of {record.widget} is like that already.", "There is nothing to do."
        )
    event = Event.of(
        EventType.POLICY_CHANGED,
        occasion,
        record.widget,
        (record.revision,),
        old=to_document(record.policy),
        new=to_document(policy),
    )
    return replace(record, policy=policy), event
