"""Which identity works for whom (docs/rollouts.md), row by row: what a page in Chromium gets of a rollout at 50 %."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from selenium.webdriver import Remote
from selenium.webdriver.support.wait import WebDriverWait

from tests.browser.routed_cdn import MODULE, SCRIPT, SET_COOKIE, RoutedCdn
from tests.browser.sites import Answer, Site

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture
def routed() -> Iterator[RoutedCdn]:
    with RoutedCdn.running() as running:
        yield running


@dataclass(frozen=True)
class Pages:
    """Visits of pages: the CDN is at `127.0.0.1`, on a port of its own."""

    browser: Remote
    cdn: RoutedCdn
    host: Site

    @property
    def user_agent(self) -> str:
        return str(self.browser.execute_script("return navigator.userAgent"))

    def anonymous(self, address: str = "") -> str:
        """What the browser gets that nobody has named."""
        return self.cdn.version_for(user_agent=self.user_agent, address=address)

    def somebody(self) -> str:
        """A user who gets the other version, so that a name that counts shows."""
        users = (f"user-{number}" for number in range(100))
        return next(user for user in users if self.cdn.version_for(user) != self.anonymous())

    def name_by_cookie(self, user: str) -> None:
        self.browser.get(f"{self.cdn.url}{SET_COOKIE}{user}")

    def seen(self, html: str, where: str) -> str:
        """The version that a page has run. It is on the CDN's `own origin`, on its `own site`, or on `another site`."""
        page = Answer(f"<!doctype html><title>A shop</title>{html}".encode(), "text/html; charset=utf-8")
        self.cdn.answers["/shop.html"] = self.host.answers["/shop.html"] = page
        origins = {
            "own origin": self.cdn.url,
            "own site": self.host.url,
            "another site": self.host.url.replace("127.0.0.1", "localhost"),
        }
        self.browser.get(f"{origins[where]}/shop.html")
        (ran,) = WebDriverWait(self.browser, 10, 0.02).until(lambda _: self.browser.execute_script("return window.ran"))
        return str(ran)

    def tag(self, kind: str, query: str = "") -> str:
        """A script's tag: `module`, `classic` as `edgeship embed` prints it, or `plain`, without CORS."""
        module = ' type="module"' if kind == "module" else ""
        cors = "" if kind == "plain" else ' crossorigin="anonymous"'
        return (
            f'<script{module} src="{self.cdn.url}{self.cdn.path(MODULE if module else SCRIPT)}{query}"{cors}></script>'
        )


@pytest.fixture
def pages(browser: Remote, routed: RoutedCdn, host: Site) -> Iterator[Pages]:
    yield Pages(browser, routed, host)
    browser.get(routed.url)
    browser.delete_all_cookies()


@pytest.mark.parametrize("where", ["own site", "another site"])
@pytest.mark.parametrize("kind", ["module", "classic", "plain"])
def test_the_query_names_the_user_everywhere(kind: str, where: str, pages: Pages) -> None:
    user = pages.somebody()
    assert pages.seen(pages.tag(kind, f"?user={user}"), where) == pages.cdn.version_for(user)
    assert pages.seen(pages.tag(kind), where) == pages.anonymous(), "when the page leaves it out"


@pytest.mark.parametrize("where", ["own site", "another site"])
def test_the_header_names_the_user_of_a_page_that_fetches(where: str, pages: Pages) -> None:
    user, url = pages.somebody(), pages.cdn.url + pages.cdn.path(MODULE)
    fetched = f"""<script type="module">
      const answer = await fetch('{url}', {{ headers: {{ 'x-edgeship-user': '{user}' }} }});
      await import(answer.url);
    </script>"""
    assert pages.seen(fetched, where) == pages.cdn.version_for(user)
    asked = [request.headers.get("x-edgeship-user") for request in pages.cdn.requests(pages.cdn.path(MODULE))]
    assert asked == [None, user], "after a preflight"


@pytest.mark.parametrize(
    ("kind", "where", "counts"),
    [
        ("plain", "own origin", True),
        ("classic", "own origin", True),
        ("module", "own origin", True),
        ("plain", "own site", True),
        ("classic", "own site", False),
        ("module", "own site", False),
        ("plain", "another site", False),
        ("classic", "another site", False),
        ("module", "another site", False),
    ],
)
def test_the_cookie_names_the_user_where_the_browser_sends_it(
    kind: str, where: str, counts: bool, pages: Pages
) -> None:
    user = pages.somebody()
    pages.name_by_cookie(user)
    expected = pages.cdn.version_for(user) if counts else pages.anonymous()
    assert pages.seen(pages.tag(kind), where) == expected


@pytest.mark.parametrize("kind", ["module", "classic"])
def test_address_and_browser_hold_as_long_as_the_address(kind: str, pages: Pages) -> None:
    here = pages.cdn.address
    others = (f"198.51.100.{number}" for number in range(100))
    elsewhere = next(address for address in others if pages.anonymous(address) != pages.anonymous(here))
    assert {pages.seen(pages.tag(kind), "another site") for _ in range(3)} == {pages.anonymous(here)}
    pages.cdn.address = elsewhere
    assert pages.seen(pages.tag(kind), "another site") == pages.anonymous(elsewhere) != pages.anonymous(here)
