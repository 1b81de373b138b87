"""CloudWatch's `CloudWatch Alarm State Change`, of an alarm on a release.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from aws_lambda_powertools.utilities.parser.models import EventBridgeModel
from pydantic import AwareDatetime, BaseModel, Field

from edgeship.adapters.cloudwatch.alarm_definitions import AlarmedRelease, alarm_of
from edgeship.adapters.cloudwatch.state_reason import evaluated_from, reason_data, values_of
from edgeship.domain.health.breach import Breach


class _State(BaseModel):
    value: str
    reason: str = ""
    reason_data: str | None = Field(None, alias="reasonData")
    timestamp: AwareDatetime


class _Configuration(BaseModel):
    metrics: tuple[dict[str, Any], ...]


class _Detail(BaseModel):  # ours: Powertools 3.37 has no model of an alarm's state change on EventBridge
    alarm_name: str = Field(alias="alarmName")
    state: _State
    configuration: _Configuration


class AlarmStateChange(EventBridgeModel):
    """An alarm went off, or is over."""

    detail: _Detail

    @property
    def in_alarm(self) -> bool:
        return self.detail.state.value == "ALARM"

    @property
    def at(self) -> datetime:
        """When the state changed."""
        return self.detail.state.timestamp

    @property
    def limit(self) -> float | None:
        """The alarm's threshold, which is nowhere but in the reason's data; None for a state that was set by hand."""
        threshold = reason_data(self.detail.state.reason_data).get("threshold")
        return float(threshold) if isinstance(threshold, int | float) else None

    def to_breach(self) -> Breach:
        """The breach that it reports; call it only when `in_alarm`."""
        release = self.release
        return Breach.by_alarm(
            (release.widget, release.version),
            release.check,
            self.limit,
            self.detail.alarm_name,
            self.detail.state.reason,
            self.at,
            evaluated_from(self.detail.state.reason_data),
            release.channel,
            values_of(self.detail.state.reason_data),
        )

    @property
    def release(self) -> AlarmedRelease:
        """Whose alarm it is, which is what the alarm's metrics say.

        Raises:
            ValueError: they are not those of an alarm on a release.
        """
        found = alarm_of(self.detail.configuration.metrics)
        if found is None:
            raise ValueError(f"alarm {self.detail.alarm_name!r}: its metrics are not those of an alarm on a release")
        return found
