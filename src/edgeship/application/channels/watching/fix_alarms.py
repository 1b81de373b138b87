"""The alarms of what the channels expose: those that are missing or were changed are made, those that nothing needs are
removed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from edgeship.application.health.ports import Alarms, InTwo
from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.policy import PolicyRecord
from edgeship.domain.events import Occasion
from edgeship.domain.health.alarms import HealthAlarm, StandingAlarm, alarms_of
from edgeship.domain.version import Version

ALARM_GRACE = timedelta(minutes=5)
"""How long an alarm that nothing needs is kept: the traffic of its version may be about to begin."""


@dataclass(frozen=True)
class FixAlarms:
    """`standing` was read before the channels were. `in_two` is None when nobody knows: then no alarm of a channel is
    made or removed."""

    alarms: Alarms
    standing: Sequence[StandingAlarm]
    in_two: InTwo | None

    def __call__(
        self, channels: Iterable[Channel], policies: Mapping[str, PolicyRecord], occasion: Occasion
    ) -> tuple[int, int]:
        """Returns how many alarms were made and how many removed."""
        wanted = {
            alarm
            for channel in channels
            for version in channel.exposed
            for alarm in self._of(channel, version, policies[channel.widget])
        }
        needed = {_watched_by(alarm) for alarm in wanted}
        unneeded = [
            each.name
            for each in self.standing
            if (each.alarm is None or not self._is_needed(each.alarm, needed))
            and occasion.at - each.configured_at > ALARM_GRACE
        ]
        if unneeded:
            self.alarms.remove(unneeded)
        missing = wanted - {each.alarm for each in self.standing if each.alarm is not None}
        if missing:
            self.alarms.ensure(sorted(missing, key=lambda a: (a.widget, a.version, a.channel, a.check)))
        return len(missing), len(unneeded)

    def _of(self, channel: Channel, version: Version, policy: PolicyRecord) -> Iterable[HealthAlarm]:
        limits = policy.policy.thresholds
        yield from alarms_of(channel.widget, version, limits)
        if channel.name in (self.in_two or {}).get((channel.widget, version), ()):
            yield from alarms_of(channel.widget, version, limits, channel.name)

    def _is_needed(self, alarm: HealthAlarm, needed: set[tuple[object, ...]]) -> bool:
        return _watched_by(alarm) in needed or (self.in_two is None and alarm.channel != "")


def _watched_by(alarm: HealthAlarm) -> tuple[object, ...]:
    return (alarm.widget, alarm.version, alarm.channel, alarm.check)
