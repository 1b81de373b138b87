"""Documents of MCP Apps in three hosts, in Chromium: hostile bytes included, and a host that allows no other origin."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from selenium.webdriver import Remote
from selenium.webdriver.support.wait import WebDriverWait

from edgeship.domain.embeds.embedded import Embedded
from edgeship.domain.embeds.mcp_app import McpApp, Wishes, inline_app, linked_app
from edgeship.domain.releases.entry import Entry, Kind
from edgeship.domain.releases.manifest import FileEntry, Manifest
from edgeship.domain.version import Version
from tests.browser.sites import Answer, Cdn, Site
from tests.support import mcp_hosts
from tests.support.releases import a_release

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

HOSTILE = """
/* </script><script>alert(1)</script> <!-- <script> ]]> \u2028 é 😀 */
const text = '</ScRiPt>' + `<!--${1 + 1}` + /<\\/style>/.source;
document.body.dataset.ran = text + 'é😀';
"""
RAN = "</ScRiPt><!--2<\\/styleé😀".replace("style", "style>")
STYLE = "body { color: rgb(1, 2, 3); } /* </style><script>throw 1</script> */"


def embedded(cdn: Cdn, kind: Kind, script: str = HOSTILE, *, selector: str | None = None) -> Embedded:
    """A release of a script and a stylesheet, which the CDN serves by its exact path, and by a moving one."""
    files = {"widget.js": (script, "text/javascript"), "style.css": (STYLE, "text/css")}
    entries = {}
    for path, (text, content_type) in files.items():
        body = text.encode()
        sri = f"sha384-{b64encode(hashlib.sha384(body).digest()).decode()}"
        entries[path] = FileEntry(len(body), hashlib.sha256(body).hexdigest(), sri, content_type)
        for folder in ("v1.0.0", "latest"):
            cdn.answers[f"/checkout/{folder}/{path}"] = Answer(body, f"{content_type}; charset=utf-8")
    release = replace(
        a_release("1.0.0"),
        widget="checkout",
        entrypoint="widget.js",
        entry=Entry(kind, entries["widget.js"].sri, alone=False, style="style.css"),
    )
    manifest = Manifest(
        widget="checkout",
        version=Version(1, 0, 0),
        created_at="2026-11-27T10:00:00Z",
        git_commit=None,
        entrypoint="widget.js",
        files=entries,
    )
    return Embedded(release, kind, cdn.url, selector, None if selector else manifest)


NOT_LOADED = "checkout could not be loaded."


class Frame:
    """A document in a host's frame."""

    def __init__(self, browser: Remote, site: Site, host: str, app: McpApp) -> None:
        self.browser = browser
        self.wait = WebDriverWait(browser, 10, 0.02)
        resource = {"text": app.html, "_meta": app.resource_meta}
        site.answers["/"] = Answer(mcp_hosts.page(host, resource, {}).encode(), "text/html; charset=utf-8")
        browser.get(site.url)
        frame = self.wait.until(lambda _: browser.execute_script("return document.querySelector('iframe')"))
        browser.switch_to.frame(frame)

    def ran(self) -> tuple[Any, Any, list[Mapping[str, Any]]]:
        """What the script has set, the colour of the text, and what the host heard of violations and failures."""
        look = "return document.body.dataset.ran && [document.body.dataset.ran, getComputedStyle(document.body).color]"
        ran, colour = self.wait.until(lambda _: self.browser.execute_script(look))
        self.browser.switch_to.default_content()
        heard = self.browser.execute_script("return heard")
        return ran, colour, [each for each in heard if "violation" in each or "failure" in each]

    def says_that_nothing_was_loaded(self) -> bool:
        text = "return document.body.innerText"
        self.wait.until(lambda _: NOT_LOADED in self.browser.execute_script(text))
        ran = self.browser.execute_script("return document.body.dataset.ran")
        self.browser.switch_to.default_content()
        return ran is None


@pytest.mark.parametrize("kind", [Kind.MODULE, Kind.CLASSIC])
def test_an_inline_document_runs_any_bytes_in_any_host(browser: Remote, cdn: Cdn, host: Site, kind: Kind) -> None:
    app = inline_app(embedded(cdn, kind), HOSTILE, STYLE, Wishes())
    for each in mcp_hosts.HOSTS:
        assert Frame(browser, host, each, app).ran() == (RAN, "rgb(1, 2, 3)", [])
    assert cdn.requests("/checkout/v1.0.0/widget.js") == []


@pytest.mark.parametrize("kind", [Kind.MODULE, Kind.CLASSIC])
@pytest.mark.parametrize("selector", [None, "latest"])
def test_a_linked_document_loads_the_bytes_where_the_host_allows_it(
    browser: Remote, cdn: Cdn, host: Site, kind: Kind, selector: str | None
) -> None:
    app = linked_app(embedded(cdn, kind, selector=selector), Wishes())
    for each in ("specification", "openai"):
        assert Frame(browser, host, each, app).ran() == (RAN, "rgb(1, 2, 3)", [])


@pytest.mark.parametrize("kind", [Kind.MODULE, Kind.CLASSIC])
def test_a_linked_document_says_that_nothing_could_be_loaded(browser: Remote, cdn: Cdn, host: Site, kind: Kind) -> None:
    app = linked_app(embedded(cdn, kind), Wishes())
    assert Frame(browser, host, "deaf", app).says_that_nothing_was_loaded()
    cdn.answers["/checkout/v1.0.0/widget.js"] = Answer(b"document.body.dataset.ran = 'forged'", "text/javascript")
    assert Frame(browser, host, "specification", app).says_that_nothing_was_loaded()


def test_an_inline_document_with_telemetry_reports_its_session_and_its_errors(
    browser: Remote, cdn: Cdn, host: Site
) -> None:
    script = "document.body.dataset.ran = 1; setTimeout(() => { throw new Error('no price'); });"
    app = inline_app(embedded(cdn, Kind.MODULE, script), script, None, Wishes(telemetry=True))
    Frame(browser, host, "specification", app)
    (beacon,) = cdn.beacons(1)
    assert (beacon["w"], beacon["r"], beacon["s"], beacon["f"]) == ("checkout", "1.0.0", 1, 1)
    assert beacon["e"][0][0] == "Error: no price"
    assert beacon["e"][0][2][0].startswith("v1.0.0/widget.js:1:")
