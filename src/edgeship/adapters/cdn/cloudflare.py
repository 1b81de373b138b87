"""Cloudflare's cache, behind the `Cdn` port.

Purge: https://developers.cloudflare.com/api/resources/cache/methods/purge/
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from edgeship.adapters.http.https_post import AddressRefused, HttpsPost, PostAnswer
from edgeship.application.propagation.ports import CdnBusy, CdnRefused

MAX_PREFIXES = 100
"""Of one request, on every plan.
Source: https://developers.cloudflare.com/cache/how-to/purge-cache/#availability-and-limits"""

_FOR_NOW = frozenset({408, 425, 429})


class Cloudflare:
    """One zone, and the host in it that serves widgets. A purge is complete everywhere when it is answered, and may be
    repeated."""

    name = "cloudflare"

    def __init__(self, post: HttpsPost, zone: str, url: str, token: Callable[[], str], api: str) -> None:
        """`url` is the URL of the widgets for browsers; `token` returns an API token with the permission Cache
        Purge."""
        self._post = post
        self._purge_url = f"{api.rstrip('/')}/zones/{zone}/purge_cache"
        self._host = urlsplit(url).netloc
        self._token = token

    def refresh(self, folders: Sequence[str], reference: str) -> int:  # noqa: ARG002  a purge has no reference
        prefixes = [self._host + folder.rstrip("/") for folder in sorted(folders)]
        for start in range(0, len(prefixes), MAX_PREFIXES):
            self._purge(prefixes[start : start + MAX_PREFIXES])
        return 0

    def is_refreshed(self) -> bool:
        return True

    def _purge(self, prefixes: Sequence[str]) -> None:
        headers = {"authorization": f"Bearer {self._token()}", "content-type": "application/json"}
        try:
            answer = self._post(self._purge_url, headers, json.dumps({"prefixes": prefixes}).encode())
        except AddressRefused as refused:
            raise CdnRefused(str(refused)) from refused
        errors = _errors(answer)
        if answer.status in _FOR_NOW or answer.status >= 500:
            raise CdnBusy(f"{answer.status} {errors}".strip(), _retry_after(answer))
        if answer.status != 200 or not _succeeded(answer):
            raise CdnRefused(f"the purge was answered {answer.status} {errors}".strip())


def _document(answer: PostAnswer) -> dict[str, object]:
    try:
        document = json.loads(answer.body)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _succeeded(answer: PostAnswer) -> bool:
    return _document(answer).get("success") is True


def _errors(answer: PostAnswer) -> str:
    """Cloudflare's error messages: `10000 Authentication error`."""
    errors = _document(answer).get("errors")
    listed = errors if isinstance(errors, list) else []
    return "; ".join(f"{e.get('code')} {e.get('message')}" for e in listed if isinstance(e, dict))[:300]


def _retry_after(answer: PostAnswer) -> float | None:
    text = answer.headers.get("retry-after", "")
    return float(text) if text.isdecimal() else None
