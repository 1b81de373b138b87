"""The CDN over HTTP, behind the `Web` port."""

from __future__ import annotations

import hashlib
import urllib.error
import urllib.request
from dataclasses import replace
from http.client import HTTPException, HTTPResponse
from urllib.parse import quote, urljoin, urlsplit

from edgeship.application.ports import BODY_KEPT, WebAnswer

_TIMEOUT = 10.0
_CHUNK = 256 * 1024


class UrllibWeb:
    """GETs below one base URL, `https://…` or a local `http://…`. A redirect, or a script that leads to another, is
    followed once, and on the same host alone.

    Proxies from the environment are used, except for this machine's own addresses.
    """

    def __init__(self, base_url: str) -> None:
        if urlsplit(base_url).scheme not in ("http", "https"):
            raise ValueError(f"{base_url!r} is not an http or https URL")
        self._base_url = base_url.rstrip("/")
        here = urlsplit(base_url).hostname in ("127.0.0.1", "::1", "localhost")
        direct = [urllib.request.ProxyHandler({})] if here else []
        self._opener = urllib.request.build_opener(_NoRedirects(), *direct)

    def get(self, path: str, query: str = "", taken: str = "") -> WebAnswer:
        url = self._base_url + quote(path, safe="/~") + (f"?{query}" if query else "")
        answer = self._get(url, taken)
        if answer.leads_to is None:
            return answer
        target = urljoin(url, answer.leads_to)
        if urlsplit(target)[:2] != urlsplit(url)[:2]:
            return answer
        return replace(self._get(target, taken), led_by=answer)

    def _get(self, url: str, taken: str) -> WebAnswer:
        request = urllib.request.Request(  # noqa: S310  the scheme is that of the base URL
            url,
            # Firewalls in front of a CDN refuse the library's default User-Agent.
            headers={
                "Cache-Control": "no-cache",
                "User-Agent": "edgeship",
                "Accept-Encoding": taken.replace("-", ", ") or "identity",
            },
        )
        try:
            with self._opener.open(request, timeout=_TIMEOUT) as answer:
                return _read(answer.status, answer)
        except urllib.error.HTTPError as error:
            with error:
                return _read(error.code, error)


def _read(status: int, answer: HTTPResponse | urllib.error.HTTPError) -> WebAnswer:
    sha256, kept = hashlib.sha256(), bytearray()
    try:
        while chunk := answer.read(_CHUNK):
            sha256.update(chunk)
            kept += chunk[: BODY_KEPT - len(kept)]
    except HTTPException as fault:  # no OSError
        raise ConnectionError(f"the answer is cut off ({type(fault).__name__})") from fault
    # Read in parts, a body that ends before its Content-Length raises nothing.
    if answer.length:
        raise ConnectionError(f"the answer is cut off: {answer.length:,} bytes are missing")
    return WebAnswer(status, {k.lower(): v for k, v in answer.headers.items()}, bytes(kept), sha256.hexdigest())


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """A redirect is an answer like any other."""
