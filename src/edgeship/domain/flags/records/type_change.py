"""Whether a change gives a flag's variants another type, which the code that asks for it does not expect."""

from __future__ import annotations

from edgeship.domain.flags.records.flag_record import FlagChange

KINDS = {bool: "boolean", str: "string", int: "number", float: "number", dict: "object"}
"""The kinds of variants, by the type of their JSON in Python."""


def kind_of(document: object) -> str | None:
    """The type of a flag's variants; None when they have none in common, as earlier versions may have taken."""
    variants = document.get("variants") if isinstance(document, dict) else None
    kinds = {KINDS.get(type(value)) for value in variants.values()} if isinstance(variants, dict) else set()
    return kinds.pop() if len(kinds) == 1 else None


def type_change(change: FlagChange) -> tuple[str, str] | None:
    """The old type and the new one, None when the change keeps it."""
    old, new = kind_of(change.old), kind_of(change.new)
    return (old, new) if old is not None and new is not None and old != new else None
