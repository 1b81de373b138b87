"""The lines of Lambda log groups that may hold metrics, each once.

Facts about the emulator's CloudWatch Logs, read in its sources at version 1.5.33:
- what an invocation printed is stored when it ends, a line an event, all with the time of that moment, in a log stream
  of its own; the events have no ids;
- FilterLogEvents takes up to 10,000 events, oldest first, and gives no token for more;
- DescribeLogGroups answers InternalError when an invocation writes its log at the same moment.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from localcloud.cloudwatch.emf import MARK

GROUPS = "/aws/lambda/"
OVERLAP_MILLISECONDS = 5_000
"""How long after its time an event may be stored and still be found."""

_PAGE = 10_000


@dataclass(frozen=True)
class _Event:
    stream: str
    timestamp: int
    message: str


@dataclass
class _Position:
    """Everything older than `since` (epoch milliseconds) was read; of the rest, `read` was."""

    since: int = 0
    read: Counter[_Event] = field(default_factory=Counter)


class LogFeed:
    """Remembers what it has read of each group."""

    def __init__(self, logs: Any) -> None:
        """
        Args:
            logs: a client of CloudWatch Logs.
        """
        self._logs = logs
        self._positions: dict[str, _Position] = {}
        self._names: list[str] = []

    def read(self, now: float) -> list[str]:
        """The lines that are new, in the order of their times within each group.

        Args:
            now: epoch seconds, by the emulator's clock.

        Raises:
            botocore.exceptions.ClientError, BotoCoreError: no line counts as read then.
        """
        lines: list[str] = []
        positions: dict[str, _Position] = {}
        for group in self._groups():
            position = self._positions.get(group, _Position())
            # A Counter and not a set: a function may print the same line twice in one invocation.
            there = Counter(self._events(group, position.since))
            new = sorted((there - position.read).elements(), key=lambda event: event.timestamp)
            lines += [event.message for event in new]
            since = max(position.since, int(now * 1_000) - OVERLAP_MILLISECONDS)
            kept = Counter({event: count for event, count in there.items() if event.timestamp >= since})
            positions[group] = _Position(since, kept)
        self._positions = positions
        return lines

    def _groups(self) -> list[str]:
        pages = self._logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=GROUPS)
        try:
            self._names = [group["logGroupName"] for page in pages for group in page["logGroups"]]
        except ClientError as error:
            # Groups come and go with deployments alone: those known will do until the next look.
            if error.response["Error"]["Code"] != "InternalError" or not self._names:
                raise
        return self._names

    def _events(self, group: str, since: int) -> Iterator[_Event]:
        while True:
            page = self._page(group, since)
            if len(page) < _PAGE:
                yield from page
                return
            # Whatever shares the newest time of a full page may go on in the next one.
            newest = page[-1].timestamp
            if newest == since:
                yield from page
                since += 1
            else:
                yield from (event for event in page if event.timestamp < newest)
                since = newest

    def _page(self, group: str, since: int) -> list[_Event]:
        try:
            answer = self._logs.filter_log_events(
                logGroupName=group, startTime=since, filterPattern=f'"{MARK}"', limit=_PAGE
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return []  # deleted meanwhile
            raise
        return [_Event(event["logStreamName"], event["timestamp"], event["message"]) for event in answer["events"]]
