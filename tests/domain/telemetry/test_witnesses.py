from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from edgeship.domain.telemetry.beacon import Beacon, ReportedError
from edgeship.domain.telemetry.metrics import Metric
from edgeship.domain.telemetry.witnesses import KEPT_FOR, MAX_AGENTS, MAX_NETWORKS, WitnessBook, values_of
from edgeship.domain.version import Version

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
V1 = Version.parse("1.4.2")
EMPTY = WitnessBook("checkout", V1)
FAILURE = {Metric.FAILED_SESSIONS: 1.0}


def slow(milliseconds: float) -> dict[Metric, float]:
    return {Metric.LOAD_LATENCY: milliseconds}


def networks(book: WitnessBook, metric: Metric = Metric.FAILED_SESSIONS, least: float = 1) -> list[str]:
    return [each.network for each in book.of([metric], least, NOW - timedelta(days=9))]


def test_a_failure_is_a_witness_once() -> None:
    book = EMPTY.with_view(FAILURE, "n1", "a1", NOW)
    assert networks(book) == ["n1"]
    assert book.with_view(FAILURE, "n1", "a1", NOW + timedelta(minutes=9)) is book
    again = book.with_view(FAILURE, "n1", "a1", NOW + timedelta(minutes=10))
    assert again.witnesses[Metric.FAILED_SESSIONS][0].seen - book.witnesses[Metric.FAILED_SESSIONS][0].seen == 600


def test_agents_are_bounded() -> None:
    book = EMPTY
    for number in range(MAX_AGENTS + 3):
        book = book.with_view(FAILURE, "n1", f"a{number}", NOW)
    assert len(book.witnesses[Metric.FAILED_SESSIONS][0].agents) == MAX_AGENTS


def test_what_is_seen_before_is_no_witness() -> None:
    book = EMPTY.with_view(FAILURE, "n1", "a1", NOW)
    assert book.of([Metric.FAILED_SESSIONS], 1, NOW)
    assert not book.of([Metric.FAILED_SESSIONS], 1, NOW + timedelta(seconds=1))


def test_the_slowest_are_kept() -> None:
    book = EMPTY
    for number in range(100):
        book = book.with_view(slow(number), f"n{number}", "a", NOW)
    assert sorted(networks(book, Metric.LOAD_LATENCY, 0)) == sorted(f"n{number}" for number in range(84, 100))
    assert book.with_view(slow(5), "another", "a", NOW) is book


def test_a_quick_view_does_not_date_a_slow_one() -> None:
    """A network that was slow in the last exposure, and is quick in this one, is no witness of this one."""
    book = EMPTY.with_view(slow(5_000), "n1", "a", NOW)
    later = book.with_view(slow(10), "n1", "a", NOW + timedelta(hours=2))
    assert not later.of([Metric.LOAD_LATENCY], 2_000, NOW + timedelta(hours=1))


def test_one_network_takes_one_place() -> None:
    book = EMPTY.with_view(FAILURE, "honest", "a", NOW)
    for number in range(1_000):
        book = book.with_view(FAILURE, "forger", f"a{number}", NOW + timedelta(minutes=number))
    assert set(networks(book)) == {"honest", "forger"}


def test_a_day_later_nothing_is_left() -> None:
    book = EMPTY.with_view(FAILURE, "n1", "a", NOW)
    later = book.with_view(FAILURE, "n2", "a", NOW + KEPT_FOR)
    assert networks(later) == ["n2"]
    assert later.expires_at == int((NOW + KEPT_FOR + KEPT_FOR).timestamp())


@given(
    st.lists(
        st.tuples(
            st.sampled_from([Metric.FAILED_SESSIONS, Metric.LOAD_LATENCY]),
            st.integers(0, 40),
            st.floats(0, 10),
            st.integers(0, 3_000),
        )
    )
)
def test_bounds_hold(views: list[tuple[Metric, int, float, int]]) -> None:
    book = EMPTY
    for metric, network, value, minutes in views:
        book = book.with_view({metric: value}, f"n{network}", f"a{value}", NOW + timedelta(minutes=minutes))
    for found in book.witnesses.values():
        assert len(found) <= MAX_NETWORKS
        assert len({each.network for each in found}) == len(found)
        assert all(1 <= len(each.agents) <= MAX_AGENTS for each in found)


def test_what_a_beacon_is_a_witness_of() -> None:
    beacon = Beacon("checkout", V1, "9f86d081e5a1", 0, True, True, (ReportedError("boom", 1),), 123, 45.2)
    assert values_of(beacon) == {Metric.FAILED_SESSIONS: 1, Metric.LOAD_LATENCY: 123, Metric.MEMORY: 45.2}
    assert values_of(Beacon("checkout", V1, "9f86d081e5a1", 1, errors=(ReportedError("boom", 1),))) == {}
