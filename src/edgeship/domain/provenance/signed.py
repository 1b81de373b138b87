"""What is kept of the signatures by which releases were registered."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Signed:
    """By whom and when (RFC 3339) a release was signed, and which upload registered it."""

    identity: str
    key_id: str
    signed_at: str
    upload_id: str


@dataclass(frozen=True)
class NewestStatement:
    """Of the releases of a widget: the version and the time (RFC 3339) of the statement that was signed last; None
    before there is one. `revision` counts the record's writes."""

    widget: str
    version: str | None = None
    signed_at: str | None = None
    revision: int = 0

    def with_statement(self, version: str, signed: Signed) -> NewestStatement | None:
        """The record with a statement that was registered; None if it is not the newest."""
        if self.signed_at is not None and signed.signed_at <= self.signed_at:
            return None
        return replace(self, version=version, signed_at=signed.signed_at)
