"""The table's comparisons of running rollouts behind the `Comparisons` port.

| pk | sk | record |
|---|---|---|
| `WIDGET#<widget>` | `COMPARISON#<channel>` | of the channel's last candidate that was exposed |

It is derived from metrics, and no event says so: a record that is lost costs the evidence so far, and no state.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from edgeship.adapters.dynamodb import keys
from edgeship.adapters.dynamodb.attributes import serialize
from edgeship.adapters.dynamodb.batches import get_all
from edgeship.domain.errors import Conflict
from edgeship.domain.health.comparison import Block, Evidence, Sample
from edgeship.domain.health.comparison_record import Comparison
from edgeship.domain.health.sample_ratio import Ratio
from edgeship.domain.version import Version

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoDBComparisons:
    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def read(self, channels: Collection[tuple[str, str]]) -> dict[tuple[str, str], Comparison]:
        wanted = [{"pk": keys.widget_pk(widget), "sk": keys.comparison_sk(name)} for widget, name in sorted(channels)]
        found = [_to_comparison(item) for item in get_all(self._client, self._table, wanted)]
        return {(each.widget, each.channel): each for each in found}

    def write(self, comparison: Comparison) -> None:
        if comparison.revision == 0:
            condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        else:
            condition = {
                "ConditionExpression": "revision = :revision",
                "ExpressionAttributeValues": {":revision": {"N": str(comparison.revision)}},
            }
        try:
            self._client.put_item(TableName=self._table, Item=serialize(_to_item(comparison)), **condition)
        except self._client.exceptions.ConditionalCheckFailedException as failed:
            raise Conflict(f"the comparison of {comparison.channel} of {comparison.widget} has changed") from failed


def _to_item(comparison: Comparison) -> dict[str, Any]:
    evidence = comparison.evidence
    total = evidence.total
    # As text: the table's numbers are decimal.
    document = {
        "candidate": [total.candidate.sessions, total.candidate.failed],
        "stable": [total.stable.sessions, total.stable.failed],
        "capital": evidence.capital,
        "hours": evidence.hours,
    }
    return {
        "pk": keys.widget_pk(comparison.widget),
        "sk": keys.comparison_sk(comparison.channel),
        "widget": comparison.widget,
        "channel": comparison.channel,
        "candidate": str(comparison.candidate),
        "exposed_at": comparison.exposed_at.isoformat(),
        "through": comparison.through.isoformat(),
        "evidence": json.dumps(document),
        "ratio": _ratio_text(comparison.ratio) if comparison.ratio is not None else None,
        "revision": comparison.revision + 1,
    }


def _to_comparison(item: Mapping[str, Any]) -> Comparison:
    document = json.loads(item["evidence"])
    return Comparison(
        widget=item["widget"],
        channel=item["channel"],
        candidate=Version.parse(item["candidate"]),
        exposed_at=datetime.fromisoformat(item["exposed_at"]),
        through=datetime.fromisoformat(item["through"]),
        evidence=Evidence(
            total=Block(Sample(*document["candidate"]), Sample(*document["stable"])),
            capital=tuple(document["capital"]),
            hours=document["hours"],
        ),
        ratio=_to_ratio(item["ratio"]) if item.get("ratio") else None,
        revision=int(item["revision"]),
    )


def _ratio_text(ratio: Ratio) -> str:
    times = {"since": ratio.since.isoformat(), "through": ratio.through.isoformat()}
    return json.dumps({**asdict(ratio), **times})


def _to_ratio(text: str) -> Ratio:
    fields = json.loads(text)
    since, through = (datetime.fromisoformat(fields[name]) for name in ("since", "through"))
    return Ratio(**{**fields, "since": since, "through": through, "capital": tuple(fields["capital"])})
