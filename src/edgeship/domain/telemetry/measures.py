"""Measures of a team's own: values that pages report by `edgeship.track`, and of which a policy may judge one.

- a beacon may have any name; a value is kept only if the widget's policy names its measure, so that nobody can make up
  metrics to pay for
- the metric is named after the measure: a policy that names another one starts without values
- `long_task_ms` is the browser's: the longest task of the widget since the last beacon, where the browser says so
"""

from __future__ import annotations

import re
from typing import Final

MAX_VALUES: Final = 6
"""Values in one beacon: five of the page, and the longest task."""
MAX_VALUE: Final = 1e12
"""Values are between this and its negative."""
NAME: Final = "^[a-z][a-z0-9_]{0,31}$"

_PREFIX = "Measure."


def is_measure_name(name: str) -> bool:
    """Whether a measure may have this name."""
    return re.fullmatch(NAME, name) is not None


def metric_of_measure(name: str) -> str:
    """The name of a measure's metric in CloudWatch."""
    return _PREFIX + name


def measure_of_metric(metric: str) -> str | None:
    """The measure whose metric it is; None for any other metric."""
    name = metric.removeprefix(_PREFIX)
    return name if name != metric and is_measure_name(name) else None
