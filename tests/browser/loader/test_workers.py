"""The recipe for workers in docs/embeds.md, in Chromium: its own code, the policy that it names, and what is seen."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from selenium.webdriver import Remote

from infra.browser_client import telemetry_client
from tests.browser.loader.test_loader import WATCH, ChannelCdn
from tests.browser.routed_cdn import CANDIDATE, STABLE
from tests.browser.sites import Answer, Site
from tests.support.repository import ROOT

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

RECIPE = (ROOT / "docs" / "embeds.md").read_text("utf-8").split("## Workers from the CDN")[1].split("\n## ")[0]
(CODE,) = re.findall(r"```js\n(.+?\n}\n)\n.+?```", RECIPE, flags=re.DOTALL)
(POLICY,) = re.findall(r"```\n(script-src .+?)\n```", RECIPE, flags=re.DOTALL)
WORKER = (
    "onmessage = ({ data }) => { if (data === 'throw') throw new Error('in the worker');"
    " if (data === 'reject') return Promise.reject(new Error('in the worker')); "
)
MODULE = WORKER + "postMessage([data, version, import.meta.url]); }; import { version } from './part.mjs';"
CLASSIC = WORKER + "importScripts(data.base + 'part.js'); postMessage([data.text, self.version]); };"
ANSWER = """
const [kind, url, message, done] = arguments;
try {
  window.worker = startWorker(url, kind);
  worker.addEventListener('message', ({ data }) => done(data));
  worker.addEventListener('error', ({ message }) => done(`error ${message}`));
  worker.postMessage(message);
} catch (error) { done(`thrown ${error.name}`); }
"""


@pytest.fixture
def cdn() -> Iterator[ChannelCdn]:
    with ChannelCdn.running() as running:
        running.script("/edgeship/telemetry.js", telemetry_client(ROOT))
        for version in (STABLE, CANDIDATE):
            running.script(f"/checkout/v{version}/worker.mjs", MODULE, version)
            running.script(f"/checkout/v{version}/part.mjs", f"export const version = '{version}';", version)
            running.script(f"/checkout/v{version}/worker.js", CLASSIC, version)
            running.script(f"/checkout/v{version}/part.js", f"self.version = '{version}';", version)
        yield running


def visit(browser: Remote, host: Site, cdn: ChannelCdn, tags: str = "") -> None:
    policy = POLICY.replace("https://widgets.example.com", cdn.url)
    policy = f"default-src 'none'; {policy}".replace("script-src", "script-src 'nonce-n1' 'unsafe-eval'")
    tag = f'<script nonce=n1 src="{cdn.url}/edgeship/telemetry.js" data-widget="checkout" crossorigin></script>'
    html = f"<!doctype html><title>A shop</title>{WATCH}{tag}<script nonce=n1>{CODE}</script>{tags}"
    headers = {"Content-Security-Policy": policy}
    host.answers["/shop.html"] = Answer(html.encode(), "text/html; charset=utf-8", headers)
    browser.get(f"{host.url}/shop.html")


def test_the_browser_refuses_a_worker_of_another_origin(browser: Remote, host: Site, cdn: ChannelCdn) -> None:
    visit(browser, host, cdn)
    code = "try { new Worker(arguments[0]); } catch (error) { return error.name; }"
    assert browser.execute_script(code, f"{cdn.url}/checkout/v1.0.0/worker.js") == "SecurityError"


@pytest.mark.parametrize("channel", ["latest", pytest.param("v1.1.0", marks=pytest.mark.nightly)])
def test_a_module_worker(channel: str, browser: Remote, host: Site, cdn: ChannelCdn) -> None:
    visit(browser, host, cdn)
    version = STABLE if channel == "latest" else CANDIDATE
    found = browser.execute_async_script(ANSWER, "module", f"{cdn.url}/checkout/{channel}/worker.mjs", "pay")
    assert found == ["pay", version, f"{cdn.url}/checkout/v{version}/worker.mjs"]
    assert browser.execute_script("return [errors, violations]") == [[], []]


@pytest.mark.parametrize("channel", ["latest", pytest.param("v1.1.0", marks=pytest.mark.nightly)])
def test_a_classic_worker(channel: str, browser: Remote, host: Site, cdn: ChannelCdn) -> None:
    visit(browser, host, cdn)
    version = STABLE if channel == "latest" else CANDIDATE
    base = f"{cdn.url}/checkout/v{version}/"
    found = browser.execute_async_script(
        ANSWER, "classic", f"{cdn.url}/checkout/{channel}/worker.js", {"text": "pay", "base": base}
    )
    assert found == ["pay", version]
    assert browser.execute_script("return [errors, violations]") == [[], []]


MESSAGES = {"throw": "Uncaught Error: in the worker", "reject": "Uncaught Error: in the worker", "missing": "worker"}


@pytest.mark.parametrize("event", ["throw", "reject", pytest.param("missing", marks=pytest.mark.nightly)])
def test_telemetry_counts_what_fails_in_a_module_worker(
    event: str, browser: Remote, host: Site, cdn: ChannelCdn
) -> None:
    visit(browser, host, cdn)
    file = "none.mjs" if event == "missing" else "worker.mjs"
    browser.execute_async_script(ANSWER, "module", f"{cdn.url}/checkout/v1.0.0/{file}", event)
    browser.execute_script("dispatchEvent(new Event('pagehide'))")
    (beacon,) = cdn.beacons(1)
    assert (beacon["r"], beacon["c"], beacon["f"]) == (STABLE, f"v1.0.0/{file}", 1)
    assert [message[: len(MESSAGES[event])] for message, *_ in beacon["e"]] == [MESSAGES[event]]


def test_a_module_worker_of_a_channel_is_a_session_of_it(browser: Remote, host: Site, cdn: ChannelCdn) -> None:
    visit(browser, host, cdn)
    browser.execute_async_script(ANSWER, "module", f"{cdn.url}/checkout/latest/worker.mjs", "pay")
    browser.execute_script("dispatchEvent(new Event('pagehide'))")
    (beacon,) = cdn.beacons(1)
    assert (beacon["r"], beacon["c"], beacon.get("f")) == (STABLE, "latest/worker.mjs", None)


@pytest.mark.nightly
def test_telemetry_sees_nothing_of_a_classic_worker_alone(browser: Remote, host: Site, cdn: ChannelCdn) -> None:
    visit(browser, host, cdn)
    found = browser.execute_async_script(ANSWER, "classic", f"{cdn.url}/checkout/v1.0.0/worker.js", "throw")
    assert found == "error Uncaught Error: in the worker"
    browser.execute_script("dispatchEvent(new Event('pagehide'))")
    browser.execute_async_script("setTimeout(arguments[0], 300)")
    assert cdn.beacons() == []


@pytest.mark.nightly
@pytest.mark.parametrize("file", ["worker.js", "none.js"])
def test_it_counts_what_fails_in_one_beside_a_script_of_the_page(
    file: str, browser: Remote, host: Site, cdn: ChannelCdn
) -> None:
    visit(browser, host, cdn, f'<script src="{cdn.url}/checkout/v1.0.0/widget.js" crossorigin></script>')
    browser.execute_async_script(ANSWER, "classic", f"{cdn.url}/checkout/v1.0.0/{file}", "throw")
    browser.execute_script("dispatchEvent(new Event('pagehide'))")
    beacons = cdn.beacons(1)
    assert [beacon["f"] for beacon in beacons if "f" in beacon] == [1]
