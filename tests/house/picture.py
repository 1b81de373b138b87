"""The picture of layers and features in the docs, drawn from the code.

Run it: `python -m tests.house.picture > docs/house.svg`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from tests.house.layout import PACKAGE, Room, feature_order, modules_of, rooms
from tests.support.repository import ROOT

WIDTH, LEFT, GAP, LINE = 1400, 116, 8, 15
STYLE = """
.layer{fill:#f6f8fa;stroke:#c8d1da}.room{fill:#eef4fb;stroke:#3b6ea5}.name{fill:#1b2733;font-weight:600}
.file{fill:#51606e;font-size:10.5px}.uses{fill:#a0621a;font-size:11px}.title{fill:#1b2733;font-size:15px;font-weight:600}
@media (prefers-color-scheme:dark){.layer{fill:#10161c;stroke:#39434d}.room{fill:#17293b;stroke:#6ea3dc}
.name,.title{fill:#e8eef4}.file{fill:#a9b6c2}.uses{fill:#e0a354}}
"""


def picture() -> str:
    """The drawing: a row a layer, from the command line down to the domain; a column a feature, in the order of the
    contract. A room lists its modules and, in amber, the features of its own layer that it imports."""
    columns = [name for name in feature_order("application") if name in rooms("application")]
    drawn: list[str] = []
    y = 8
    for layer, listed in (
        ("functions", _functions()),
        ("cli", None),
        ("adapters", list(rooms("adapters").values())),
        ("application", None),
        ("domain", None),
    ):
        if listed is None:
            found = rooms(layer)
            row: list[Room | None] = [found.get(name) for name in columns]
        else:
            row = list(listed)
        height = _height(layer, row)
        drawn += _row(layer, row, y, height)
        y += height + GAP
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" font-family="system-ui, sans-serif" '
        f'font-size="12" role="img" aria-label="Layers and features">\n<style>{STYLE}</style>\n'
        + "\n".join(drawn)
        + "\n</svg>\n"
    )


def _functions() -> list[Room]:
    return [
        Room("functions", path.name, modules_of(path), (), frozenset())
        for path in sorted((ROOT / "functions").iterdir())
        if modules_of(path)
    ]


def _lines(room: Room) -> list[tuple[str, str]]:
    files = [("file", module) for module in room.modules]
    folders = [("file", f"{name}/") for name in room.rooms]
    return [*files, *folders, *(("uses", f"→ {name}") for name in sorted(room.uses))]


def _height(layer: str, row: Iterable[Room | None]) -> int:
    longest = max(len(_lines(room)) for room in row if room is not None)
    return 36 + LINE * max(longest, len(modules_of(PACKAGE / layer)))


def _row(layer: str, row: list[Room | None], y: int, height: int) -> Iterator[str]:
    yield f'<rect class="layer" x="4" y="{y}" width="{WIDTH - 8}" height="{height}" rx="8"/>'
    yield f'<text class="title" x="14" y="{y + 24}">{escape(layer)}</text>'
    for number, name in enumerate(modules_of(PACKAGE / layer)):
        yield f'<text class="file" x="14" y="{y + 40 + LINE * number}">{escape(name)}</text>'
    width = (WIDTH - LEFT - 12) / len(row)
    for number, room in enumerate(row):
        if room is None:
            continue
        x = LEFT + number * width
        yield f'<rect class="room" x="{x:.1f}" y="{y + 6}" width="{width - 6:.1f}" height="{height - 12}" rx="6"/>'
        yield f'<text class="name" x="{x + 7:.1f}" y="{y + 22}">{escape(room.name)}</text>'
        for line, (kind, text) in enumerate(_lines(room)):
            yield f'<text class="{kind}" x="{x + 7:.1f}" y="{y + 38 + LINE * line}">{escape(text)}</text>'


if __name__ == "__main__":
    print(picture(), end="")
