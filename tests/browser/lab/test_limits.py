"""What pinning by the address alone can't hold together, and what depends on how a module is pinned."""

from __future__ import annotations

import pytest

from tests.browser.lab.conftest import Labs
from tests.browser.lab.outcome import Tally
from tests.browser.lab.scenarios import KNOWN_LIMITS, SCENARIOS

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

TWO_TAGS, COPIED, LISTED = KNOWN_LIMITS
MOVED = SCENARIOS[0]


def test_two_tags_are_two_decisions(labs: Labs) -> None:
    """An entry that loads its own style is one; so is a user whose name is in both URLs."""
    found = Tally.of(labs("reference", "pin").run(TWO_TAGS))
    assert found.mixed
    assert not found.broken


def test_a_redirected_module_runs_again_when_its_chunk_imports_it(labs: Labs) -> None:
    """Browsers know a module by the URL that was requested; the chunk requests the one that it was redirected to."""
    outcomes = labs("reference", "pin").run(MOVED)
    assert {outcome.widget for outcome in outcomes if outcome.twice} == {"rollup-module"}


def test_a_re_exported_module_runs_once(labs: Labs) -> None:
    """The exact URL is the only one that the release has."""
    assert Tally.of(labs("reference", "reexport").run(MOVED)) == Tally(12, mixed=0, broken=0, twice=0)


def test_a_copy_of_a_redirected_answer_has_lost_its_url(labs: Labs) -> None:
    """Then relative imports begin at the moving path. A stub and a re-export name the exact one themselves."""
    redirected = labs("reference", "pin").run(COPIED)
    spoiled = {outcome.widget for outcome in redirected if outcome.mixed or outcome.broken}
    assert spoiled == {"vite-module", "esbuild-module", "rollup-module", "webpack-module"}
    exported = Tally.of(labs("reference", "reexport").run(COPIED))
    assert (exported.mixed, exported.broken, exported.twice) == (0, 0, 0)


def test_a_policy_that_lists_moving_paths_does_not_allow_the_exact_ones(labs: Labs) -> None:
    """Such a page lists the CDN, or the widget's folder."""
    assert Tally.of(labs("reference", "in_place").run(LISTED)) == Tally(4, mixed=0, broken=0, twice=0)
    assert Tally.of(labs("reference", "pin").run(LISTED)) == Tally(4, mixed=0, broken=4, twice=0)
