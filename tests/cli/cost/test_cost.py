from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edgeship.adapters.cloudwatch.metrics import _STATS
from edgeship.cli.cost.cost import read_prices
from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.incidents.turns import is_due
from edgeship.domain.cost import bill as bills
from edgeship.domain.cost.bill import Usage, bill, reported_version, total, watched_version
from edgeship.domain.events import timestamp
from edgeship.domain.health.alarms import alarms_of
from edgeship.domain.health.thresholds import Thresholds
from edgeship.domain.telemetry.metric_registry import MAX_RELEASES
from edgeship.domain.version import Version
from tests.cli.command_line import CommandLine
from tests.cli.cost.table import DOCUMENT, written
from tests.cli.documentation import assert_as_documented

PRICES = read_prices(None)


def test_the_quantities_are_those_of_the_code() -> None:
    assert len(_STATS) == bills.METRICS_READ
    assert len(alarms_of("checkout", Version(1, 0, 0), Thresholds())) == bills.ALARMS
    assert MAX_RELEASES == bills.MAX_MEASURED
    moved = datetime(2026, 11, 23, tzinfo=UTC)
    live = Channel("checkout", "latest", Version(1, 0, 0), moved_at=timestamp(moved))
    day = [is_due(live, moved + timedelta(minutes=minute), 60) for minute in range(24 * 60)]
    assert sum(day) == 24 * bills.WATCHED_READS_AN_HOUR


def test_a_bill_is_linear_in_what_is_used() -> None:
    nothing = Usage(0, 0, 0)
    views = {item.name: item.amount for item in bill(Usage(0, 0, 1e6), PRICES)}
    ten = {item.name: item.amount for item in bill(Usage(0, 0, 1e7), PRICES)}
    base = {item.name: item.amount for item in bill(nothing, PRICES)}
    for name, amount in views.items():
        assert ten[name] - base[name] == pytest.approx(10 * (amount - base[name]))
    # A million page views: two requests of $1 a million each.
    assert views["CloudFront requests of page views"] == pytest.approx(30.4 * 2)


def test_the_largest_item_comes_first_and_each_says_what_lowers_it() -> None:
    items = bill(Usage(1_000, 100, 1e8), PRICES)
    assert [item.amount for item in items] == sorted((item.amount for item in items), reverse=True)
    assert all(item.lowers for item in items)
    quieter = total(bill(Usage(1_000, 100, 1e8, reporting=0.1), PRICES))
    assert quieter < total(items)


def test_a_watched_version_costs_less_than_a_dollar_and_a_half() -> None:
    alone = total(bill(Usage(0, 1, 0, reporting=0), PRICES)) - total(bill(Usage(0, 0, 0, reporting=0), PRICES))
    assert alone == pytest.approx(watched_version(PRICES), rel=1e-6)
    assert watched_version(PRICES) < 1.5
    with_metrics = total(bill(Usage(0, 1, 0), PRICES)) - total(bill(Usage(0, 0, 0), PRICES))
    assert with_metrics - alone == pytest.approx(reported_version(PRICES), rel=1e-6)


def test_the_command(rolling: CommandLine) -> None:
    done = rolling("cost", "--json")
    assert_as_documented(done.document, "edgeship cost")
    assert (done.document["widgets"], done.document["watched"]) == (1, 2)
    shown = rolling("cost", "--views", "5000000").out
    assert "1 widgets, 2 watched, 5,000,000 views a day" in shown
    assert "what lowers it" in shown


def test_it_needs_no_environment_for_other_numbers(bare: CommandLine) -> None:
    done = bare("cost", "--widgets", "40", "--json")
    assert (done.code, done.document["watched"]) == (0, 4)


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("{", 2, "not JSON"),
        ("{}", 1, "is missing"),
        ("[]", 1, "is missing"),
        (json.dumps({**vars(PRICES), "sources": [], "cent": 1}), 1, "cent is unknown"),
    ],
)
def test_prices_that_are_none(bare: CommandLine, tmp_path: Path, text: str, code: int, says: str) -> None:
    (tmp_path / "prices.json").write_text(text)
    done = bare("cost", "--widgets", "1", "--prices", str(tmp_path / "prices.json"))
    assert (done.code, says in done.err) == (code, True)


def test_prices_of_ones_own(bare: CommandLine, tmp_path: Path) -> None:
    document = dict.fromkeys(vars(PRICES), 0) | {
        "as_of": "2026-12-01",
        "sources": ["a contract"],
        "secret_month": 7,
    }
    (tmp_path / "prices.json").write_text(json.dumps(document))
    done = bare("cost", "--widgets", "1", "--prices", str(tmp_path / "prices.json"), "--json")
    assert (done.document["total"], done.document["prices_of"]) == (7, "2026-12-01")


def test_the_table_of_the_operating_guide_is_written_by_it() -> None:
    document = DOCUMENT.read_text()
    assert written(document) == document
