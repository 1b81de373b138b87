"""examples/loader in Chromium: what it loads of a CDN with moving paths, and what of a CDN that does not answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

import pytest
from selenium.webdriver import Remote

from edgeship.domain.embeds.page_policy import content_security_policy
from edgeship.domain.releases.entry import Kind
from infra.browser_client import telemetry_client
from tests.browser.lab.stub import POLICY_PATH, TRUSTED_TYPES
from tests.browser.routed_cdn import CANDIDATE, MODULE, SCRIPT, STABLE, RoutedCdn
from tests.browser.sites import Answer, Cdn, Site
from tests.support.repository import ROOT

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

LOADER = (ROOT / "examples" / "loader" / "index.js").read_bytes()
CLOSED = "http://127.0.0.1:9"
SLOW = 1.5
"""Seconds of a CDN for which nobody waits."""
ASK = """
const [calls, done] = arguments;
import('/loader.js').then(({ load }) => Promise.all(calls.map(({ fallback, ...call }) => load({
  ...call, ...(fallback && { fallback: fallback === 'own' ? (reason) => ({ own: reason.message }) : fallback }),
}).then(
  ({ module, global, reason, ...found }) => ({
    ...found,
    ...(module && { module: module.version ?? module.own }),
    ...(global && { global: global.version ?? global.own }),
    ...(reason && { reason: reason.message }),
  }),
  (error) => ({ error: `${error.name}: ${error.message}` }),
)))).then(done, (error) => done([{ error: `page: ${error}` }]));
"""
WATCH = (
    "<script nonce=n1>window.errors = []; window.violations = [];"
    "addEventListener('error', (event) => errors.push([event.message, event.filename]));"
    "addEventListener('unhandledrejection', (event) => errors.push([`${event.reason}`, '']));"
    "addEventListener('securitypolicyviolation', (event) =>"
    " violations.push(event.effectiveDirective + ' ' + event.blockedURI));</script>"
)


class ChannelCdn(RoutedCdn):
    """`latest` is at 1.0.0, `next` at 1.1.0; answers of moving paths are kept as the real CDN's are."""

    channels: ClassVar[Mapping[str, Any]] = {"latest": {"stable": STABLE}, "next": {"stable": CANDIDATE}}
    ranges: ClassVar[Mapping[str, str]] = {"1": CANDIDATE, "1.0": STABLE}
    cache_control: ClassVar[str] = "public, max-age=60"

    def __init__(self) -> None:
        super().__init__()
        for version in (STABLE, CANDIDATE):
            ran = f"(window.ran = window.ran || []).push('{version}');"
            self.script(f"/checkout/v{version}/{MODULE}", f"{ran} export const version = '{version}';", version)
            self.script(f"/checkout/v{version}/{SCRIPT}", f"{ran} var Checkout = {{ version: '{version}' }};", version)


@pytest.fixture
def channels() -> Iterator[ChannelCdn]:
    with ChannelCdn.running() as running:
        yield running


Load = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def load(browser: Remote, host: Site) -> Load:
    """Open a page, and call the loader with each of the options, all at once."""

    def opened(
        *calls: Mapping[str, Any], policy: str = "", head: str = "", headers: Mapping[str, str] | None = None
    ) -> list[dict[str, Any]]:
        sent = {"Content-Security-Policy": policy} if policy else dict(headers or {})
        host.answers["/loader.js"] = Answer(LOADER, "text/javascript")
        html = f"<!doctype html><title>A shop</title>{WATCH}{head}"
        host.answers["/shop.html"] = Answer(html.encode(), "text/html; charset=utf-8", sent)
        browser.get(f"{host.url}/shop.html")
        found: list[dict[str, Any]] = browser.execute_async_script(ASK, list(calls))
        return found

    return opened


def module(cdn: str, **more: Any) -> dict[str, Any]:
    return {"cdn": cdn, "widget": "checkout", "file": MODULE, **more}


def classic(cdn: str, **more: Any) -> dict[str, Any]:
    return {"cdn": cdn, "widget": "checkout", "kind": "classic", "global": "Checkout", **more}


