"""Custom metrics: values that pages report by `edgeship.track`, and of which a policy may judge one.

- a beacon may have any name; a value is kept only if the widget's policy names it, so that nobody can make up metrics
  to pay for
- the metric in CloudWatch has the name in its own: a policy that names another one starts without values
- `long_task_ms` is the browser's: the longest task of the widget since the last beacon, where the browser says so
"""

from __future__ import annotations

import re
from typing import Final

from edgeship.domain.telemetry.metrics import Metric

MAX_VALUES: Final = 6
"""Values in one beacon: five of the page, and the longest task."""
MAX_VALUE: Final = 1e12
"""Values are between this and its negative."""
NAME: Final = "^[a-z][a-z0-9_]{0,31}$"


def is_custom_metric(name: str) -> bool:
    """Whether a custom metric may have this name."""
    return re.fullmatch(NAME, name) is not None


def custom_metric_name(name: str) -> str:
    """Its name in CloudWatch."""
    return f"{Metric.CUSTOM}.{name}"
