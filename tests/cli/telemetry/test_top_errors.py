from __future__ import annotations

import json
from datetime import UTC, datetime

import boto3

from edgeship.bootstrap import operator
from edgeship.domain.telemetry.beacon import Beacon, ReportedError
from edgeship.domain.telemetry.source_place import NO_MAP
from edgeship.domain.version import Version
from tests.cli.command_line import CommandLine
from tests.cli.documentation import assert_as_documented
from tests.cli.pipeline import Pipeline
from tests.support.moto.aws import NAMES, Aws

SCRIPT = b"function a(){throw new Error('no price')}a();\n"
MAP = {
    "version": 3,
    "sources": ["../src/pay.ts"],
    "sourcesContent": ["export function chargeCard() {\n  throw new Error('no price');\n}\nchargeCard();\n"],
    "names": ["chargeCard"],
    "mappings": "AAAO,SAASA,IACd,MAAM,IAAI,MAAM,WAClB,CACAA",
}
MINIFIED = {"widget.js": SCRIPT, "widget.js.map": json.dumps(MAP).encode()}


def thrown(aws: Aws, *messages: tuple[str, int], version: str = "1.0.0", frames: tuple[str, ...] = ()) -> None:
    """What one browser reported of a release of checkout."""
    books = operator.build(NAMES, boto3.Session(), None).errors.books
    reported = tuple(ReportedError(message, count, frames) for message, count in messages)
    of = Version.parse(version)
    beacon = Beacon("checkout", of, "0123456789abcdef", 0, starts_session=True, fails_session=True, errors=reported)
    books.write(books.read("checkout", of).with_beacon(beacon, datetime.now(UTC)))


def test_errors_come_most_frequent_first(edgeship: CommandLine, pipeline: Pipeline, aws: Aws) -> None:
    pipeline.ship("checkout", "1.0.0")
    thrown(aws, ("no rates", 2), ("no price for 3 items", 5), ("no price for 4 items", 4), frames=("widget.js:1:9",))
    done = edgeship("errors", "checkout", "1.0.0", "--json")
    assert done.code == 0
    assert_as_documented(done.document, "edgeship errors")
    assert [(e["message"], e["count"], e["last_hour"], e["last_day"]) for e in done.document["errors"]] == [
        ("no price for 3 items", 9, 9, 9),
        ("no rates", 2, 2, 2),
    ]
    shown = edgeship("errors", "checkout", "1.0.0").out
    assert shown.index("no price for 3 items") < shown.index("no rates")


def test_an_error_is_shown_with_its_line_of_source(edgeship: CommandLine, pipeline: Pipeline, aws: Aws) -> None:
    for version in ("1.0.0", "1.1.0", "1.2.0"):
        pipeline.ship("checkout", version, {**MINIFIED, "version.txt": version.encode()})
    for version in ("1.1.0", "1.2.0"):
        thrown(aws, ("Error: no price", 3), version=version, frames=("widget.js:1:14", "widget.js:1:42"))
    done = edgeship("errors", "checkout", "1.2.0", "--json")
    assert_as_documented(done.document, "edgeship errors")
    (error,) = done.document["errors"]
    assert error["frames"][0] == {
        "at": "widget.js:1:14",
        "source": {
            "file": "../src/pay.ts",
            "line": 2,
            "column": 3,
            "function": "chargeCard",
            "text": "throw new Error('no price');",
        },
        "reason": None,
    }
    assert error["first_version"] == "1.1.0"
    shown = edgeship("errors", "checkout", "1.2.0").out
    assert "pay.ts:2:3" in shown
    assert "throw new Error" in shown


def test_without_a_map_the_published_place_is_shown(edgeship: CommandLine, pipeline: Pipeline, aws: Aws) -> None:
    pipeline.ship("checkout", "1.0.0", {"widget.js": SCRIPT})
    thrown(aws, ("Error: no price", 3), frames=("widget.js:1:14", "gone.js:1:1"))
    (error,) = edgeship("errors", "checkout", "1.0.0", "--json").document["errors"]
    assert [(frame["source"], frame["reason"]) for frame in error["frames"]] == [
        (None, NO_MAP),
        (None, "the release has no such file"),
    ]
    assert "widget.js:1:14" in edgeship("errors", "checkout", "1.0.0").out


def test_a_damaged_map_says_so_and_hides_nothing(edgeship: CommandLine, pipeline: Pipeline, aws: Aws) -> None:
    pipeline.ship("checkout", "1.0.0", {"widget.js": SCRIPT, "widget.js.map": b'{"version":3,"mappings":"!'})
    thrown(aws, ("Error: no price", 3), frames=("widget.js:1:14",))
    (error,) = edgeship("errors", "checkout", "1.0.0", "--json").document["errors"]
    assert error["frames"][0]["reason"].startswith("the source map can't be read: ")


def test_a_release_without_errors_says_so(edgeship: CommandLine, pipeline: Pipeline) -> None:
    pipeline.ship("checkout", "1.0.0")
    assert "no error of checkout 1.0.0" in edgeship("errors", "checkout", "1.0.0").out


def test_a_widget_that_nobody_knows_is_refused(edgeship: CommandLine, pipeline: Pipeline) -> None:
    pipeline.ship("checkout", "1.0.0")
    done = edgeship("errors", "chekout", "1.0.0", "--json")
    assert (done.code, done.document["error"]["code"]) == (1, "widget_unknown")


def test_an_error_of_the_candidate_alone_says_so(edgeship: CommandLine, pipeline: Pipeline, aws: Aws) -> None:
    for version in ("1.0.0", "1.1.0"):
        pipeline.ship("checkout", version)

    def only(version: str) -> dict[str, bool | None]:
        listed = edgeship("errors", "checkout", version, "--json").document["errors"]
        return {error["message"]: error["only_candidate"] for error in listed}

    thrown(aws, ("old", 2))
    thrown(aws, ("old", 2), ("new", 1), version="1.1.0")
    assert only("1.1.0") == {"old": False, "new": True}
    assert only("1.0.0") == {"old": None}
