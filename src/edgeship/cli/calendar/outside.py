"""A note for an operator who starts something outside the calendar windows, which bind automatic starts alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from edgeship.cli.output import Output
from edgeship.domain.calendar.calendar_windows import closed_text, is_open

if TYPE_CHECKING:
    from edgeship.application.status.ports import EnvironmentState


def note_outside(out: Output, state: EnvironmentState, widget: str) -> None:
    """Say so if it is outside now; further steps wait for the next one."""
    windows, now = state.policy(widget).policy.calendar_windows, datetime.now(UTC)
    if windows and not is_open(windows, now):
        out.note(f"this is {closed_text(windows, now)}; the next steps wait for it")
