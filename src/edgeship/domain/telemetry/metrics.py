"""The metrics of a release that browsers report, by their names in CloudWatch.

One page view is one session. It sends its beacons to `/telemetry`, and each beacon adds to these metrics in the minute
in which it arrives; the browser's clock is not used.
"""

from __future__ import annotations

from enum import StrEnum

NAMESPACE = "Edgeship"

DIMENSIONS = ("environment", "widget", "version")
"""Every metric of a release has exactly these, in this order."""

STORE_BYTES, STORE_KEYS = "RouteStoreBytes", "RouteStoreKeys"
"""How full the edge's store is. These have the environment alone."""

FLAGS_LEFT_OUT = "FlagsLeftOut"
"""How many flags can't be brought to the edge; with the environment alone."""


class Metric(StrEnum):
    """A metric of a release."""

    SESSIONS = "Sessions"
    FAILED_SESSIONS = "FailedSessions"
    """Sessions with at least one error of the widget itself; counted when the first is reported."""
    ERRORS = "Errors"
    CHUNK_FAILURES = "ChunkFailures"
    """Chunks, style sheets and WebAssembly of the release that did not load."""
    CHUNK_FAILED_SESSIONS = "ChunkFailedSessions"
    """Failed sessions whose first reported errors are all chunk failures; FailedSessions has them, too."""
    LOAD_LATENCY = "LoadLatency"
    """From the request for the entrypoint to its last byte."""
    MEMORY = "Memory"
    """The JavaScript heap of the page, where the browser reports it."""
    UNVERIFIED_SESSIONS = "UnverifiedSessions"
    """Sessions without a valid token, or of a network that has had its share; no other metric has them."""
    UNVERIFIED_FAILED_SESSIONS = "UnverifiedFailedSessions"


UNITS = {
    Metric.SESSIONS: "Count",
    Metric.FAILED_SESSIONS: "Count",
    Metric.ERRORS: "Count",
    Metric.CHUNK_FAILURES: "Count",
    Metric.CHUNK_FAILED_SESSIONS: "Count",
    Metric.LOAD_LATENCY: "Milliseconds",
    Metric.MEMORY: "Megabytes",
    Metric.UNVERIFIED_SESSIONS: "Count",
    Metric.UNVERIFIED_FAILED_SESSIONS: "Count",
}
"""CloudWatch's units (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html)."""
