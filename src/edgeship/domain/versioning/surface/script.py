"""What a script offers to those who load it, as its syntax shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

STAR = "*"
"""The name of an export of all that another module exports."""


@dataclass(frozen=True)
class Export:
    """`local` is what the module itself calls it, if it has a name there. `source` is the module that it is exported
    from again, as written. `is_type`: it is only there for types."""

    name: str
    line: int
    local: str = ""
    source: str | None = None
    is_type: bool = False


@dataclass(frozen=True)
class Element:
    """A custom element that the script defines, with the attributes that its class observes, and their lines."""

    tag: str
    line: int
    attributes: Mapping[str, int]


@dataclass(frozen=True)
class Deprecated:
    """`symbol` is what the comment stands before, `Class.member` for a member. `text` is what follows `@deprecated`."""

    symbol: str
    line: int
    text: str


@dataclass(frozen=True)
class Script:
    """Lines begin with 1. `events` are the names of events that it makes, and their lines."""

    exports: tuple[Export, ...] = ()
    elements: tuple[Element, ...] = ()
    events: Mapping[str, int] | None = None
    deprecated: tuple[Deprecated, ...] = ()

    @classmethod
    def loaded(cls, document: Mapping[str, Any]) -> Script:
        """From the fields of `dataclasses.asdict`."""
        return cls(
            tuple(Export(**fields) for fields in document["exports"]),
            tuple(Element(**fields) for fields in document["elements"]),
            document["events"],
            tuple(Deprecated(**fields) for fields in document["deprecated"]),
        )
