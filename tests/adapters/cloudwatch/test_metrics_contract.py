"""What every `Metrics` promises, held against CloudWatch in moto and the fake; then CloudWatch's own terms.

moto has no percentiles of its own: `tests.support.moto.gaps` gives it the fake's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from edgeship.adapters.cloudwatch.metrics import CloudWatchMetrics, DataIncomplete
from edgeship.application.health.ports import Metrics, Span, Subject
from edgeship.domain.health.datapoint import Datapoint
from edgeship.domain.telemetry.custom_metrics import custom_metric_name
from edgeship.domain.telemetry.metrics import CHANNEL_DIMENSION, DIMENSIONS, NAMESPACE, UNITS, Metric
from edgeship.domain.version import Version
from edgeship.resource_names import REGION
from tests.fakes.health import FakeMetrics
from tests.support.moto.aws import NAMES, Aws

V1, V2 = Version.parse("1.0.0"), Version.parse("1.1.0")
ONE, TWO = ("checkout", V1), ("checkout", V2)
TEN = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)

Record = Callable[..., None]


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


@dataclass
class Stage:
    metrics: Metrics
    record: Record


def recorder(client: Any, environment: str = NAMES.environment) -> Record:
    """Puts metrics the way that beacons do: one value for each."""

    def record(
        widget: str,
        version: Version,
        at: datetime,
        *,
        sessions: int = 0,
        failed: int = 0,
        latencies: Sequence[float] = (),
        memory: Sequence[float] = (),
        custom_metrics: Mapping[str, Sequence[float]] = MappingProxyType({}),
        channel: str = "",
    ) -> None:
        values: dict[str, list[float]] = {
            Metric.SESSIONS: [sessions] if sessions else [],
            Metric.FAILED_SESSIONS: [failed] if failed else [],
            Metric.LOAD_LATENCY: list(latencies),
            Metric.MEMORY: list(memory),
            **{custom_metric_name(name): list(reported) for name, reported in custom_metrics.items()},
        }
        of = (environment, widget, str(version), *([channel] if channel else ()))
        about = zip((*DIMENSIONS, CHANNEL_DIMENSION), of, strict=False)
        dimensions = [{"Name": key, "Value": value} for key, value in about]
        client.put_metric_data(
            Namespace=NAMESPACE,
            MetricData=[
                {
                    "MetricName": metric,
                    "Dimensions": dimensions,
                    "Timestamp": at,
                    "Values": reported,
                    "Unit": UNITS[Metric(metric)] if metric in set(Metric) else "None",
                }
                for metric, reported in values.items()
                if reported
            ],
        )

    return record


@pytest.fixture(params=["moto", "fake"])
def stage(request: pytest.FixtureRequest) -> Stage:
    if request.param == "fake":
        fake = FakeMetrics()
        return Stage(fake, fake.record)
    client = request.getfixturevalue("aws").cloudwatch
    return Stage(CloudWatchMetrics(client, NAMES.environment), recorder(client))


def test_of_nothing_there_are_no_periods_and_an_empty_total(stage: Stage) -> None:
    span = Span(ONE, TEN, TEN + minutes(10))
    assert stage.metrics.period_seconds == 60
    assert stage.metrics.periods([], 3, TEN) == {}
    assert stage.metrics.periods([ONE, TWO], 3, TEN) == {ONE: [], TWO: []}
    assert stage.metrics.totals([]) == {}
    assert stage.metrics.totals([span]) == {span: Datapoint(TEN, 600)}


def test_the_last_periods_that_are_over_come_oldest_first(stage: Stage) -> None:
    for minute in range(8):
        stage.record(*ONE, TEN + minutes(minute), sessions=minute + 1, failed=minute)
    now = TEN + timedelta(minutes=6, seconds=59.5)
    found = stage.metrics.periods([ONE], 3, now)
    assert found == {
        ONE: [
            Datapoint(TEN + minutes(3), 60, 4, 3),
            Datapoint(TEN + minutes(4), 60, 5, 4),
            Datapoint(TEN + minutes(5), 60, 6, 5),
        ]
    }
    assert [datapoint.start for datapoint in stage.metrics.periods([ONE], 1, TEN + minutes(6))[ONE]] == [
        TEN + minutes(5)
    ]


def test_a_period_has_all_that_was_reported_in_it_and_no_more(stage: Stage) -> None:
    for second in (0, 1, 30, 59):
        stage.record(*ONE, TEN + timedelta(seconds=second), sessions=2, failed=1, latencies=[100, 300], memory=[10])
    stage.record(*ONE, TEN - timedelta(seconds=1), sessions=50, latencies=[9000])
    stage.record(*ONE, TEN + timedelta(seconds=60), sessions=50, latencies=[9000])
    assert stage.metrics.periods([ONE], 1, TEN + minutes(1)) == {ONE: [Datapoint(TEN, 60, 8, 4, 300, 10)]}


def test_what_came_by_a_channel_is_apart(stage: Stage) -> None:
    stage.record(*ONE, TEN, sessions=50, failed=1)
    stage.record(*ONE, TEN, sessions=20, failed=20, channel="next")
    stage.record(*ONE, TEN, sessions=4, channel="latest")
    own = [(*ONE, name) for name in ("next", "latest", "beta")]
    found = stage.metrics.periods([ONE, *own], 1, TEN + minutes(1))
    counts = [[(each.sessions, each.failed_sessions) for each in found[source]] for source in (ONE, *own)]
    assert counts == [[(50, 1)], [(20, 20)], [(4, 0)], []]
    spans = [Span(source, TEN, TEN + minutes(1)) for source in (ONE, *own)]
    totals = stage.metrics.totals(spans)
    assert [totals[span].sessions for span in spans] == [50, 20, 4, 0]


def test_a_custom_metric_is_read_where_its_name_is_given_and_it_has_enough_values(stage: Stage) -> None:
    stage.record(*ONE, TEN, sessions=50, custom_metrics={"checkout_ms": [100] * 10 + [900] * 10, "items": [7] * 99})
    stage.record(*ONE, TEN + minutes(1), sessions=50, custom_metrics={"checkout_ms": [100] * 19})
    stage.record(*TWO, TEN, sessions=50, custom_metrics={"items": [7] * 20})
    stage.record("chat", V1, TEN, sessions=50, custom_metrics={"checkout_ms": [1] * 20})
    now, chat = TEN + minutes(2), ("chat", V1)
    subjects, named = [ONE, TWO, chat], {"checkout": "checkout_ms"}
    found = stage.metrics.periods(subjects, 2, now, named)
    assert [[each.custom_metric for each in found[subject]] for subject in subjects] == [[900, None], [None], [None]]
    assert [each.custom_metric for each in stage.metrics.periods([ONE], 2, now)[ONE]] == [None, None]
    assert [each.custom_metric for each in stage.metrics.periods([ONE], 2, now, {"checkout": "items"})[ONE]] == [
        7,
        None,
    ]
    few = Span(ONE, TEN + minutes(1), now)
    many = Span(TWO, TEN, now)
    totals = stage.metrics.totals([few, many], {"checkout": "items"})
    assert (totals[few].custom_metric, totals[many].custom_metric) == (None, 7)


def test_a_period_of_which_nothing_was_reported_is_left_out(stage: Stage) -> None:
    stage.record(*ONE, TEN, sessions=1)
    stage.record(*ONE, TEN + minutes(2), latencies=[200])
    stage.record(*ONE, TEN + minutes(3), failed=1)
    assert stage.metrics.periods([ONE], 4, TEN + minutes(4))[ONE] == [
        Datapoint(TEN, 60, 1),
        Datapoint(TEN + minutes(2), 60, latency_ms=200),
        Datapoint(TEN + minutes(3), 60, failed_sessions=1),
    ]


def test_percentiles_are_the_95th(stage: Stage) -> None:
    stage.record(*ONE, TEN, sessions=100, latencies=range(1, 101), memory=[1] * 94 + [2] * 6)
    (datapoint,) = stage.metrics.periods([ONE], 1, TEN + minutes(1))[ONE]
    assert datapoint.latency_ms is not None
    assert 95 <= datapoint.latency_ms <= 96
    assert datapoint.memory_mb == 2


def test_subjects_are_kept_apart_and_may_be_asked_for_twice(stage: Stage) -> None:
    stage.record(*ONE, TEN, sessions=1)
    stage.record(*TWO, TEN, sessions=2)
    stage.record("other", V1, TEN, sessions=3)
    found = stage.metrics.periods([ONE, TWO, ONE, ("other", V1)], 1, TEN + minutes(1))
    assert {subject: [w.sessions for w in datapoints] for subject, datapoints in found.items()} == {
        ONE: [1],
        TWO: [2],
        ("other", V1): [3],
    }


def test_a_total_is_the_sum_and_the_weighed_mean_of_whole_periods(stage: Stage) -> None:
    stage.record(*ONE, TEN - timedelta(seconds=1), sessions=100, latencies=[9000])
    stage.record(*ONE, TEN + timedelta(seconds=10), sessions=1, failed=1, latencies=[100])
    stage.record(*ONE, TEN + minutes(3), sessions=10, latencies=[700], memory=[20])
    stage.record(*ONE, TEN + timedelta(minutes=5, seconds=59), sessions=2, failed=1, memory=[30])
    stage.record(*ONE, TEN + minutes(6), sessions=100, latencies=[9000])
    span = Span(ONE, TEN + timedelta(seconds=30), TEN + timedelta(minutes=5, seconds=1))
    (total,) = stage.metrics.totals([span]).values()
    assert (total.start, total.seconds, total.sessions, total.failed_sessions) == (TEN, 360, 13, 2)
    assert total.latency_ms == pytest.approx((1 * 100 + 10 * 700) / 11)
    assert total.memory_mb == pytest.approx((10 * 20 + 2 * 30) / 12)


def test_spans_of_all_sorts_are_distinguished(stage: Stage) -> None:
    for minute in range(30):
        stage.record(*ONE, TEN + minutes(minute), sessions=1)
        stage.record(*TWO, TEN + minutes(minute), sessions=100)
    spans = [
        Span(ONE, TEN, TEN + minutes(30)),
        Span(TWO, TEN, TEN + minutes(30)),
        Span(ONE, TEN + minutes(20), TEN + minutes(30)),
        Span(TWO, TEN + minutes(10), TEN + minutes(15)),
        Span(TWO, TEN + minutes(7), TEN + minutes(7)),
    ]
    found = stage.metrics.totals([*spans, spans[0]])
    assert [found[span].sessions for span in spans] == [30, 3000, 10, 500, 100]
    assert len(found) == len(spans)


def test_another_period_can_be_had(aws: Aws) -> None:
    fake = FakeMetrics()
    fake.period_seconds = 5
    real = CloudWatchMetrics(aws.cloudwatch, NAMES.environment, 5)
    for record in (fake.record, recorder(aws.cloudwatch)):
        for second in range(20):
            record(*ONE, TEN + timedelta(seconds=second), sessions=1, latencies=[second])
    span = Span(ONE, TEN + timedelta(seconds=7), TEN + timedelta(seconds=11))
    for metrics in (fake, real):
        assert metrics.periods([ONE], 2, TEN + timedelta(seconds=14))[ONE] == [
            Datapoint(TEN, 5, 5, 0, 4),
            Datapoint(TEN + timedelta(seconds=5), 5, 5, 0, 9),
        ]
        assert metrics.totals([span])[span] == Datapoint(TEN + timedelta(seconds=5), 10, 10, 0, 11.5)


# CloudWatch's own terms.


@dataclass
class Calls:
    """The GetMetricData calls that were made; the limits hold for each."""

    asked: list[dict[str, Any]]

    def note(self, params: dict[str, Any], **_: Any) -> None:
        queries = params["MetricDataQueries"]
        assert 0 < len(queries) <= 500
        seconds = (params["EndTime"] - params["StartTime"]).total_seconds()
        assert sum(seconds / query["MetricStat"]["Period"] for query in queries) <= 100_800
        self.asked.append(params)

    @property
    def periods(self) -> list[int]:
        """Of each call; all its queries have the same."""
        found = [{query["MetricStat"]["Period"] for query in call["MetricDataQueries"]} for call in self.asked]
        assert all(len(periods) == 1 for periods in found)
        return [periods.pop() for periods in found]


@pytest.fixture
def calls(aws: Aws) -> Iterator[Calls]:
    found = Calls([])
    aws.cloudwatch.meta.events.register("provide-client-params.cloudwatch.GetMetricData", found.note)
    yield found
    aws.cloudwatch.meta.events.unregister("provide-client-params.cloudwatch.GetMetricData", found.note)


@pytest.fixture
def metrics(aws: Aws) -> CloudWatchMetrics:
    return CloudWatchMetrics(aws.cloudwatch, NAMES.environment)


def subjects(count: int) -> list[Subject]:
    return [(f"widget-{number}", V1) for number in range(count)]


@pytest.mark.parametrize(("count", "expected"), [(1, 1), (62, 1), (63, 2), (186, 3)])
def test_62_subjects_share_a_call(metrics: CloudWatchMetrics, calls: Calls, count: int, expected: int) -> None:
    assert len(metrics.periods(subjects(count), 5, TEN)) == count
    assert len(calls.asked) == expected


def test_a_hundred_rollouts_that_are_due_at_once_take_few_calls(metrics: CloudWatchMetrics, calls: Calls) -> None:
    """Candidates and stable versions of steps that began at any time in the last fortnight."""
    spans = [
        Span((f"widget-{number}", version), TEN - minutes(15 + 200 * number + number % 7), TEN)
        for number in range(100)
        for version in (V1, V2)
    ]
    assert metrics.totals(spans).keys() == set(spans)
    assert len(calls.asked) <= 6


@pytest.mark.parametrize(
    ("length", "age", "period"),
    [
        (minutes(1), minutes(1), 60),
        (minutes(59), minutes(59), 60),
        (minutes(60), minutes(60), 300),
        (timedelta(hours=11), timedelta(hours=11), 900),
        (timedelta(hours=24), timedelta(hours=24), 3600),
        (timedelta(days=70), timedelta(days=70), 3600),
        (minutes(10), timedelta(days=14), 60),
        (minutes(10), timedelta(days=16), 300),
        (timedelta(hours=11), timedelta(days=16), 900),
        (minutes(10), timedelta(days=62), 300),
        (minutes(10), timedelta(days=64), 3600),
    ],
)
def test_a_total_is_read_in_the_period_that_fits_its_length_and_its_age(
    metrics: CloudWatchMetrics, calls: Calls, length: timedelta, age: timedelta, period: int
) -> None:
    """Age: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricStat.html (Period)."""
    now = Span(("other", V1), TEN - minutes(1), TEN)
    start = TEN - age + timedelta(seconds=1)
    span = Span(ONE, start, start + length)
    datapoint = metrics.totals([now, span])[span]
    assert period in calls.periods
    assert datapoint.start <= span.start
    assert datapoint.end >= span.end
    assert datapoint.seconds <= length.total_seconds() + 2 * period
    assert datapoint.seconds % period == 0
    assert datapoint.start.timestamp() % period == 0


def test_no_call_asks_for_periods_that_are_not_kept_of_its_start(metrics: CloudWatchMetrics, calls: Calls) -> None:
    spans = [
        Span(ONE, TEN - timedelta(days=days), TEN - timedelta(days=days) + minutes(30)) for days in range(0, 80, 2)
    ]
    spans.append(Span(ONE, TEN - minutes(5), TEN))
    metrics.totals(spans)
    for call, period in zip(calls.asked, calls.periods, strict=True):
        age = TEN - call["StartTime"]
        assert period >= (60 if age <= timedelta(days=15) else 300 if age <= timedelta(days=63) else 3600)


def test_a_long_total_counts_what_lies_inside_it(aws: Aws, metrics: CloudWatchMetrics) -> None:
    record = recorder(aws.cloudwatch)
    for hour in range(30):
        record(*ONE, TEN - timedelta(hours=hour, minutes=30), sessions=1, latencies=[100 * hour])
    day = Span(ONE, TEN - timedelta(hours=24), TEN)
    short = Span(ONE, TEN - minutes(40), TEN)
    assert metrics.totals([day, short]) == {
        day: Datapoint(TEN - timedelta(hours=24), 86400, 24, 0, 1150),
        short: Datapoint(TEN - minutes(40), 2400, 1, 0, 0),
    }


def test_other_environments_are_not_counted(aws: Aws, metrics: CloudWatchMetrics) -> None:
    recorder(aws.cloudwatch, "production")(*ONE, TEN, sessions=1)
    assert metrics.periods([ONE], 1, TEN + minutes(1)) == {ONE: []}


def result(name: str, status: str, at: Sequence[datetime] = (), values: Sequence[float] = ()) -> dict[str, Any]:
    return {"Id": name, "StatusCode": status, "Timestamps": list(at), "Values": list(values)}


@pytest.fixture
def stub() -> Iterator[tuple[CloudWatchMetrics, Stubber]]:
    client = boto3.client(
        "cloudwatch", region_name=REGION, aws_access_key_id="testing", aws_secret_access_key="testing"
    )
    with Stubber(client) as stubber:
        yield CloudWatchMetrics(client, NAMES.environment), stubber
    client.close()


def expected(**token: str) -> dict[str, Any]:
    return {"MetricDataQueries": ANY, "StartTime": ANY, "EndTime": ANY, "ScanBy": "TimestampAscending", **token}


def test_the_pages_of_an_answer_are_put_together(stub: tuple[CloudWatchMetrics, Stubber]) -> None:
    """moto answers in one page."""
    metrics, stubber = stub
    first = [result("q0_0", "PartialData", [TEN], [1]), *(result(f"q0_{n}", "Complete") for n in range(1, 8))]
    second = [result("q0_0", "Complete", [TEN + minutes(1)], [2])]
    stubber.add_response("get_metric_data", {"MetricDataResults": first, "NextToken": "more"}, expected())
    stubber.add_response("get_metric_data", {"MetricDataResults": second}, expected(NextToken="more"))
    span = Span(ONE, TEN, TEN + minutes(2))
    assert metrics.totals([span])[span].sessions == 3


@pytest.mark.parametrize("status", ["InternalError", "PartialData", "Forbidden", None])
def test_an_answer_with_holes_is_none(stub: tuple[CloudWatchMetrics, Stubber], status: str | None) -> None:
    """Failed sessions that could not be read are not failed sessions that there were none of."""
    metrics, stubber = stub
    results = [result(f"q0_{n}", "Complete") for n in (0, 2, 3)]
    if status is not None:
        results.append(result("q0_1", status))
    stubber.add_response("get_metric_data", {"MetricDataResults": results}, expected())
    with pytest.raises(DataIncomplete, match=r"FailedSessions of checkout 1\.0\.0"):
        metrics.periods([ONE], 1, TEN)
