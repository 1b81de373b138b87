"""What a benchmark found: a table for people, a document for programs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text


@dataclass(frozen=True)
class Row:
    """One quantity, smaller is better; `peer` is the same quantity of the peer in the same run, if it has one."""

    what: str
    unit: str
    value: float | None
    peer: float | None = None
    budget: float | None = None
    digits: int = 1

    @property
    def ratio(self) -> float | None:
        """Ours over the peer's: under 1 is better than the peer."""
        return None if self.value is None or not self.peer else self.value / self.peer

    @property
    def is_over_budget(self) -> bool:
        return self.value is not None and self.budget is not None and self.value > self.budget

    def said(self, value: float | None) -> str:
        return "" if value is None else f"{value:,.{self.digits}f} {self.unit}".rstrip()

    def to_dict(self) -> dict[str, Any]:
        return {
            "what": self.what,
            "unit": self.unit,
            "value": self.value,
            "peer": self.peer,
            "ratio": self.ratio,
            "budget": self.budget,
        }


@dataclass(frozen=True)
class Report:
    """`peer` names what the second column is; `samples` are the single rounds that the rows are medians of."""

    name: str
    title: str
    peer: str
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    samples: tuple[dict[str, Any], ...] = field(default=(), repr=False)

    def shown(self) -> RenderableType:
        budgeted = any(row.budget is not None for row in self.rows)
        table = Table("", title=self.title, title_justify="left")
        for header in ("edgeship", self.peer, "ratio", *(["budget"] if budgeted else [])):
            table.add_column(header, justify="right")
        for row in self.rows:
            ratio = "" if row.ratio is None else f"{row.ratio:.{2 if row.ratio >= 0.1 else 3}f}"
            cells = [row.what, row.said(row.value), row.said(row.peer), ratio]
            table.add_row(*cells, *([row.said(row.budget)] if budgeted else []))
        return Group(table, *(Text(f"- {note}", style="dim") for note in self.notes))

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "title": self.title,
            "peer": self.peer,
            "rows": [row.to_dict() for row in self.rows],
            "notes": list(self.notes),
            "samples": list(self.samples),
        }
