"""The metrics of a release that browsers report, by their names in CloudWatch.

One page view is one session. It sends its beacons to `/telemetry`, and each beacon adds to these metrics in the minute
in which it arrives; the browser's clock is not used.
"""

from __future__ import annotations

from enum import StrEnum

from edgeship.domain.version import Version

NAMESPACE = "Edgeship"

DIMENSIONS = ("environment", "widget", "version")
"""Every metric of a release has exactly these, in this order, but for those of a channel."""

CHANNEL_DIMENSION = "channel"
"""After the others. While a version is in two channels, the sessions of pages that name it by a channel are in the
channel's metrics alone; while it is in one, and where a page names a version or a range, in those without it. So a
channel's sessions are the sum of the two."""

STORE_BYTES, STORE_KEYS = "RouteStoreBytes", "RouteStoreKeys"
"""How full the edge's store is. These have the environment alone."""

INVALIDATED, INVALIDATED_THIS_MONTH = "InvalidationPaths", "InvalidationPathsThisMonth"
"""Paths that CloudFront was asked to invalidate: by a move, and in its month so far; with the environment alone."""

FLAGS_LEFT_OUT = "FlagsLeftOut"
"""How many flags can't be brought to the edge; with the environment alone."""

RELEASES_LEFT_OUT = "ReleasesLeftOut"
"""How many releases that channels lead to are above the cap of measured ones; with the environment alone."""

Source = tuple[str, Version] | tuple[str, Version, str]
"""What a metric is of: widget and version; and the channel, of a version that is in two."""


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
    CUSTOM = "Custom"
    """The one that the widget's policy names; in CloudWatch, that name is part of its own: see `custom_metrics`."""


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
    Metric.CUSTOM: "None",
}
"""CloudWatch's units (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html)."""
