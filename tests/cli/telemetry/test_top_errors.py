from __future__ import annotations

from datetime import UTC, datetime

import boto3

from edgeship.bootstrap import operator
from edgeship.domain.telemetry.beacon import Beacon, ReportedError
from edgeship.domain.version import Version
from tests.cli.command_line import CommandLine
from tests.cli.documentation import assert_as_documented
from tests.cli.pipeline import Pipeline
from tests.support.moto.aws import NAMES, Aws

V1 = Version(1, 0, 0)


def thrown(aws: Aws, *messages: tuple[str, int]) -> None:
    """What one browser reported of checkout 1.0.0."""
    books = operator.build(NAMES, boto3.Session(), None).errors
    reported = tuple(ReportedError(message, count) for message, count in messages)
    beacon = Beacon("checkout", V1, "0123456789abcdef", 0, starts_session=True, fails_session=True, errors=reported)
    books.write(books.read("checkout", V1).with_beacon(beacon, datetime.now(UTC)))


def test_errors_come_most_frequent_first(edgeship: CommandLine, pipeline: Pipeline, aws: Aws) -> None:
    pipeline.ship("checkout", "1.0.0")
    thrown(aws, ("no rates", 2), ("no price for 3 items", 5), ("no price for 4 items", 4))
    done = edgeship("errors", "checkout", "1.0.0", "--json")
    assert done.code == 0
    assert_as_documented(done.document, "edgeship errors")
    assert [(e["message"], e["count"]) for e in done.document["errors"]] == [
        ("no price for 3 items", 9),
        ("no rates", 2),
    ]
    shown = edgeship("errors", "checkout", "1.0.0").out
    assert shown.index("no price for 3 items") < shown.index("no rates")


def test_a_release_without_errors_says_so(edgeship: CommandLine, pipeline: Pipeline) -> None:
    pipeline.ship("checkout", "1.0.0")
    assert "no error of checkout 1.0.0" in edgeship("errors", "checkout", "1.0.0").out


def test_a_widget_that_nobody_knows_is_refused(edgeship: CommandLine, pipeline: Pipeline) -> None:
    pipeline.ship("checkout", "1.0.0")
    done = edgeship("errors", "chekout", "1.0.0", "--json")
    assert (done.code, done.document["error"]["code"]) == (1, "widget_unknown")
