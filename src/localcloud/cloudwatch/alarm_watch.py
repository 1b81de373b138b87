"""Every alarm of the emulator, evaluated on its metrics; states are set, and each change of one is reported once."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from localcloud.cloudwatch import definition, metric_math, state_change
from localcloud.cloudwatch.alarm import Datapoint, State, StateValue, evaluate, evaluation_range
from localcloud.cloudwatch.definition import AlarmDefinition, MetricStat
from localcloud.cloudwatch.metric_math import Series, Unsupported
from localcloud.cloudwatch.metric_store import MetricStore
from localcloud.cloudwatch.periods import real_seconds

logger = logging.getLogger(__name__)

Report = Callable[[dict[str, Any]], None]
"""Takes the event of one change of state."""

_NEW = "Unchecked: Initial alarm creation"


@dataclass(frozen=True)
class _Window:
    """The periods that an alarm is evaluated on: their length in seconds, and the start of each, the newest last."""

    seconds: int
    starts: tuple[int, ...]


class AlarmWatch:
    """Windows are aligned to the epoch, as metrics are, and end with the newest period that is over."""

    def __init__(self, cloudwatch: Any, store: MetricStore, speed: float, report: Report) -> None:
        """
        Args:
            cloudwatch: a client of CloudWatch.
        """
        self._cloudwatch = cloudwatch
        self._store = store
        self._speed = speed
        self._report = report
        self._known: dict[str, State] = {}
        self._refused: dict[str, str] = {}

    def look(self, now: float) -> None:
        """Evaluate, set states, and report what has changed since the last look.

        A state that somebody else set meanwhile by SetAlarmState is reported too, as on AWS.

        Args:
            now: epoch seconds.

        Raises:
            botocore.exceptions.ClientError, BotoCoreError: the rest is left to the next look.
        """
        standing = list(self._standing())
        names = {alarm.name for alarm, _ in standing}
        self._known = {name: state for name, state in self._known.items() if name in names}
        self._refused = {name: why for name, why in self._refused.items() if name in names}
        for alarm, state in standing:
            self._note(alarm, state)
        at = datetime.fromtimestamp(now, UTC)
        for window, alarms in self._by_window([alarm for alarm, _ in standing], now).items():
            metrics = [query.metric for alarm in alarms for query in alarm.queries if query.metric is not None]
            series = self._store.get(metrics, window.seconds, window.starts[0], window.starts[-1] + window.seconds)
            for alarm in alarms:
                state_then = self._known[alarm.name].value
                try:
                    changed = evaluate(alarm, _datapoints(alarm, series, window), state_then, at)
                except Unsupported as error:
                    self._refuse(alarm.name, str(error))
                    continue
                if changed is not None:
                    self._set(alarm, changed)

    def _standing(self) -> Iterator[tuple[AlarmDefinition, State]]:
        for page in self._cloudwatch.get_paginator("describe_alarms").paginate(AlarmTypes=["MetricAlarm"]):
            for described in page["MetricAlarms"]:
                try:
                    alarm = definition.read(described)
                except Unsupported as error:
                    self._refuse(described["AlarmName"], str(error))
                    continue
                state = State(
                    StateValue(described["StateValue"]),
                    described.get("StateReason", ""),
                    described["StateUpdatedTimestamp"],
                    described.get("StateReasonData"),
                )
                yield alarm, state

    def _by_window(self, alarms: Sequence[AlarmDefinition], now: float) -> Mapping[_Window, list[AlarmDefinition]]:
        found: dict[_Window, list[AlarmDefinition]] = {}
        for alarm in alarms:
            seconds = real_seconds(alarm.period, self._speed)
            end = int(now) // seconds * seconds
            window = _Window(seconds, tuple(range(end - evaluation_range(alarm) * seconds, end, seconds)))
            found.setdefault(window, []).append(alarm)
        return found

    def _note(self, alarm: AlarmDefinition, state: State) -> None:
        """Take `state` as what is known, and report it when it is news: nobody was told of an alarm's creation."""
        before = self._known.get(alarm.name)
        if before is not None and before.value is state.value:
            return
        self._known[alarm.name] = state
        if before is not None and state.reason != _NEW:
            self._report(state_change.event(alarm, before, state, str(uuid.uuid4())))

    def _set(self, alarm: AlarmDefinition, state: State) -> None:
        self._cloudwatch.set_alarm_state(
            AlarmName=alarm.name,
            StateValue=state.value.value,
            StateReason=state.reason,
            StateReasonData=state.reason_data or "",
        )
        logger.info("alarm %s is %s: %s", alarm.name, state.value, state.reason)
        self._note(alarm, state)

    def _refuse(self, name: str, why: str) -> None:
        if self._refused.get(name) != why:
            self._refused[name] = why
            logger.warning("alarm %s is not evaluated: %s", name, why)


def _datapoints(alarm: AlarmDefinition, series: Mapping[MetricStat, Series], window: _Window) -> tuple[Datapoint, ...]:
    metrics = {query.id: series.get(query.metric, {}) for query in alarm.queries if query.metric is not None}
    expressions = {query.id: query.expression for query in alarm.queries if query.expression is not None}
    values = metric_math.evaluate(alarm.watched, expressions, metrics, window.starts)
    return tuple(Datapoint(datetime.fromtimestamp(at, UTC), values.get(at)) for at in window.starts)
