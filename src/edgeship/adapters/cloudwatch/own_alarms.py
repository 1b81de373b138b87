"""The alarms of an environment, as a diagnosis reads them.

DescribeAlarms: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from edgeship.adapters.aws_answers import unread
from edgeship.domain.doctor.work import OwnAlarm, SeenAlarms
from edgeship.resource_names import ResourceNames

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import MetricAlarmTypeDef


class EnvironmentAlarms:
    """Those on edgeship itself have a name in capitals after the stack's; no name of an environment has capitals."""

    def __init__(self, client: CloudWatchClient, names: ResourceNames) -> None:
        self._client = client
        self._names = names

    def read(self) -> SeenAlarms:
        with unread("cloudwatch:DescribeAlarms"):
            prefix = f"{self._names.stack}-"
            pages = self._client.get_paginator("describe_alarms").paginate(
                AlarmNamePrefix=prefix, AlarmTypes=["MetricAlarm"]
            )
            found = [alarm for page in pages for alarm in page["MetricAlarms"]]
        own = [self._own(alarm) for alarm in found if alarm["AlarmName"].removeprefix(prefix)[:1].isupper()]
        of_releases = [
            alarm["AlarmName"]
            for alarm in found
            if alarm["StateValue"] == "ALARM" and alarm["AlarmName"].startswith(self._names.health_alarm_prefix)
        ]
        return SeenAlarms(own, of_releases)

    def _own(self, found: MetricAlarmTypeDef) -> OwnAlarm:
        since = found.get("StateTransitionedTimestamp") or found["StateUpdatedTimestamp"]
        return OwnAlarm(
            found["AlarmName"].removeprefix(f"{self._names.stack}-"),
            found["StateValue"] == "ALARM",
            since.astimezone(UTC),
            found.get("AlarmDescription", ""),
            found.get("ActionsEnabled", True),
        )
