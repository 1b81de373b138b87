"""python -m tests.browser.lab [NAME]: each scenario in place and pinned, as a table; `NAME` is a part of its name."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from edgeship.bootstrap import operator
from edgeship.local.cloud import LocalCloud
from tests.browser.chromium import chromium
from tests.browser.lab.builds import WIDGETS, built
from tests.browser.lab.laboratory import laboratory
from tests.browser.lab.local_cloud_site import LocalCloudSite
from tests.browser.lab.outcome import Outcome, Tally
from tests.browser.lab.reference_site import ReferenceSite
from tests.browser.lab.scenarios import KNOWN_LIMITS, SCENARIOS, Scenario
from tests.browser.lab.site import Site
from tests.support.local_cloud.shared import EDGE_FRESHNESS_SECONDS

Found = dict[str, dict[Scenario, list[Outcome]]]
Sites = Mapping[str, Callable[[], AbstractContextManager[Site]]]
REFERENCES: Sites = {
    "in place": lambda: nullcontext(ReferenceSite(WIDGETS, "in_place")),
    "pinned": lambda: nullcontext(ReferenceSite(WIDGETS, "pin")),
    "pinned, modules by redirect": lambda: nullcontext(ReferenceSite(WIDGETS, "redirect")),
}
SHOWN = 6
"""Page views of a scenario, with `--why`."""


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.browser.lab", description=__doc__)
    parser.add_argument("name", nargs="?", default="", metavar="NAME")
    parser.add_argument("--local-cloud", action="store_true", help="the local cloud, not the reference")
    parser.add_argument("--why", action="store_true", help="also print what page views saw")
    options = parser.parse_args(arguments)
    console = Console(width=None if sys.stdout.isatty() else 140, highlight=False)
    progress = Console(stderr=True, highlight=False, style="dim")
    scenarios = [scenario for scenario in (*SCENARIOS, *KNOWN_LIMITS) if options.name in str(scenario)]
    found: Found = {}
    with TemporaryDirectory(prefix="edgeship-") as profile, chromium(Path(profile)) as browser:
        for name, site in ({"local cloud": _local_cloud} if options.local_cloud else REFERENCES).items():
            began = time.monotonic()
            found[name] = {}
            with (
                site() as running,
                laboratory(running, browser, built(), SCENARIOS if options.local_cloud else ()) as lab,
            ):
                for scenario in scenarios:
                    progress.print(f"{time.monotonic() - began:6.1f} s  {name}: {scenario}")
                    found[name][scenario] = lab.run(scenario)
            progress.print(f"{time.monotonic() - began:6.1f} s  {name}: done")
    console.print(_table(scenarios, found))
    if options.why:
        for name, by_scenario in found.items():
            for scenario, outcomes in by_scenario.items():
                for outcome in [o for o in outcomes if o.mixed or o.broken or o.twice][:SHOWN]:
                    console.print(f"{name}: {scenario}: {outcome}")


@contextmanager
def _local_cloud() -> Iterator[Site]:
    with LocalCloud(state_path=None, edge_freshness_seconds=EDGE_FRESHNESS_SECONDS) as cloud:
        yield LocalCloudSite(cloud, operator.build(cloud.names, cloud.session(), cloud.edge_url), "pin")


def _table(scenarios: list[Scenario], found: Found) -> Table:
    table = Table("mixed, broken, entry ran twice, of page views", *found)
    for scenario in scenarios:
        tallies = [Tally.of(outcomes[scenario]) for outcomes in found.values()]
        table.add_row(str(scenario), *(f"{t.mixed}, {t.broken}, {t.twice} of {t.views}" for t in tallies))
    return table


if __name__ == "__main__":
    main(sys.argv[1:])
