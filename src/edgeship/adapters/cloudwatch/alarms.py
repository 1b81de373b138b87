"""CloudWatch's alarms on live releases, behind the `Alarms` port.

DescribeAlarms: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
DeleteAlarms: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DeleteAlarms.html
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from typing import TYPE_CHECKING

from edgeship.adapters.cloudwatch.alarm_definitions import definition_of, read_definition
from edgeship.adapters.cloudwatch.state_reason import evaluated_from, values_of
from edgeship.domain.health.alarms import HealthAlarm, StandingAlarm
from edgeship.resource_names import health_alarm_prefix

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import MetricAlarmTypeDef

_BATCH = 100
"""Names of one DeleteAlarms or DescribeAlarms."""


class CloudWatchAlarms:
    """Alarms are found by their names' prefix and identified by their definition; nothing about them is stored."""

    def __init__(self, client: CloudWatchClient, environment: str) -> None:
        self._client = client
        self._environment = environment

    def ensure(self, alarms: Sequence[HealthAlarm]) -> None:
        # A correct alarm is written again, too: its time of configuration then says that it is needed now.
        for alarm in alarms:
            self._client.put_metric_alarm(**definition_of(self._environment, alarm))

    def standing(self) -> list[StandingAlarm]:
        pages = self._client.get_paginator("describe_alarms").paginate(
            AlarmNamePrefix=health_alarm_prefix(self._environment),
            AlarmTypes=["MetricAlarm"],
            PaginationConfig={"PageSize": _BATCH},
        )
        return [self._standing(found) for page in pages for found in page["MetricAlarms"]]

    def remove(self, names: Sequence[str]) -> None:
        for start in range(0, len(names), _BATCH):
            self._delete(list(names[start : start + _BATCH]))

    def _standing(self, found: MetricAlarmTypeDef) -> StandingAlarm:
        # The transition's time is when the state last changed; the update's time also changes with each new reason.
        since = found.get("StateTransitionedTimestamp") or found["StateUpdatedTimestamp"]
        return StandingAlarm(
            name=found["AlarmName"],
            alarm=read_definition(self._environment, found),
            in_alarm=found["StateValue"] == "ALARM",
            reason=found.get("StateReason", ""),
            state_since=since.astimezone(UTC),
            configured_at=found["AlarmConfigurationUpdatedTimestamp"].astimezone(UTC),
            evaluated_from=evaluated_from(found.get("StateReasonData")),
            values=values_of(found.get("StateReasonData")),
        )

    def _delete(self, names: list[str]) -> None:
        # DeleteAlarms fails if one alarm does not exist. Whether it then deletes the rest has changed over the years.
        while names:
            try:
                self._client.delete_alarms(AlarmNames=names)
            except self._client.exceptions.ResourceNotFound:
                left = self._left_of(names)
                if len(left) == len(names):
                    raise
                names = left
            else:
                return

    def _left_of(self, names: list[str]) -> list[str]:
        pages = self._client.get_paginator("describe_alarms").paginate(AlarmNames=names, AlarmTypes=["MetricAlarm"])
        return [found["AlarmName"] for page in pages for found in page["MetricAlarms"]]
