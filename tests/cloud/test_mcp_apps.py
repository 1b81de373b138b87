"""The example widget in three hosts of MCP Apps, in Chromium: inline, and linked through a promotion and a rollback."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Remote
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from edgeship.bootstrap.operator import Operator
from edgeship.domain.embeds.mcp_app import MIME_TYPE, Body, Wishes
from edgeship.domain.version import Version
from edgeship.local.cloud import LocalCloud
from tests.browser.chromium import chromium
from tests.browser.sites import Answer, Site
from tests.support import mcp_hosts
from tests.support.bundles import tar_gz
from tests.support.local_cloud.visitors import ann, put, served
from tests.support.pytest_plugins.tools import CHROMIUM
from tests.support.repository import ROOT

pytestmark = [pytest.mark.cloud, pytest.mark.nightly, pytest.mark.xdist_group("cloud")]

WIDGET = (ROOT / "examples" / "mcp-widget" / "dist" / "order-status.js").read_bytes()
NEXT = WIDGET.replace(b"VERSION = '1.0.0'", b"VERSION = '1.1.0'")
ORDER = {"number": "1234", "status": "shipped"}
PATH = "/order-status/latest/order-status.js"


def resource(cloud: LocalCloud, tools: Operator, version: str, body: Body, **wishes: Any) -> Mapping[str, Any]:
    """As the server's `resources/read` gives it."""
    embedded = tools.embed("order-status", version, cloud.edge_url)
    app = tools.embed.mcp_app(embedded, body, Wishes(element="order-status", **wishes))
    return {"uri": app.uri, "mimeType": MIME_TYPE, "text": app.html, "_meta": app.resource_meta}


class Chat:
    """A host's page in a browser that has no cache of an earlier visit."""

    def __init__(self, browser: Remote, site: Site) -> None:
        self.browser = browser
        self.site = site

    def shows(self, host: str, document: Mapping[str, Any]) -> str:
        """The version that the widget has when it shows the order. Nothing may break the frame's policy, or throw."""
        self.site.answers["/"] = Answer(mcp_hosts.page(host, document, ORDER).encode(), "text/html; charset=utf-8")
        self.browser.get(self.site.url)
        wait = WebDriverWait(self.browser, 10, 0.05)
        self.browser.switch_to.frame(wait.until(lambda _: self.browser.find_element(By.TAG_NAME, "iframe")))
        wait.until(lambda _: "Order 1234: shipped" in self.browser.find_element(By.TAG_NAME, "body").text)
        version = self.browser.find_element(By.TAG_NAME, "order-status").get_attribute("data-version")
        self.browser.switch_to.default_content()
        heard = self.browser.execute_script("return heard")
        assert [each for each in heard if "violation" in each or "failure" in each] == []
        assert {each["origin"] for each in heard} == {"null"}
        assert "ui/initialize" in [each.get("method") for each in heard]
        return str(version)


@contextmanager
def chat(folder: Path) -> Iterator[Chat]:
    CHROMIUM.require()
    with chromium(folder) as browser, Site.running() as site:
        yield Chat(browser, site)


def test_hosts_show_the_widget_and_a_linked_one_follows_a_promotion_and_a_rollback(
    cloud: LocalCloud, tools: Operator, tmp_path: Path
) -> None:
    put(cloud, tmp_path, "order-status", "1.0.0", tar_gz({"order-status.js": WIDGET}))
    served(cloud, PATH, WIDGET)
    inline = resource(cloud, tools, "1.0.0", Body.INLINE)
    exact = resource(cloud, tools, "1.0.0", Body.LINKED)
    linked = resource(cloud, tools, "latest", Body.LINKED, telemetry=True)
    with chat(tmp_path / "before") as now:
        for host in mcp_hosts.HOSTS:
            assert now.shows(host, inline) == "1.0.0"
        for host in ("specification", "openai"):
            assert [now.shows(host, document) for document in (exact, linked)] == ["1.0.0", "1.0.0"]

    put(cloud, tmp_path, "order-status", "1.1.0", tar_gz({"order-status.js": NEXT}))
    served(cloud, f"{PATH}?edgeship-track=candidate", NEXT)
    tools.promote("order-status", Version(1, 1, 0), "latest", ann())
    served(cloud, PATH, NEXT)
    assert resource(cloud, tools, "latest", Body.LINKED, telemetry=True) == linked
    assert resource(cloud, tools, "1.1.0", Body.INLINE)["uri"] != inline["uri"]
    with chat(tmp_path / "promoted") as now:
        assert [now.shows("specification", document) for document in (linked, inline)] == ["1.1.0", "1.0.0"]

    tools.roll_back("order-status", "latest", None, ann())
    served(cloud, PATH, WIDGET)
    with chat(tmp_path / "rolled back") as now:
        assert [now.shows(host, linked) for host in ("specification", "openai")] == ["1.0.0", "1.0.0"]
