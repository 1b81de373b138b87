"""The alarms of what the channels expose: those that are missing or were changed are made, those that nothing needs are
removed. No faster than CloudWatch takes them, and as many as there is time for: the next minute goes on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from edgeship.application.health.ports import Alarms, InTwo
from edgeship.application.ports import Left, Sleep
from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.policy import PolicyRecord
from edgeship.domain.events import Occasion
from edgeship.domain.health.alarms import HealthAlarm, StandingAlarm, alarms_of
from edgeship.domain.version import Version

ALARM_GRACE = timedelta(minutes=5)
"""How long an alarm that nothing needs is kept: the traffic of its version may be about to begin."""
PACE_SECONDS = 0.35
"""Between two alarms: PutMetricAlarm takes three calls a second of an account, and a promotion needs some of them
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html)."""
SECONDS_KEPT = 20.0
"""For what comes after the alarms in a minute: the health pages."""


@dataclass(frozen=True)
class Fixed:
    """How many alarms were made and removed, and how many are left to be made."""

    made: int = 0
    removed: int = 0
    postponed: int = 0


@dataclass(frozen=True)
class FixAlarms:
    """`standing` was read before the channels were. `in_two` is None when nobody knows: then no alarm of a channel is
    made or removed."""

    alarms: Alarms
    standing: Sequence[StandingAlarm]
    in_two: InTwo | None
    sleep: Sleep

    def __call__(
        self, channels: Sequence[Channel], policies: Mapping[str, PolicyRecord], occasion: Occasion, left: Left
    ) -> Fixed:
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
        made = self._make(self._in_order(missing, channels), left)
        return Fixed(made, len(unneeded), len(missing) - made)

    def _make(self, missing: Sequence[HealthAlarm], left: Left) -> int:
        for number, alarm in enumerate(missing):
            if left() < SECONDS_KEPT + PACE_SECONDS:
                return number
            if number:
                self.sleep(PACE_SECONDS)
            self.alarms.ensure([alarm])
        return len(missing)

    def _in_order(self, missing: Iterable[HealthAlarm], channels: Iterable[Channel]) -> list[HealthAlarm]:
        """Candidates first: what is new is most likely bad."""
        candidates = {(channel.widget, channel.candidate) for channel in channels}
        return sorted(
            missing, key=lambda a: ((a.widget, a.version) not in candidates, a.widget, a.version, a.channel, a.check)
        )

    def _of(self, channel: Channel, version: Version, policy: PolicyRecord) -> Iterable[HealthAlarm]:
        limits = policy.policy.thresholds
        yield from alarms_of(channel.widget, version, limits)
        if channel.name in (self.in_two or {}).get((channel.widget, version), ()):
            yield from alarms_of(channel.widget, version, limits, channel.name)

    def _is_needed(self, alarm: HealthAlarm, needed: set[tuple[object, ...]]) -> bool:
        return _watched_by(alarm) in needed or (self.in_two is None and alarm.channel != "")


def _watched_by(alarm: HealthAlarm) -> tuple[object, ...]:
    return (alarm.widget, alarm.version, alarm.channel, alarm.check)
