"""python -m tests.browser.lab [NAME]: each scenario in place and pinned, as a table; `NAME` is a part of its name."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from tests.browser.chromium import chromium
from tests.browser.lab.builds import WIDGETS, built
from tests.browser.lab.laboratory import laboratory
from tests.browser.lab.outcome import Outcome, Tally
from tests.browser.lab.reference_site import ReferenceSite
from tests.browser.lab.scenarios import KNOWN_LIMITS, SCENARIOS, Scenario

SITES = {
    "in place": lambda: ReferenceSite(WIDGETS, "in_place"),
    "pinned": lambda: ReferenceSite(WIDGETS, "pin"),
    "pinned, modules by re-export": lambda: ReferenceSite(WIDGETS, "pin", "reexport"),
}


def main(arguments: list[str]) -> None:
    """Run and print; `--why` also prints what the first page views that failed saw."""
    parser = argparse.ArgumentParser(prog="python -m tests.browser.lab", description=__doc__)
    parser.add_argument("name", nargs="?", default="")
    parser.add_argument("--why", action="store_true")
    options = parser.parse_args(arguments)
    console = Console(width=None if sys.stdout.isatty() else 140, highlight=False)
    chosen = [scenario for scenario in (*SCENARIOS, *KNOWN_LIMITS) if options.name in str(scenario)]
    found: dict[str, dict[Scenario, list[Outcome]]] = {}
    builds = built()
    with TemporaryDirectory(prefix="edgeship-") as profile, chromium(Path(profile)) as browser:
        for name, site in SITES.items():
            began = time.monotonic()
            with laboratory(site(), browser, builds) as lab:
                found[name] = {scenario: lab.run(scenario) for scenario in chosen}
            console.print(f"{name}: {time.monotonic() - began:.1f} s", style="dim")
    console.print(_table(chosen, found))
    if options.why:
        for name, by_scenario in found.items():
            for scenario, outcomes in by_scenario.items():
                for outcome in [o for o in outcomes if o.mixed or o.broken or o.twice][:6]:
                    console.print(f"{name}: {scenario}: {outcome}")


def _table(chosen: list[Scenario], found: dict[str, dict[Scenario, list[Outcome]]]) -> Table:
    table = Table("mixed, broken, entry ran twice, of page views", *found)
    for scenario in chosen:
        tallies = [Tally.of(outcomes[scenario]) for outcomes in found.values()]
        table.add_row(str(scenario), *(f"{t.mixed}, {t.broken}, {t.twice} of {t.views}" for t in tallies))
    return table


if __name__ == "__main__":
    main(sys.argv[1:])
