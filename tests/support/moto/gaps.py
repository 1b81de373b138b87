"""What moto's CloudFront and CloudWatch leave out and our tests need, taught to them by their own means."""

from __future__ import annotations

from typing import Any, SupportsFloat

import pytest
from moto.cloudfront.models import CloudFrontBackend, Invalidation
from moto.cloudwatch.exceptions import ResourceNotFound
from moto.cloudwatch.models import Alarm, CloudWatchBackend, Statistics

from tests.fakes.health import percentile_95

_STATE = ("state_value", "state_reason", "state_reason_data", "state_updated_timestamp")


def fill_cloudfront(patch: pytest.MonkeyPatch) -> None:
    """An invalidation that is asked for again with its CallerReference is the same invalidation; and the spelling of
    its status (https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_Invalidation.html)."""
    create_invalidation = CloudFrontBackend.create_invalidation

    def create(self: CloudFrontBackend, dist_id: str, paths: list[str], caller_ref: str) -> Invalidation:
        for there in self.invalidations.get(dist_id, ()):
            if there.caller_ref == caller_ref and there.paths == paths:
                return there
        made = create_invalidation(self, dist_id, paths, caller_ref)
        made.status = "Completed"
        return made

    patch.setattr(CloudFrontBackend, "create_invalidation", create)


def fill_cloudwatch(patch: pytest.MonkeyPatch) -> None:
    """Percentiles, alarms that keep their state when they are written again, and DeleteAlarms' ResourceNotFound."""
    put_metric_alarm, delete_alarms = CloudWatchBackend.put_metric_alarm, CloudWatchBackend.delete_alarms
    statistic = Statistics.get_statistics_for_type

    def put_alarm(self: CloudWatchBackend, *args: Any, **kwargs: Any) -> Alarm:
        before = self.alarms.get(kwargs["name"])
        alarm = put_metric_alarm(self, *args, **kwargs)
        for name in _STATE if before else ():
            setattr(alarm, name, getattr(before, name))
        return alarm

    def delete(self: CloudWatchBackend, alarm_names: list[str]) -> None:
        missing = [name for name in alarm_names if name not in self.alarms]
        delete_alarms(self, alarm_names)
        if missing:
            raise ResourceNotFound(f"Alarms {missing} do not exist")

    def get_statistic(self: Statistics, stat: str) -> SupportsFloat | None:
        return percentile_95(self.metric_single_values_list) if stat == "p95" else statistic(self, stat)

    patch.setattr(CloudWatchBackend, "put_metric_alarm", put_alarm)
    patch.setattr(CloudWatchBackend, "delete_alarms", delete)
    patch.setattr(Statistics, "get_statistics_for_type", get_statistic)
