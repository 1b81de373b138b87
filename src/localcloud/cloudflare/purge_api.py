"""Cloudflare's API, as far as it purges one zone's cache.

API: https://developers.cloudflare.com/api/resources/cache/methods/purge/
Codes of errors are Cloudflare's own.
"""

from __future__ import annotations

import hmac
import json
import math
from collections.abc import Callable, Iterable

from multidict import CIMultiDict

from localcloud.cloudflare.purge_request import MalformedPurge, read_purge
from localcloud.cloudflare.token_bucket import TokenBucket
from localcloud.http.exchange import Answer, Request

API_PATH = "/client/v4"

_NO_ROUTE = 7000
_NO_OBJECT = 7003
_RATE_LIMITED = 1134
_NOT_AUTHENTICATED = 10000

_BUSY_SECONDS = 1


class PurgeApi:
    """Purges the cache of one zone for whoever has its token.

    Used from one event loop, save `busy` and `purges`, which any thread may use: an attribute is set, a list appended
    to and copied in one step.
    """

    def __init__(
        self,
        zone: str,
        token: str,
        bucket: TokenBucket,
        purge: Callable[[Iterable[str]], object],
        clock: Callable[[], float],
    ) -> None:
        """`purge` takes the paths of an invalidation."""
        self.busy = False
        self._zone = zone
        self._token = token
        self._bucket = bucket
        self._purge = purge
        self._clock = clock
        self._purges: list[str] = []

    @property
    def purges(self) -> list[str]:
        """The prefixes and URLs purged so far, in order; the host alone stands for everything."""
        return self._purges.copy()

    def handle(self, request: Request, host: str) -> Answer:
        """The answer to `request`; a purge is done when it is answered. `host` is the zone's only one, `name:port`."""
        given = request.headers.get("Authorization", "")
        if not given:
            return _failed(401, _NOT_AUTHENTICATED, "Authentication error")
        if not hmac.compare_digest(given.encode(), f"Bearer {self._token}".encode()):
            return _failed(403, _NOT_AUTHENTICATED, "Authentication error")
        zone = _zone_of(request)
        if zone is None:
            return _failed(404, _NO_ROUTE, "No route for that URI")
        if zone != self._zone:
            message = f"Could not route to {request.path}, perhaps your object identifier is invalid?"
            return _failed(404, _NO_OBJECT, message)
        wait = _BUSY_SECONDS if self.busy else math.ceil(self._bucket.take(self._clock()))
        if wait:
            return _rate_limited(wait)
        try:
            purge = read_purge(request.body, host)
        except MalformedPurge as error:
            return _failed(400, error.code, str(error))
        self._purge(purge.paths)
        self._purges.extend(purge.operations)
        return _answer(200, {"success": True, "errors": [], "messages": [], "result": {"id": self._zone}})


def _zone_of(request: Request) -> str | None:
    """The zone that a purge names; None for anything else."""
    before, after = f"{API_PATH}/zones/", "/purge_cache"
    if request.method != "POST" or not request.path.startswith(before) or not request.path.endswith(after):
        return None
    return request.path[len(before) : -len(after)]


def _rate_limited(seconds: int) -> Answer:
    message = "Unable to purge, rate limit reached. Please wait and consider throttling your request speed"
    answer = _failed(429, _RATE_LIMITED, message)
    answer.headers["Retry-After"] = str(seconds)
    return answer


def _failed(status: int, code: int, message: str) -> Answer:
    errors = [{"code": code, "message": message}]
    return _answer(status, {"success": False, "errors": errors, "messages": [], "result": None})


def _answer(status: int, document: object) -> Answer:
    return Answer(status, CIMultiDict({"Content-Type": "application/json"}), json.dumps(document).encode())
