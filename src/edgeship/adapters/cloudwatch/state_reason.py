"""The data of the reason of an alarm's state, as CloudWatch writes it into events and `StateReasonData`.

Its fields are those of the examples in
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html; there is no schema.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any


def reason_data(text: str | None) -> dict[str, Any]:
    """The document; empty for a state that was set by hand, or for text of another form."""
    try:
        data = json.loads(text or "{}")
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


def evaluated_from(text: str | None) -> datetime | None:
    """The start (aware UTC) of the oldest datapoint that was evaluated; None where the data has none."""
    data = reason_data(text)
    evaluated = data.get("evaluatedDatapoints")
    listed = evaluated if isinstance(evaluated, list) else []
    texts = [each.get("timestamp") for each in listed if isinstance(each, dict) and "value" in each]
    times = [time for each in [*texts, data.get("startDate")] if (time := _time(each)) is not None]
    return min(times, default=None)


def values_of(text: str | None) -> tuple[float, ...]:
    """What the metric had in the periods that were evaluated, the oldest first; empty where the data has none."""
    values = reason_data(text).get("recentDatapoints")
    listed = values if isinstance(values, list) else []
    return tuple(float(value) for value in listed if isinstance(value, int | float))


def _time(text: object) -> datetime | None:
    try:
        time = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return time.astimezone(UTC) if time is not None and time.tzinfo is not None else None
