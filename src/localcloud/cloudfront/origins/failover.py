"""Two origins of a group as one: what the first can't give, the second is asked for.

Source: CloudFront Developer Guide, high_availability_origin_failover: each request goes to the primary origin first,
and CloudFront fails over for GET, HEAD and OPTIONS alone.
"""

from __future__ import annotations

from localcloud.http.exchange import Answer, Request
from localcloud.http.origin import Origin, OriginTimedOut, OriginUnavailable

_METHODS = ("GET", "HEAD", "OPTIONS")


class FailoverOrigin:
    def __init__(self, primary: Origin, secondary: Origin, statuses: frozenset[int]) -> None:
        self._primary = primary
        self._secondary = secondary
        self._statuses = statuses

    async def fetch(self, request: Request) -> Answer:
        if request.method not in _METHODS:
            return await self._primary.fetch(request)
        try:
            answer = await self._primary.fetch(request)
        except (OriginUnavailable, OriginTimedOut):
            return await self._secondary.fetch(request)
        return await self._secondary.fetch(request) if answer.status in self._statuses else answer
