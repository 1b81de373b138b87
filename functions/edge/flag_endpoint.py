"""`/ofrep/*`: flags, from the nearest copy of their snapshot.

The handler imports this module first, and what evaluates flags while the first read is under way: so `ofrep` is
imported where it is used.
"""

from __future__ import annotations

from edgeship.domain.edge.freshness import most_age
from functions.edge import flag_snapshot
from functions.edge.flag_source import FlagSource
from functions.edge.object_address import address_of
from functions.edge.object_reader import ObjectReader
from functions.edge.sigv4 import Credentials

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from functions.edge.config import Config

UNAVAILABLE = {
    "status": "500",
    "statusDescription": "Internal Server Error",
    "headers": {
        name: [{"key": name, "value": value}]
        for name, value in {
            "access-control-allow-origin": "*",
            "access-control-expose-headers": "ETag, Retry-After",
            "cache-control": "no-store",
            "content-type": "application/json; charset=utf-8",
            "retry-after": "5",
        }.items()
    },
    "body": '{"errorDetails": "the flags could not be evaluated"}',
    "bodyEncoding": "text",
}


class FlagEndpoint:
    """Answers every request of the behavior for flags: none of them is to reach the bucket behind it."""

    def __init__(self, source: FlagSource, now: Callable[[], float]) -> None:
        self._source = source
        self._now = now

    def begin(self) -> None:
        """Begin to read flags, before the first request comes."""
        self._source.begin()

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """The response to send."""
        from functions.edge import ofrep
        from functions.edge.identity import identity_of

        return ofrep.answer(request, self._source.flags(), self._now(), identity_of)


def build_flags(
    config: Config, env: Mapping[str, str], now: Callable[[], float], log: Callable[[str], None]
) -> FlagEndpoint:
    """Wire the endpoint up; nothing is connected yet.

    Raises:
        KeyError: `env` has no credentials. ValueError: its endpoint is malformed.
    """
    credentials = Credentials(env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"], env.get("AWS_SESSION_TOKEN"))

    def reader(region: str, bucket: str) -> ObjectReader:
        address = address_of(bucket, config.flags_key, region, env)
        return ObjectReader(region, address, credentials, config.timeout_seconds, now)

    readers = [reader(config.region, config.bucket)]
    # Lambda sets it to the Region that runs the function, which CloudFront chooses near to the viewer.
    near = config.nearest.get(env.get("AWS_REGION", ""))
    if near in config.flag_copies:
        readers.insert(0, reader(near, config.flag_copies[near]))
    source = FlagSource(
        readers,
        flag_snapshot.unpack,
        lambda entries: flag_snapshot.compiled(entries, config.environment, log),
        now,
        freshness_seconds=config.freshness_seconds,
        most_age=most_age(config.freshness_seconds),
        timeout_seconds=config.timeout_seconds,
        log=log,
    )
    return FlagEndpoint(source, now)
