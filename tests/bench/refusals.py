"""What a widget's refused uploads cost to read, with and without 5,000 of other widgets, on moto in this process.

`publish --wait` asks for them four times a second, and `status W` once. The peer is a list of all that is filtered.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from edgeship.adapters.dynamodb.attributes import serialize
from edgeship.adapters.dynamodb.items import event_item, refused_item, to_item
from edgeship.adapters.dynamodb.state import DynamoDBState
from edgeship.application.releases.publish_bundle import RECENT_REJECTIONS
from edgeship.domain.errors import Refused
from edgeship.domain.events import Occasion
from edgeship.domain.releases.rejection import Rejection, Upload, reject
from tests.bench.report import Report, Row
from tests.support.moto.aws import NAMES, Aws, aws_environment

OTHERS = 5_000
OWN = 3
NOW = datetime.now(UTC).replace(microsecond=0)

Found = tuple[int, int]
"""Calls, and the items that DynamoDB reads for them."""


def measure(progress: Callable[[str], None]) -> Report:
    with aws_environment() as aws:
        _refuse(aws, ["checkout"] * OWN)
        alone = _read(aws, lambda state: state.rejections(RECENT_REJECTIONS, "checkout"))
        _refuse(aws, [f"other-{number % 50}" for number in range(OTHERS)])
        progress(f"{OTHERS:,} uploads of other widgets are refused")
        among = _read(aws, lambda state: state.rejections(RECENT_REJECTIONS, "checkout"))
        peer = _read(aws, lambda state: [r for r in state.rejections(OTHERS + OWN) if r.widget == "checkout"])
    assert alone == among, "the cost grows with others' refusals"
    return Report(
        name="refusals",
        title=f"Refused uploads of one widget, among {OTHERS:,} of others",
        peer="a filtered list of all",
        rows=(
            Row("AWS calls, alone", "", alone[0], None, digits=0),
            Row("AWS calls, among the others", "", among[0], peer[0], budget=alone[0], digits=0),
            Row("items read, alone", "", alone[1], None, digits=0),
            Row("items read, among the others", "", among[1], peer[1], budget=alone[1], digits=0),
        ),
        notes=("what DynamoDB reads decides how long it takes; moto's own time grows with the whole table",),
    )


def _refuse(aws: Aws, widgets: list[str]) -> None:
    """One upload of each; written in batches, since a transaction takes moto a copy of the whole table."""
    puts = []
    for number, widget in enumerate(widgets):
        upload = Upload(f"incoming/{widget}/1.0.{number}.zip", f"v{number}", "etag", "0", 1, NOW, "aws:1")
        occasion = Occasion(NAMES.environment, "aws:1", "upload", NOW + timedelta(milliseconds=number))
        why = Refused("empty", "It is empty.", "Fill it.")
        rejection, event = reject(upload, why, f"rejected/{upload.tail}", occasion)
        items = (to_item(rejection), event_item(event), refused_item(rejection, widget))
        puts += [{"PutRequest": {"Item": serialize(item)}} for item in items]
    for start in range(0, len(puts), 25):
        aws.dynamodb.batch_write_item(RequestItems={NAMES.table: puts[start : start + 25]})


def _read(aws: Aws, read: Callable[[DynamoDBState], list[Rejection]]) -> Found:
    scanned: list[int] = []

    def count(parsed: dict[str, Any], **_: object) -> None:
        scanned.append(parsed["ScannedCount"])

    aws.dynamodb.meta.events.register("after-call.dynamodb.Query", count)
    assert len(read(DynamoDBState(aws.dynamodb, NAMES.table))) == OWN
    aws.dynamodb.meta.events.unregister("after-call.dynamodb.Query", count)
    return len(scanned), sum(scanned)
