from __future__ import annotations

import socket
import ssl
import urllib.error
from typing import Any

import pytest

from edgeship.adapters.http.cdn_probe import CdnProbe
from edgeship.domain.doctor.serving import Fault, Probed
from tests.cli.loopback import serving


@pytest.mark.parametrize("status", [200, 403, 503])
def test_any_status_is_an_answer(status: int) -> None:
    with serving(lambda path: (status if path == "/edgeship/~t/" else 404, "text/plain", b"")) as url:
        assert CdnProbe(f"{url}/").get("edgeship/~t/") == Probed(url, "edgeship/~t/", status)


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (urllib.error.URLError(socket.gaierror(-2, "Name or service not known")), Fault.NAME),
        (urllib.error.URLError(ssl.SSLCertVerificationError("Hostname mismatch")), Fault.CERTIFICATE),
        (urllib.error.URLError(ConnectionRefusedError(111, "Connection refused")), Fault.NETWORK),
        (TimeoutError("timed out"), Fault.NETWORK),
    ],
)
def test_no_answer_is_a_fault_with_its_reason(error: OSError, fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise error

    probe = CdnProbe("https://widgets.example.com", "d1.cloudfront.net")
    monkeypatch.setattr(probe._web, "get", fail)
    found = probe.get("edgeship/~t/")
    assert (found.fault, found.status, found.expects) == (fault, None, "d1.cloudfront.net")
    assert found.text.endswith(".")
