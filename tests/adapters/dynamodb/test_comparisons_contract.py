"""What every `Comparisons` promises: held against the table in moto and against the fake that the use cases run on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgeship.adapters.dynamodb.health.comparisons import DynamoDBComparisons
from edgeship.application.health.ports import Comparisons
from edgeship.domain.errors import Conflict
from edgeship.domain.health.comparison import BETS, LATER_STAKES, Block, Evidence, Sample
from edgeship.domain.health.comparison_record import Comparison
from edgeship.domain.health.sample_ratio import Ratio
from edgeship.domain.version import Version
from tests.fakes.health import FakeComparisons
from tests.support.moto.aws import NAMES

EXPOSED = datetime(2026, 11, 23, 10, 0, 40, 123_000, tzinfo=UTC)
LATEST, NEXT = ("checkout", "latest"), ("checkout", "next")


@pytest.fixture(params=["moto", "fake"])
def comparisons(request: pytest.FixtureRequest) -> Comparisons:
    if request.param == "fake":
        return FakeComparisons()
    return DynamoDBComparisons(request.getfixturevalue("aws").dynamodb, NAMES.table)


def a_comparison(channel: str = "latest", evidence: Evidence | None = None) -> Comparison:
    version = Version.parse("1.5.0-rc.1")
    evidence = evidence or Evidence(Block(Sample(10, 3), Sample(10**7, 12)), hours=3)
    return Comparison("checkout", channel, version, EXPOSED, EXPOSED + timedelta(minutes=7), evidence)


def test_there_is_none_at_first(comparisons: Comparisons) -> None:
    assert comparisons.read([LATEST]) == {}
    assert comparisons.read([]) == {}


def test_what_is_written_is_read_at_the_next_revision(comparisons: Comparisons) -> None:
    first, other = a_comparison(), a_comparison("next")
    comparisons.write(first)
    comparisons.write(other)
    kept = replace(first, revision=1)
    assert comparisons.read([LATEST, NEXT]) == {LATEST: kept, NEXT: replace(other, revision=1)}
    comparisons.write(replace(kept, through=EXPOSED + timedelta(hours=1)))
    assert comparisons.read([LATEST])[LATEST].revision == 2


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(
    st.lists(st.floats(-1e9, 1e3), min_size=len(BETS), max_size=len(BETS)),
    st.integers(0, LATER_STAKES),
    st.integers(0, 10**9),
)
def test_every_evidence_is_read_as_it_was(comparisons: Comparisons, capital: list[float], hours: int, n: int) -> None:
    evidence = Evidence(Block(Sample(n, n // 3), Sample(2 * n)), tuple(capital), hours)
    known = comparisons.read([LATEST]).get(LATEST)
    comparisons.write(replace(a_comparison(evidence=evidence), revision=known.revision if known else 0))
    assert comparisons.read([LATEST])[LATEST].evidence == evidence


@pytest.mark.parametrize("before", [0, 1])
def test_it_is_written_only_from_the_revision_it_was_read_at(comparisons: Comparisons, before: int) -> None:
    if before:
        comparisons.write(a_comparison())
    read = replace(a_comparison(), revision=before)
    comparisons.write(read)
    with pytest.raises(Conflict):
        comparisons.write(read)
    assert comparisons.read([LATEST])[LATEST].revision == before + 1


def test_the_ratio_of_sessions_is_read_as_it_was(comparisons: Comparisons) -> None:
    ratio = Ratio(EXPOSED, EXPOSED + timedelta(minutes=3), 12, 4_000, 1 / 3, (-0.1, 1e-9, -700.5, 0.0, 3.0))
    comparisons.write(replace(a_comparison(), ratio=ratio))
    assert comparisons.read([LATEST])[LATEST].ratio == ratio
