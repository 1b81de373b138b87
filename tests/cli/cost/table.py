"""The table of docs/operating.md: what environments of three sizes cost, by page views a day.

`python -m tests.cli.cost.table` writes it again.
"""

from __future__ import annotations

import re

from edgeship.cli.cost.cost import read_prices
from edgeship.domain.cost.bill import Usage, bill, total
from tests.support.repository import ROOT

DOCUMENT = ROOT / "docs" / "operating.md"
BEGIN, END = "<!-- cost: written by python -m tests.cli.cost.table -->\n", "<!-- end of cost -->\n"
WIDGETS = (10, 1_000, 10_000)
VIEWS = (1e6, 1e7, 1e8, 1e9)


def rows() -> str:
    prices = read_prices(None)
    lines = [
        "| widgets, one of ten watched | page views a day | $ a month | $ for a million views | the largest item |",
        "|---|---|---|---|---|",
    ]
    for widgets in WIDGETS:
        for views in VIEWS:
            items = bill(Usage(widgets, widgets / 10, views), prices)
            million = total(items) / (views * 30.4 / 1e6)
            lines.append(f"| {widgets:,} | {views:,.0f} | {total(items):,.0f} | {million:,.2f} | {items[0].name} |")
    return "\n".join(lines) + "\n"


def written(document: str) -> str:
    return re.sub(
        f"({re.escape(BEGIN)}).*({re.escape(END)})", lambda m: m[1] + rows() + m[2], document, flags=re.DOTALL
    )


if __name__ == "__main__":
    DOCUMENT.write_text(written(DOCUMENT.read_text()))
