"""What pinning by the address alone can't hold together, and what depends on how a module is pinned."""

from __future__ import annotations

import pytest

from edgeship.adapters.archives.packer import TarPacker
from edgeship.adapters.javascript.parser import JavaScriptParser
from edgeship.application.releases.describe_bundle import describe_bundle
from edgeship.domain.naming import UploadKey
from edgeship.domain.releases.entry import Kind
from edgeship.domain.releases.manifest import Declaration
from edgeship.domain.version import Version
from tests.browser.lab.builds import ENTRY, IMPORTED, STABLE, WIDGETS, Builds
from tests.browser.lab.conftest import Labs
from tests.browser.lab.outcome import Tally
from tests.browser.lab.scenarios import KNOWN_LIMITS, SCENARIOS, Scenario

pytestmark = [pytest.mark.browser, pytest.mark.nightly, pytest.mark.xdist_group("browser")]

TWO_TAGS, COPIED, LISTED = KNOWN_LIMITS
MOVED = SCENARIOS[0]
USER = next(scenario for scenario in SCENARIOS if scenario.name == "?user=")


def test_two_tags_are_two_decisions(labs: Labs) -> None:
    """An entry that loads its own style is one; so is a user whose name is in both URLs."""
    found = Tally.of(labs("reference", "pin").run(TWO_TAGS))
    assert found.mixed
    assert not found.broken


def test_a_redirected_module_runs_again_when_its_chunk_imports_it(labs: Labs) -> None:
    """Browsers know a module by the URL that was requested; the chunk requests the one that it was redirected to."""
    outcomes = labs("reference", "redirect").run(MOVED)
    assert {outcome.widget for outcome in outcomes if outcome.twice} == IMPORTED
    assert {outcome.widget for outcome in outcomes if outcome.broken} == IMPORTED


@pytest.mark.parametrize("scenario", [MOVED, USER], ids=str)
def test_a_module_that_is_exported_runs_once(scenario: Scenario, labs: Labs) -> None:
    """The exact URL is the only one that the release has: without the query, which its chunks don't have."""
    assert Tally.of(labs("reference", "pin").run(scenario)) == Tally(14, mixed=0, broken=0, twice=0)


@pytest.mark.parametrize("widget", WIDGETS)
def test_the_upload_finds_the_entries_that_chunks_import(widget: str, builds: Builds) -> None:
    """As the lab's list has them, in what the bundlers have written."""
    folder = builds.release(widget, STABLE)
    packer, key = TarPacker(), UploadKey(widget, Version.parse(STABLE), ".tar.gz")
    files = [packer.describe(file.relative_to(folder).as_posix(), file) for file in folder.rglob("*") if file.is_file()]
    kind = None if WIDGETS[widget] == "classic" else Kind.MODULE
    manifest = describe_bundle(key, files, Declaration(entrypoint=ENTRY, kind=kind), "", JavaScriptParser()).manifest
    assert manifest.kind == WIDGETS[widget]
    assert manifest.imported == (widget in IMPORTED)
    assert not manifest.default_export


def test_a_copy_of_a_redirected_answer_has_lost_its_url(labs: Labs) -> None:
    """Then relative imports begin at the moving path. A script or module that leads to the exact one names it."""
    redirected = labs("reference", "pin").run(COPIED)
    spoiled = {outcome.widget for outcome in redirected if outcome.mixed or outcome.broken}
    assert spoiled == {"vite-module", "esbuild-module", "webpack-module"}


def test_a_policy_that_lists_moving_paths_does_not_allow_the_exact_ones(labs: Labs) -> None:
    """Such a page lists the CDN, or the widget's folder."""
    assert Tally.of(labs("reference", "in_place").run(LISTED)) == Tally(4, mixed=0, broken=0, twice=0)
    assert Tally.of(labs("reference", "pin").run(LISTED)) == Tally(4, mixed=0, broken=4, twice=0)