def ran(browser: Remote) -> list[str]:
    return list(browser.execute_script("return window.ran || []"))


PICKED = {
    "latest": STABLE,
    "next": CANDIDATE,
    "~next": CANDIDATE,
    "~1": CANDIDATE,
    "~1.0": STABLE,
    "1.0.0": STABLE,
    "v1.1.0": CANDIDATE,
}
CLASSIC = ("latest", "~1", "1.0.0")


@pytest.mark.parametrize("kind", [module, classic])
def test_a_channel_is_picked_and_the_version_exposed(
    kind: Callable[..., dict[str, Any]], load: Load, channels: ChannelCdn
) -> None:
    exposed = "module" if kind is module else "global"
    # A classic script sets one global, so it is asked for by itself.
    pages = [list(PICKED)] if kind is module else [[channel] for channel in CLASSIC]
    for page in pages:
        found = load(*(kind(channels.url + "/", channel=channel) for channel in page))
        assert found == [
            {exposed: PICKED[channel], "version": PICKED[channel], "channel": channel, "from": "cdn"}
            for channel in page
        ]


@pytest.mark.parametrize("kind", [module, classic])
def test_two_calls_are_one_load(
    kind: Callable[..., dict[str, Any]], load: Load, channels: ChannelCdn, browser: Remote
) -> None:
    one, two = load(kind(channels.url), kind(channels.url, channel="latest"))
    assert one == two
    assert ran(browser) == [STABLE]
    for path in (MODULE, SCRIPT):  # the script comes from the cache, where it was just put
        assert len(channels.requests(f"/checkout/latest/{path}")) <= 1
        assert len(channels.requests(f"/checkout/v{STABLE}/{path}")) <= 1


@pytest.mark.parametrize("kind", [module, classic])
def test_without_the_cdn_the_fallback_runs_and_says_why(
    kind: Callable[..., dict[str, Any]], load: Load, channels: ChannelCdn, browser: Remote
) -> None:
    file = MODULE if kind is module else SCRIPT
    exposed = "module" if kind is module else "global"
    missing = kind(channels.url, channel="gone", fallback=f"{channels.url}/checkout/v1.1.0/{file}")
    (found,) = load(missing)
    reason = found.pop("reason")
    assert found == {exposed: CANDIDATE, "version": CANDIDATE, "channel": "gone", "from": "fallback"}
    assert reason.startswith(f"{channels.url}/checkout/~gone/{file}: HTTP 404")
    (found,) = load(kind(CLOSED, fallback="own"))
    assert found.pop("reason") == found.pop(exposed)
    assert found == {"channel": "latest", "from": "fallback", "version": None}
    ((message, filename), *_) = browser.execute_script("return errors")
    assert message.startswith(f"{CLOSED}/checkout/latest/{file}: ")
    assert filename == f"{CLOSED}/checkout/latest/{file}"


def test_a_slow_cdn_is_left_for_the_fallback_and_runs_nothing_later(
    load: Load, channels: ChannelCdn, browser: Remote
) -> None:
    slow, body = f"/checkout/v{STABLE}/{MODULE}", "export const version = 'late'; window.late = 1;"
    channels.script(slow, body, STABLE, delay=SLOW)
    (found,) = load(module(channels.url, timeout=600, fallback=f"{channels.url}/checkout/v1.1.0/{MODULE}"))
    assert (found["version"], found["from"]) == (CANDIDATE, "fallback")
    assert found["reason"] == f"{channels.url}/checkout/latest/{MODULE}: no answer in 600 ms"
    browser.execute_async_script("setTimeout(arguments[0], 1_200)")
    assert ran(browser) == [CANDIDATE]
    assert browser.execute_script("return window.late") is None


