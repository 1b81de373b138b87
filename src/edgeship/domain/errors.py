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
