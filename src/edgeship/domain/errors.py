"""Why an operation did not happen. The names say who must do something next.

- `Refused`: a rule refused it. Nothing changed; the message says why and what to do.
- `Conflict`: somebody else changed the state first. Nothing changed; read the state again, then decide.
"""

from __future__ import annotations


class Refused(Exception):
    """A rule refused the operation and nothing changed.

    `code` is stable, for programs; `reason` says what the rule found and where; `remedy` says what to do.
    """

    def __init__(self, code: str, reason: str, remedy: str) -> None:
        super().__init__(f"{reason} {remedy}")
        self.code = code
        self.reason = reason
        self.remedy = remedy


class Conflict(Exception):
    """The state changed between the read and the conditional write; nothing was written."""


def check_unchanged(seen: str | int | None, now: str | int | None, what: str) -> None:
    """Whether a record is the one that a person saw when they decided. `seen` is None where it is not known what they
    saw: nothing is checked then.

    Raises:
        Refused: `changed_since`.
    """
    if seen is not None and seen != now:
        raise Refused(
            "changed_since",
            f"{what} changed since you saw it. Nothing was changed.",
            "See what is there now, and decide again.",
        )
