"""What `publish` waits for, and how far what it published has come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from edgeship.cli import context
from edgeship.cli.channels.expecting import shown
from edgeship.cli.output import Output
from edgeship.domain.naming import LATEST

if TYPE_CHECKING:
    from edgeship.application.channels.follow_upload import Followed
    from edgeship.application.releases.publish_bundle import Published
    from edgeship.bootstrap.operator import Operator

DEFAULT_TIMEOUT = 60.0


class Until(StrEnum):
    """What `publish` waits for."""

    REGISTERED = "registered"
    SERVED = "served"
    COMPLETE = "complete"


def followed_upload(
    out: Output, operator: Operator, published: Published, until: Until | None, timeout: float | None
) -> Followed | None:
    """The stage that the upload reached; None when nothing is waited for."""
    if until is None:
        return None
    from edgeship.application.channels.follow_upload import WaitFor

    wait_for = WaitFor.REGISTERED if until is Until.REGISTERED else WaitFor.SERVED
    return operator.follow(published, timedelta(seconds=timeout or DEFAULT_TIMEOUT), _notes_stages(out), wait_for)


def completed_rollout(out: Output, target: context.Target, published: Published, timeout: float | None) -> str:
    """How the rollout of what was published ended; the channel is remembered as it is shown."""
    from edgeship.cli.status.watch import EVERY, follow

    limit = timedelta(seconds=timeout) if timeout is not None else None
    last = follow(out, target.operator.follow_rollout(published.key.widget, LATEST, EVERY, limit))
    shown(target, [last.numbers.channel])
    assert last.outcome is not None  # it is the last
    return last.outcome.value


def stage_lines(document: dict[str, Any]) -> Iterator[str]:
    """How far it has come, and what to do if it goes no further."""
    widget = document["widget"]
    match document["outcome"] or document["stage"]:
        case "completed":
            yield "its rollout is complete: everybody gets it"
        case "aborted" | "cancelled" | "rolled_back" | "replaced" as outcome:
            yield f"its rollout is {outcome.replace('_', ' ')}: edgeship status {widget}"
        case "registered" | "promoted":
            yield "registered: it goes live next"
        case "served":
            yield "served: latest is at this version now"
        case "rolling_out":
            yield f"served under its own path, and rolled out {document['reason']}"
        case "waiting":
            yield f"registered, and waiting: {document['reason']}"
            yield f"to approve it: edgeship promote {widget} {document['version']}"
        case _:
            yield "this does not wait until browsers get it; publish --wait does"


def _notes_stages(out: Output) -> Callable[[Followed], None]:
    def note(followed: Followed) -> None:
        out.note(f"{followed.stage}{f': {followed.reason}' if followed.reason else ''}")

    return note
