"""What an environment costs in a month, item by item, by what it is used for.

The quantities are those of the code: how many metrics a release has, what one tick reads, what a page view asks. A test
counts them in the code itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from edgeship.domain.cost.prices import Prices

DAYS = 30.4
MINUTES = DAYS * 24 * 60
ALARMS, METRICS_OF_AN_ALARM = 3, 2
"""Of a watched version; the error rate has a third metric where chunk failures count."""
METRICS = 9
"""Custom metrics of a version while browsers report on it."""
METRICS_READ = 8
"""Of a version, each time that it is analysed."""
RESTING_READS_AN_HOUR = 4
WATCHED_READS_AN_HOUR = 14
"""On the average of a day that begins with a move or a step: each minute of its first hour, then every five."""
MAX_MEASURED = 1_000
"""Versions with metrics of their own."""
STACK_ALARMS, SECRETS, DASHBOARDS = 60, 1, 1
BEACON_WRITES = 2
"""To the table of page views, for the first beacon of a view."""
EDGE_SECONDS, EDGE_GIGABYTES = 0.006, 0.125
"""Of an answer to a request for flags."""
BEACON_SECONDS, BEACON_GIGABYTES = 0.02, 0.5
TICK_SECONDS, TICK_GIGABYTES = 2.0, 0.5
PROBES_OF_A_MOVE = 40


@dataclass(frozen=True)
class Usage:
    """Counts, and requests a day. `views` are page views of pages that load a widget by a moving path; `reporting` is
    the share of them that report (0 to 1); `flag_requests` are bulk answers. `kilobytes` is what a view downloads."""

    widgets: int
    watched: float
    """Versions in a rollout, or in their rollback window, on average."""
    views: float
    reporting: float = 1.0
    flag_requests: float = 0.0
    kilobytes: float = 30.0
    files: int = 20
    """Of a release."""
    releases_a_month: float = 4.0
    """Of each widget."""


@dataclass(frozen=True)
class Item:
    """`amount` is US dollars a month. `lowers` says what lowers it."""

    name: str
    amount: float
    lowers: str


def bill(usage: Usage, prices: Prices) -> list[Item]:
    """The largest item first."""
    return sorted(_items(usage, prices), key=lambda item: -item.amount)


def total(items: list[Item]) -> float:
    return sum(item.amount for item in items)


def watched_version(prices: Prices) -> float:
    """What it costs to watch a version for a month: its alarms, and what the minute tick reads and writes."""
    reads = WATCHED_READS_AN_HOUR * 24 * DAYS
    return (
        ALARMS * METRICS_OF_AN_ALARM * prices.alarm_metric_month
        + reads * METRICS_READ * prices.metric_read / 1e6
        + reads * prices.s3_put / 1e6
    )


def reported_version(prices: Prices) -> float:
    """What the metrics of a version cost for a month in which browsers report on it every hour, watched or not."""
    return METRICS * prices.metric_month


def _items(usage: Usage, prices: Prices) -> Iterator[Item]:
    month = DAYS / 1e6
    views, beacons, flags = usage.views * month, usage.views * usage.reporting * month, usage.flag_requests * month
    # A view asks for the moving path and for the exact one.
    yield Item(
        "CloudFront requests of page views",
        2 * views * prices.cloudfront_request,
        "a longer pointer_max_age, and pages that pin an exact version",
    )
    yield Item(
        "bytes to browsers",
        usage.views * DAYS * usage.kilobytes / 1e6 * prices.cloudfront_gigabyte,
        "smaller bundles; browsers keep an exact path for a year",
    )
    yield Item("CloudFront Functions", 2 * views * prices.cloudfront_function, "a longer pointer_max_age")
    beacon = prices.cloudfront_request + prices.cloudfront_function + prices.lambda_request
    beacon += BEACON_SECONDS * BEACON_GIGABYTES * 1e6 * prices.lambda_gigabyte_second
    yield Item("beacons: requests and runs", beacons * beacon, "report on a share of the page views (data-sample)")
    yield Item(
        "beacons: writes of page views",
        beacons * BEACON_WRITES * prices.table_write,
        "a policy with networks 0, or a share of the page views",
    )
    answer = prices.cloudfront_request + prices.edge_request
    answer += EDGE_SECONDS * EDGE_GIGABYTES * 1e6 * prices.edge_gigabyte_second
    yield Item(
        "flags: requests and runs at the edge", flags * answer, "a longer polling interval in the OFREP provider"
    )
    yield Item(
        "alarms of watched versions",
        usage.watched * ALARMS * METRICS_OF_AN_ALARM * prices.alarm_metric_month,
        "a shorter rollback window",
    )
    versions = min(usage.widgets + usage.watched, MAX_MEASURED)
    reported = versions if usage.reporting else 0
    yield Item("metrics of versions", reported * reported_version(prices), "telemetry on the widgets that need it")
    watched_reads = usage.watched * WATCHED_READS_AN_HOUR * 24 * DAYS
    reads = watched_reads + usage.widgets * RESTING_READS_AN_HOUR * 24 * DAYS
    yield Item(
        "reads of metrics by the minute tick",
        reads * METRICS_READ * prices.metric_read / 1e6,
        "a shorter rollback window, and shorter rollouts",
    )
    yield Item("health pages", watched_reads * prices.s3_put / 1e6, "a shorter rollback window")
    tick = (
        MINUTES / 1e6 * prices.lambda_request + MINUTES * TICK_SECONDS * TICK_GIGABYTES * prices.lambda_gigabyte_second
    )
    yield Item("the minute ticks", 2 * tick, "nothing: they watch")
    moved = usage.widgets * usage.releases_a_month / 1e6
    release = usage.files * (2 * prices.s3_put + prices.s3_get) + PROBES_OF_A_MOVE * prices.cloudfront_request
    release += 12 * (prices.table_write + prices.event + 2 * prices.queue_request)
    yield Item("releases and moves", moved * release, "fewer files in a release")
    yield Item("the stack's own alarms", STACK_ALARMS * prices.alarm_metric_month, "nothing: they watch the pipeline")
    yield Item("secrets", SECRETS * prices.secret_month, "nothing")
    yield Item("the dashboard", DASHBOARDS * prices.dashboard_month, "the option dashboard=false")