def test_without_a_fallback_the_promise_rejects_with_the_reason_and_the_next_call_tries_again(
    load: Load, channels: ChannelCdn, browser: Remote
) -> None:
    path = f"/checkout/latest/{MODULE}"
    asked = [
        module(CLOSED),
        module(CLOSED, file="other.mjs", fallback=f"{channels.url}/none.mjs"),
        classic(channels.url, **{"global": "Cart"}),
        {"widget": "checkout"},
        module(channels.url, kind="style"),
    ]
    closed, both, no_global, no_cdn, no_kind = (found["error"] for found in load(*asked))
    assert closed.startswith(f"Error: {CLOSED}{path}: ")
    assert both.startswith(f"Error: {CLOSED}/checkout/latest/other.mjs: ")
    assert f"fallback: Failed to fetch dynamically imported module: {channels.url}/none.mjs" in both
    assert no_global.endswith("widget.js: the script ran, and there is no global Cart")
    assert no_cdn == "TypeError: load needs cdn, as https://host, and widget"
    assert no_kind == "TypeError: kind is module or classic, not style"
    unhandled = [message for message, _ in browser.execute_script("return errors") if "other.mjs" not in message]
    assert unhandled == []
    again = "import('/loader.js').then(m => m.load(arguments[0])).then(f => arguments[1](f.version), arguments[1])"
    working = channels.answers.pop(f"/checkout/v{STABLE}/{MODULE}")
    assert "404" in load(module(channels.url))[0]["error"]
    channels.answers[f"/checkout/v{STABLE}/{MODULE}"] = working
    assert browser.execute_async_script(again, module(channels.url)) == STABLE


def policy_of(kind: Kind, cdn: Cdn, *, telemetry: bool, moving: bool = True) -> str:
    """The page's own scripts, and what `edgeship embed --csp` prints."""
    printed = content_security_policy(
        kind, cdn.url, style=False, telemetry=telemetry, trusted_types=moving and kind is Kind.CLASSIC
    )
    return printed.replace("script-src", "default-src 'none'; script-src 'self' 'nonce-n1' 'unsafe-eval'")


@pytest.mark.parametrize("kind", [Kind.MODULE, Kind.CLASSIC])
@pytest.mark.parametrize("telemetry", [True, False], ids=["with telemetry", "without"])
def test_a_policy_with_what_embed_prints_is_enough(
    kind: Kind, telemetry: bool, load: Load, channels: ChannelCdn, browser: Remote
) -> None:
    wanted = module(channels.url) if kind is Kind.MODULE else classic(channels.url)
    (found,) = load(wanted, policy=policy_of(kind, channels, telemetry=telemetry))
    assert found.get("module", found.get("global")) == STABLE
    # Only an answer that may be read says the version.
    assert (found["version"], found["from"]) == (STABLE if telemetry else None, "cdn")
    blocked = [] if telemetry else [f"connect-src {channels.url}/checkout/latest/{wanted.get('file', SCRIPT)}"]
    assert browser.execute_script("return violations") == blocked


def test_a_page_that_asks_for_trusted_types(load: Load, channels: ChannelCdn) -> None:
    channels.answers[POLICY_PATH] = Answer(TRUSTED_TYPES.read_bytes(), "text/javascript")
    policy = policy_of(Kind.CLASSIC, channels, telemetry=True) + "; require-trusted-types-for 'script'"
    (found,) = load(classic(channels.url), policy=policy)
    assert (found["global"], found["version"], found["from"]) == (STABLE, STABLE, "cdn")
    assert len(channels.requests(POLICY_PATH)) == 1


THROWS = "/checkout/v1.0.0/throws.mjs"


def test_telemetry_counts_what_a_fallback_hides_and_names_the_channel(
    load: Load, channels: ChannelCdn, browser: Remote
) -> None:
    channels.script("/edgeship/telemetry.js", telemetry_client(ROOT))
    channels.script(THROWS, "throw new Error('at the top');", STABLE)
    tag = f'<script src="{channels.url}/edgeship/telemetry.js" data-widget="checkout" crossorigin></script>'
    (found,) = load(module(channels.url, file="throws.mjs", fallback="own"), head=tag)
    assert found["reason"] == f"{channels.url}/checkout/latest/throws.mjs: at the top"
    browser.execute_script("dispatchEvent(new Event('pagehide'))")
    (beacon,) = channels.beacons(1)
    assert (beacon["r"], beacon["c"], beacon["f"]) == (STABLE, "latest/throws.mjs", 1)
    assert [error[0] for error in beacon["e"]] == ["Error: at the top"]
