"""Metrics in log lines: the embedded metric format. Pure.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
A line that breaks a MUST of that page yields nothing, as a whole.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NoReturn

MARK = "CloudWatchMetrics"
"""A line without this word holds no metrics."""

MAX_METRICS = 100
MAX_DIMENSIONS = 30
MAX_VALUES = 100


@dataclass(frozen=True)
class Sample:
    """What one line says of one metric: its values at `timestamp` (aware); `dimensions` are (name, value) pairs.

    `resolution` is seconds, 60 or 1.
    """

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]
    values: tuple[float, ...]
    timestamp: datetime
    unit: str = "None"
    resolution: int = 60


def samples(line: str) -> tuple[Sample, ...]:
    """Each metric of `line` once for each of its dimension sets; none when the line is not in the format.

    What Lambda puts before the document, such as a time and a request id, is read past.
    """
    start = line.find("{")
    if start < 0 or MARK not in line:
        return ()
    try:
        root = json.loads(line[start:], parse_constant=_no_number)
        return tuple(_samples(root))
    except (_Malformed, ValueError, OverflowError, OSError):  # the last two: a time out of range
        return ()


class _Malformed(Exception):
    pass


def _samples(root: Any) -> Iterator[Sample]:
    root = _of(dict, root)
    metadata = _of(dict, root.get("_aws"))
    timestamp = datetime.fromtimestamp(_number(metadata.get("Timestamp")) / 1000, UTC)
    for directive in _of(list, metadata.get(MARK)):
        namespace = _of(str, _of(dict, directive).get("Namespace"))
        dimension_sets = [_dimensions(root, names) for names in _of(list, directive.get("Dimensions"))]
        definitions = _of(list, directive.get("Metrics"))
        _require(0 < len(namespace) < 256 and len(dimension_sets) > 0 and len(definitions) <= MAX_METRICS)
        for definition in definitions:
            name = _of(str, _of(dict, definition).get("Name"))
            values = _values(root.get(name))
            unit = _of(str, definition.get("Unit", "None"))
            resolution = definition.get("StorageResolution", 60)
            _require(resolution in (1, 60))
            for dimensions in dimension_sets:
                yield Sample(namespace, name, dimensions, values, timestamp, unit, resolution)


def _dimensions(root: Mapping[str, Any], names: Any) -> tuple[tuple[str, str], ...]:
    _require(len(_of(list, names)) <= MAX_DIMENSIONS)
    return tuple((_of(str, name), _of(str, root.get(name))) for name in names)


def _values(target: Any) -> tuple[float, ...]:
    if not isinstance(target, list):
        return (_number(target),)
    _require(0 < len(target) <= MAX_VALUES)
    return tuple(_number(value) for value in target)


def _number(value: Any) -> float:
    _require(isinstance(value, int | float) and not isinstance(value, bool))
    return float(value)


def _of(kind: type, value: Any) -> Any:
    _require(isinstance(value, kind))
    return value


def _require(so: bool) -> None:
    if not so:
        raise _Malformed


def _no_number(_: str) -> NoReturn:
    # json takes NaN and Infinity, which RFC 8259 does not know.
    raise _Malformed
