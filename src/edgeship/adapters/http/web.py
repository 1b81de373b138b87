"""The CDN over HTTP, behind the `Web` port."""

from __future__ import annotations

import urllib.error
import urllib.request
from urllib.parse import quote, urlsplit

from edgeship.application.ports import WebAnswer

_TIMEOUT = 10.0


class UrllibWeb:
    """GETs below one base URL, `https://…` or a local `http://…`; redirects are followed.

    Proxies from the environment are used, except for this machine's own addresses.
    """

    def __init__(self, base_url: str) -> None:
        if urlsplit(base_url).scheme not in ("http", "https"):
            raise ValueError(f"{base_url!r} is not an http or https URL")
        self._base_url = base_url.rstrip("/")
        here = urlsplit(base_url).hostname in ("127.0.0.1", "::1", "localhost")
        self._opener = urllib.request.build_opener(*([urllib.request.ProxyHandler({})] if here else []))

    def get(self, path: str, query: str = "") -> WebAnswer:
        request = urllib.request.Request(  # noqa: S310  the scheme is checked above
            self._base_url + quote(path, safe="/~") + (f"?{query}" if query else ""),
            # Firewalls in front of a CDN refuse the library's default User-Agent.
            headers={"Cache-Control": "no-cache", "User-Agent": "edgeship"},
        )
        try:
            with self._opener.open(request, timeout=_TIMEOUT) as answer:
                return WebAnswer(answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return WebAnswer(error.code, {k.lower(): v for k, v in error.headers.items()}, error.read())
