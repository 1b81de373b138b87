"""GETs of the CDN follow what a moving path leads to, once."""

from __future__ import annotations

import pytest

from edgeship.adapters.http.web import UrllibWeb
from tests.browser.sites import Answer, Site

EXACT = Answer(b"exact", "text/javascript", {"x-amz-meta-version": "1.0.0"})


@pytest.mark.parametrize(
    ("status", "header"), [(302, "Location"), (200, "X-Edgeship-Location")], ids=["redirect", "stub"]
)
@pytest.mark.parametrize("absolute", [True, False])
def test_what_leads_elsewhere_is_followed(status: int, header: str, absolute: bool) -> None:
    with Site.running() as site:
        target = (site.url if absolute else "") + "/w/v1.0.0/a%20b.js?x=%22"
        site.answers["/w/latest/a%20b.js"] = Answer(b"stub", "text/javascript", {header: target}, status)
        site.answers["/w/v1.0.0/a%20b.js"] = EXACT
        got = UrllibWeb(site.url).get("/w/latest/a b.js", "x=%22")
        assert (got.status, got.body, got.headers["x-amz-meta-version"]) == (200, b"exact", "1.0.0")
        assert got.led_by is not None
        assert (got.led_by.status, got.led_by.body, got.led_by.leads_to) == (status, b"stub", target)
        assert site.requests("/w/v1.0.0/a%20b.js")[0].target == "/w/v1.0.0/a%20b.js?x=%22"


def test_an_exact_path_leads_nowhere() -> None:
    with Site.running() as site:
        site.answers["/w/v1.0.0/a.js"] = EXACT
        got = UrllibWeb(site.url).get("/w/v1.0.0/a.js")
        assert (got.body, got.led_by) == (b"exact", None)
        assert UrllibWeb(site.url).get("/nothing").status == 404


@pytest.mark.parametrize(("taken", "header"), [("", "identity"), ("br-gzip", "br, gzip"), ("gzip", "gzip")])
def test_the_content_codings_that_a_viewer_takes(taken: str, header: str) -> None:
    with Site.running() as site:
        site.answers["/w/v1.0.0/a.js"] = Answer(b"encoded", "text/javascript", {"Content-Encoding": "br"})
        got = UrllibWeb(site.url).get("/w/v1.0.0/a.js", taken=taken)
        assert (got.body, got.headers["content-encoding"]) == (b"encoded", "br")
        assert site.requests("/w/v1.0.0/a.js")[0].headers["Accept-Encoding"] == header


def test_a_second_redirect_and_another_host_are_not_followed() -> None:
    with Site.running() as site, Site.running() as other:
        site.answers["/a"] = Answer(b"", "text/plain", {"Location": "/b"}, 302)
        site.answers["/b"] = Answer(b"", "text/plain", {"Location": f"{other.url}/c"}, 302)
        web = UrllibWeb(site.url)
        assert web.get("/a").status == 302
        got = web.get("/b")
        assert (got.status, got.led_by) == (302, None)
        assert other.requests("/c") == []
