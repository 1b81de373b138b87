"""What the router answers for a classic script, in a real browser and to programs."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import pytest
from selenium.webdriver import Remote
from selenium.webdriver.support.wait import WebDriverWait

from edgeship.domain.edge.route_values import store_values
from edgeship.domain.edge.router import REVISION_KEY, Request
from tests.browser.sites import Answer, Cdn, Site
from tests.edge.router.engines import NODE_ENGINE
from tests.edge.router.viewer import asked

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

RELEASE = b"(window.ran = window.ran || []).push(document.currentScript.src);"
LATEST = "/checkout/latest/widget.js"
EXACT = "/checkout/v1.4.2/widget.js"


@pytest.fixture
def stub(cdn: Cdn, tmp_path: Path) -> Answer:
    digest = b64encode(sha256(RELEASE).digest()).decode().rstrip("=")
    routes = {
        "channels": {"latest": {"stable": "1.4.2"}},
        "ranges": {},
        "releases": {"1.4.2": ["widget.js", digest]},
    }
    store = {**store_values({"checkout": routes}), REVISION_KEY: "1"}  # type: ignore[dict-item]
    host = cdn.url.removeprefix("http://")
    request = Request(LATEST, headers={"host": host})
    (answer,) = NODE_ENGINE.run(tmp_path, [store], [asked(request)], raw=True)
    raw = answer["raw"]
    headers = {name: found["value"] for name, found in raw["headers"].items()}
    # The CDN of this test has no certificate.
    body = raw["body"]["data"].replace(f"https://{host}", cdn.url).encode()
    return Answer(body, headers.pop("content-type"), headers, raw["statusCode"])


@pytest.mark.parametrize("policy", ["", "script-src 'nonce-n1'"])
def test_the_exact_script_runs_once_and_the_browser_complains_of_nothing(
    policy: str, stub: Answer, browser: Remote, cdn: Cdn, host: Site
) -> None:
    cdn.answers[LATEST] = stub
    cdn.script(EXACT, RELEASE)
    watching = "addEventListener('securitypolicyviolation', event => violations.push(event.blockedURI))"
    html = (
        f"<!doctype html><title>A shop</title><script nonce=n1>window.violations = []; {watching}</script>"
        f'<script nonce=n1 src="{cdn.url}{LATEST}"></script>'
    )
    headers = {"Content-Security-Policy": policy} if policy else {}
    host.answers["/shop.html"] = Answer(html.encode(), "text/html; charset=utf-8", headers)
    browser.get(f"{host.url}/shop.html")
    ran = WebDriverWait(browser, 10, 0.02).until(lambda _: browser.execute_script("return window.ran"))
    assert ran == [cdn.url + EXACT]
    assert len(cdn.requests(EXACT)) == 1
    assert browser.execute_script("return violations") == []


def test_programs_follow_a_header(stub: Answer) -> None:
    assert stub.status == 200
    assert stub.headers["x-edgeship-location"] == EXACT
    assert stub.headers["x-amz-meta-version"] == "1.4.2"
    assert stub.headers["cache-control"] == "public, max-age=300"
