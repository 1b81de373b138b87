"""What the functions logged about a widget, or about one event: with what else they logged in the same run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from edgeship.application.status.ports import FunctionLogs, LogLine

AT_A_TIME = 20
"""Runs whose lines are searched by one question."""
MOST_RUNS = 200
_NO_RUN = "00000000-0000-0000-0000-000000000000"
"""The event id of a scheduled rule of the local cloud: it names no run."""


@dataclass(frozen=True)
class ReadLogs:
    logs: FunctionLogs

    def of_widget(self, widget: str, since: datetime) -> list[LogLine]:
        """The lines about the widget, and every line of the runs that have one; the oldest first."""
        about = [line for line in self.logs.search([widget], since) if _is_about(line, widget)]
        ids = list(dict.fromkeys(run for line in about if (run := _run_of(line)) is not None))[-MOST_RUNS:]
        others = [line for line in self._of_runs(ids, since) if line.fields.get("widget", widget) == widget]
        return _once([*about, *others])

    def of_event(self, event_id: str, since: datetime) -> list[LogLine]:
        """The lines of everything that an event caused directly: of the runs that it is the correlation id of."""
        return _once(list(self._of_runs([event_id], since)))

    def _of_runs(self, ids: Sequence[str], since: datetime) -> Iterator[LogLine]:
        for start in range(0, len(ids), AT_A_TIME):
            part = ids[start : start + AT_A_TIME]
            for line in self.logs.search(part, since):
                if line.fields.get("correlation_id") in part:
                    yield line


def _is_about(line: LogLine, widget: str) -> bool:
    if line.fields.get("widget") is not None:
        return bool(line.fields["widget"] == widget)
    return f"/{widget}/" in str(line.fields.get("key", ""))


def _run_of(line: LogLine) -> str | None:
    found = line.fields.get("correlation_id")
    return found if isinstance(found, str) and found != _NO_RUN else None


def _once(lines: Sequence[LogLine]) -> list[LogLine]:
    """Each line once, the oldest first."""
    seen = {}
    for line in lines:
        seen[(line.at, line.function, repr(sorted(line.fields.items(), key=str)))] = line
    return sorted(seen.values(), key=lambda line: line.at)
