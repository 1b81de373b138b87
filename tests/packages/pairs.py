"""Pairs of releases of npm's registry, what `edgeship version check` says of each, and the table in the docs.

`python -m tests.packages.pairs [NAME ...]` compares them again, and writes `pairs.json` and the table.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from edgeship.application.versioning.check_version import Checked, check_version
from edgeship.bootstrap.commands import packing, versioning
from edgeship.domain.versioning.surface.compare import GROWTH_PERCENT
from tests.packages.registry import Pinned, fetched_each
from tests.support.repository import ROOT

TABLE = Path(__file__).parent / "pairs.json"
PAGE = ROOT / "docs" / "versions.md"
HEADING = "## Real releases\n"


@dataclass(frozen=True)
class Pair:
    """`declared` is what the two versions say, `bump` the smallest honest one; `found` counts findings by their code.
    `why` explains where the two bumps differ."""

    name: str
    old: str
    old_integrity: str
    new: str
    new_integrity: str
    why: str = ""
    declared: str = ""
    bump: str = ""
    found: Mapping[str, int] | None = None

    @property
    def pinned(self) -> tuple[Pinned, Pinned]:
        return Pinned(self.name, self.old, self.old_integrity), Pinned(self.name, self.new, self.new_integrity)

    def checked(self, checked: Checked) -> Pair:
        """The pair with what was found."""
        assert checked.declared is not None
        found = dict(sorted(Counter(finding.code for finding in checked.findings).items()))
        return replace(self, declared=checked.declared.word, bump=checked.bump.word, found=found)


def pairs() -> list[Pair]:
    return [Pair(**row) for row in json.loads(TABLE.read_text())]


def check(old: Path, new: Path) -> Checked:
    """Compare two tarballs, as the command line does."""
    read = versioning.read_bundle()
    with packing.opened(old) as before, packing.opened(new) as after:
        return check_version(read.folder(before), read.folder(after), GROWTH_PERCENT)


def page(rows: Iterable[Pair]) -> str:
    """The page with the table at its end."""
    before, heading, _ = PAGE.read_text().partition(HEADING)
    return f"{before.rstrip()}\n\n{heading or HEADING}\n{''.join(_lines(list(rows)))}"


def _lines(rows: list[Pair]) -> Iterator[str]:
    yield f"`version check` on {len(rows)} pairs of releases of npm's registry, compared again each night. *Says* is\n"
    yield "what the two version numbers say; *smallest* is the smallest honest bump. A version may say more than its\n"
    yield "surface shows.\n\n"
    yield "| package | from | to | says | smallest | found | if they are not the same |\n"
    yield "|---|---|---|---|---|---|---|\n"
    for row in rows:
        found = ", ".join(f"{count} `{code}`" for code, count in (row.found or {}).items()) or "nothing"
        yield f"| {row.name} | {row.old} | {row.new} | {row.declared} | {row.bump} | {found} | {row.why} |\n"


def main(names: list[str]) -> None:
    rows = pairs()
    tarballs = fetched_each(pinned for row in rows for pinned in row.pinned)
    for number, row in enumerate(rows):
        if not names or row.name in names:
            rows[number] = row.checked(check(*(tarballs[pinned] for pinned in row.pinned)))
            print(rows[number].name, rows[number].declared, rows[number].bump, rows[number].found, flush=True)
    TABLE.write_text(json.dumps([asdict(row) for row in rows], indent=1, ensure_ascii=False) + "\n")
    PAGE.write_text(page(rows))


if __name__ == "__main__":
    main(sys.argv[1:])
