"""The log lines of the functions, behind the `FunctionLogs` port.

FilterLogEvents: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
Patterns: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from edgeship.application.status.ports import LogLine

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

MOST = 2_000
"""Lines of one function that are read for one question."""


class CloudWatchFunctionLogs:
    """`groups` are the log groups by the function's name. Lines that are no JSON are Lambda's own, and left out."""

    def __init__(self, client: CloudWatchLogsClient, groups: dict[str, str]) -> None:
        self._client = client
        self._groups = groups

    def search(self, texts: Sequence[str], since: datetime) -> list[LogLine]:
        # Any of the texts, as a quoted term with a question mark; the exact fields are compared by who asks.
        pattern = " ".join(f'?"{text}"' for text in texts) if len(texts) > 1 else f'"{texts[0]}"'
        with ThreadPoolExecutor(len(self._groups)) as pool:
            found = pool.map(lambda name: self._of(name, self._groups[name], pattern, since), self._groups)
            return sorted((line for lines in found for line in lines), key=lambda line: line.at)

    def _of(self, function: str, group: str, pattern: str, since: datetime) -> list[LogLine]:
        pages = self._client.get_paginator("filter_log_events").paginate(
            logGroupName=group,
            filterPattern=pattern,
            startTime=int(since.timestamp() * 1000),
            PaginationConfig={"MaxItems": MOST},
        )
        try:
            return list(_lines(function, ((e["timestamp"], e["message"]) for page in pages for e in page["events"])))
        except self._client.exceptions.ResourceNotFoundException:
            return []  # a function that has never run may have none


def _lines(function: str, events: Iterable[tuple[int, str]]) -> Iterable[LogLine]:
    for milliseconds, message in events:
        try:
            fields = json.loads(message)
        except ValueError:
            continue
        if isinstance(fields, dict) and "message" in fields:
            yield LogLine(datetime.fromtimestamp(milliseconds / 1000, UTC), function, fields)
