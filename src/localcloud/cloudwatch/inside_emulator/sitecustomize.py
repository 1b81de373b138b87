"""Runs when a Python starts that has this folder on its PYTHONPATH: changes the emulator, and nothing else.

The emulator's Lambdas inherit the variable, and come by here without effect.
https://docs.python.org/3/library/site.html#module-sitecustomize
"""

from __future__ import annotations

import os
import sys
from typing import Any

# What AWS leaves out of an alarm that has Metrics.
_OF_ONE_METRIC = ("MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Period", "Dimensions", "Unit")


def _change_alarms() -> None:
    from ministack.services import cloudwatch  # type: ignore[import-untyped]

    put_metric_alarm = cloudwatch._put_metric_alarm  # noqa: SLF001

    def put_whole(params: Any, data: dict[str, Any], is_cbor: bool, is_json: bool = False) -> Any:
        answer = put_metric_alarm(params, data, is_cbor, is_json)
        alarm = cloudwatch._alarms.get(data.get("AlarmName", ""))  # noqa: SLF001
        if data.get("Metrics") and alarm is not None:
            for key in _OF_ONE_METRIC:
                alarm.pop(key, None)
            alarm["Metrics"] = data["Metrics"]
        return answer

    def leave_alone(alarm: dict[str, Any]) -> None:  # noqa: ARG001
        return

    cloudwatch._put_metric_alarm = put_whole  # noqa: SLF001
    cloudwatch._evaluate_alarm = leave_alone  # noqa: SLF001


if sys.orig_argv[1:] == ["-m", "ministack"]:
    _change_alarms()
    if os.environ.get("AUTH") == "true":
        from localcloud.iam.inside_emulator import complete

        complete()
