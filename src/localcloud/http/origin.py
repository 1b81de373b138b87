"""Where a cache fetches from."""

from __future__ import annotations

from typing import Protocol

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from localcloud.http.exchange import Answer, Request
from localcloud.iam.signing import Sign
from localcloud.sandbox import require_loopback

ORIGIN_SECONDS = 30.0
"""CloudFront's default origin response timeout; Cloudflare's is longer."""

_HOP_BY_HOP = ("Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Connection", "TE", "Trailer", "Upgrade")
_TRANSFER = ("Transfer-Encoding", "Content-Length")


class OriginUnavailable(Exception):
    """No connection, or one that broke off; a viewer gets 502."""


class OriginTimedOut(Exception):
    """No whole answer within ORIGIN_SECONDS; a viewer gets 504."""


class Origin(Protocol):
    async def fetch(self, request: Request) -> Answer:
        """The origin's answer, whole, with a Content-Length when the origin gave its length.

        Raises:
            OriginUnavailable, OriginTimedOut: as they say.
        """
        ...


class HttpOrigin:
    """Any HTTP server on this machine."""

    def __init__(self, client: aiohttp.ClientSession, base_url: str, sign: Sign | None = None) -> None:
        """
        Args:
            sign: signs each request; its headers take the place of the request's.

        Raises:
            NotLoopback: `base_url` is not on this machine.
        """
        self._client = client
        self._base_url = require_loopback(base_url).rstrip("/")
        self._sign = sign

    async def fetch(self, request: Request) -> Answer:
        target = self._base_url + request.path + (f"?{request.query}" if request.query else "")
        sent = request.headers.copy()
        if self._sign is not None:
            sent.update(self._sign(request.method, target, request.body))
        try:
            async with self._client.request(
                request.method,
                URL(target, encoded=True),
                headers=sent,
                data=request.body or None,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=ORIGIN_SECONDS),
            ) as answer:
                body = await answer.read()
                headers = CIMultiDict(answer.headers)
                status, reason = answer.status, answer.reason
        except TimeoutError as error:
            raise OriginTimedOut(str(error)) from error
        except aiohttp.ClientError as error:
            raise OriginUnavailable(str(error)) from error
        for name in _HOP_BY_HOP:
            headers.popall(name, None)
        if "Transfer-Encoding" in headers:
            for name in _TRANSFER:
                headers.popall(name, None)
        return Answer(status, headers, body, reason)
