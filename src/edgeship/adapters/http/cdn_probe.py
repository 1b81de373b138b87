"""Whether the CDN answers at a URL."""

from __future__ import annotations

import socket
import ssl
import urllib.error

from edgeship.adapters.http.web import UrllibWeb
from edgeship.domain.doctor.serving import Fault, Probed


class CdnProbe:
    """`expects` is the CDN's domain that the URL's name has to lead to, if it is a name of one's own."""

    def __init__(self, url: str, expects: str | None = None) -> None:
        self._url = url.rstrip("/")
        self._web = UrllibWeb(url)
        self._expects = expects

    def get(self, path: str) -> Probed:
        try:
            answer = self._web.get(f"/{path}")
        except OSError as error:
            reason = error.reason if isinstance(error, urllib.error.URLError) else error
            fault = Fault.NETWORK
            if isinstance(reason, socket.gaierror):
                fault = Fault.NAME
            elif isinstance(reason, ssl.SSLCertVerificationError):
                fault = Fault.CERTIFICATE
            return Probed(self._url, path, fault=fault, text=f"{_words(reason)}.", expects=self._expects)
        return Probed(self._url, path, answer.status, expects=self._expects)


def _words(reason: object) -> str:
    return str(getattr(reason, "strerror", None) or reason)
