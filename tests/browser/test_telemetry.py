"""The beacon client in a real browser, on pages of another origin than the CDN's."""

from __future__ import annotations

import re
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from urllib.parse import urlsplit

import pytest
from selenium.webdriver import Remote
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from edgeship.adapters.lambda_events.beacons import parse_beacon
from edgeship.domain.telemetry.beacon import Beacon
from edgeship.domain.telemetry.metrics import Metric
from infra.app import ROOT
from tests.browser.lab.stub import stub
from tests.browser.sites import Answer, Cdn, Site
from tests.support.tokens import a_token

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

WIDGET = """
window.checkout = {
  fail(message) { throw new Error(message); },
  reject(message) { Promise.reject(new TypeError(message)); },
  call(listener) { listener(); },
  load(file) { import(new URL(file, import.meta.url)); },
  append(file) {
    document.head.append(Object.assign(document.createElement('script'), { src: new URL(file, import.meta.url) }));
  },
};
"""
WEBPACK = """
const base = document.currentScript.src;
window.checkout = {
  lazy: () => new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = new URL('417.js', base);
    script.onerror = () => {
      const error = new Error(`Loading chunk 417 failed.\\n(error: ${script.src})`);
      error.name = 'ChunkLoadError';
      reject(error);
    };
    document.head.append(script);
  }),
};
"""
CHUNK = "/checkout/v1.4.2/assets/pay-1a2b.js"
EXAMPLE = ROOT / "examples" / "checkout-button"
LATEST = "/checkout/latest/widget.js"
EXACT = "/checkout/v1.4.2/widget.js"
QUIET = 1.7
"""Seconds after load in which a first beacon would have come: it is sent one second after."""

Opener = Callable[..., None]


def telemetry(cdn: Cdn, widget: str = "checkout", how: str = "defer", **data: object) -> str:
    attributes = "".join(f' data-{name}="{value}"' for name, value in {"widget": widget, **data}.items())
    return f'<script {how} src="{cdn.url}/edgeship/telemetry.js"{attributes} crossorigin="anonymous"></script>'


def module(cdn: Cdn, path: str = LATEST) -> str:
    return f'<script type="module" src="{cdn.url}{path}" crossorigin="anonymous"></script>'


@pytest.fixture
def visit(browser: Remote, cdn: Cdn, host: Site) -> Opener:
    """Opens a page with these tags in its head. What reaches the page's own handlers of errors is in window.seen."""
    cdn.script(LATEST, WIDGET, "1.4.2")
    cdn.script(EXACT, WIDGET)

    def open_page(*tags: str) -> None:
        watching = "window.seen = []; addEventListener('error', (event) => seen.push(event.message));"
        html = f"<!doctype html><title>A shop</title><script>{watching}</script>{''.join(tags)}<h1>A shop</h1>"
        host.answers["/shop.html"] = Answer(html.encode(), "text/html; charset=utf-8")
        browser.get(f"{host.url}/shop.html")
        # In a new tab the driver may return before the page's scripts have run.
        loaded = "return location.pathname === '/shop.html' && document.readyState === 'complete'"
        WebDriverWait(browser, 10, 0.02).until(lambda _: browser.execute_script(loaded))

    return open_page


def run(browser: Remote, code: str) -> None:
    """Run code as a script of the page's: browsers hide the errors of a script that a driver injects."""
    adding = "document.head.append(Object.assign(document.createElement('script'), { textContent: arguments[0] }))"
    browser.execute_script(adding, code)


def leave(browser: Remote) -> None:
    browser.get("about:blank")


def flush(browser: Remote) -> None:
    """Have sent what is left, as when the page is left; but browsers give a page that really is left little time."""
    browser.execute_script("dispatchEvent(new Event('pagehide'))")


def errors(cdn: Cdn, count: int, path: str = Cdn.TELEMETRY) -> dict[str, int]:
    """What is reported, as soon as `count` errors are: how often each message was, numbers left out."""
    deadline = time.monotonic() + 10
    while True:
        found: Counter[str] = Counter()
        for told in cdn.beacons(path=path):
            for message, times, *_ in told.get("e", []):
                found[re.sub("[0-9]+", "#", message)] += times
        if found.total() >= count or time.monotonic() > deadline:
            return dict(found)
        time.sleep(0.02)


def test_a_page_view_is_a_session_with_the_version_and_latency_of_what_the_page_got(
    browser: Remote, cdn: Cdn, visit: Opener
) -> None:
    cdn.script(LATEST, WIDGET, "2.0.0-beta.1", delay=0.15)
    visit(telemetry(cdn), module(cdn))
    (first,) = cdn.beacons(1)
    assert (first["w"], first["r"], first["n"], first["s"]) == ("checkout", "2.0.0-beta.1", 0, 1)
    assert 150 <= first["l"] < 2_000
    assert first["m"] >= 0
    assert first["c"] == "latest/widget.js"
    assert not {"e", "f"} & first.keys()
    # Its version was read from the browser's cache.
    assert len(cdn.requests(LATEST)) == 1
    leave(browser)
    time.sleep(0.5)
    assert len(cdn.beacons()) == 1


@pytest.mark.nightly
@pytest.mark.parametrize("how", ["", "async"])
def test_it_may_be_loaded_in_any_way(how: str, cdn: Cdn, visit: Opener) -> None:
    visit(module(cdn), telemetry(cdn, how=how))
    (first,) = cdn.beacons(1)
    assert first["r"] == "1.4.2"
    assert "l" in first


def stacks(cdn: Cdn) -> dict[str, list[str]]:
    """The frames that are reported, by message, as they are read."""
    found = [parse_beacon(urlsplit(request.target).query) for request in cdn.requests(Cdn.TELEMETRY)]
    read = [beacon for beacon in found if isinstance(beacon, Beacon)]
    return {error.message: list(error.frames) for beacon in read for error in beacon.errors if error.frames}


@pytest.mark.parametrize("path", [LATEST, EXACT, EXACT + "?v=2"])
def test_an_error_has_the_widgets_own_frames(path: str, browser: Remote, cdn: Cdn, visit: Opener) -> None:
    cdn.script(EXACT + "?v=2", WIDGET)
    visit(telemetry(cdn), module(cdn, path))
    run(browser, "checkout.fail('boom'); ")
    run(browser, "checkout.reject('bang')")
    errors(cdn, 2)
    found = stacks(cdn)
    (boom,), (bang,) = found["Error: boom"], found["TypeError: bang"]
    assert re.fullmatch(r"widget\.js:3:\d+", boom)
    assert re.fullmatch(r"widget\.js:4:\d+", bang)


def test_an_error_has_at_most_five_frames(browser: Remote, cdn: Cdn, visit: Opener) -> None:
    deep = "window.deep = (left) => { if (!left) throw new Error('deep');\ndeep(left - 1); };"
    cdn.script("/checkout/v1.4.2/assets/deep%20er.js", deep)
    visit(telemetry(cdn), module(cdn, EXACT), module(cdn, "/checkout/v1.4.2/assets/deep%20er.js"))
    run(browser, "deep(9)")
    errors(cdn, 1)
    frames = stacks(cdn)["Error: deep"]
    assert [frame.split(":")[:2] for frame in frames] == [["assets/deep%20er.js", line] for line in "12222"]


def test_a_script_that_does_not_parse_is_named_with_its_line(browser: Remote, cdn: Cdn, visit: Opener) -> None:
    cdn.script("/checkout/v1.4.2/broken.js", "\n\nlet = = 1;")
    visit(telemetry(cdn), module(cdn, EXACT), module(cdn, "/checkout/v1.4.2/broken.js"))
    errors(cdn, 1)
    ((frame,),) = stacks(cdn).values()
    assert re.fullmatch(r"broken\.js:3:\d+", frame)


def test_an_exact_url_tells_its_version(cdn: Cdn, visit: Opener) -> None:
    visit(telemetry(cdn), module(cdn, EXACT))
    (first,) = cdn.beacons(1)
    assert (first["r"], first["c"]) == ("1.4.2", "v1.4.2/widget.js")
    assert len(cdn.requests(EXACT)) == 1


def test_a_channels_path_is_told_without_its_query(cdn: Cdn, visit: Opener) -> None:
    cdn.script("/checkout/~next/widget.js", WIDGET, "1.9.0")
    visit(telemetry(cdn), module(cdn, "/checkout/~next/widget.js?user=ann"))
    assert cdn.beacons(1)[0]["c"] == "~next/widget.js"


@pytest.mark.nightly
def test_a_range_is_a_moving_path_too(cdn: Cdn, visit: Opener) -> None:
    cdn.script("/checkout/~1/widget.js", WIDGET, "1.9.0")
    visit(telemetry(cdn), module(cdn, "/checkout/~1/widget.js"))
    assert cdn.beacons(1)[0]["r"] == "1.9.0"


def test_a_given_version_is_taken(cdn: Cdn, visit: Opener) -> None:
    visit(telemetry(cdn, version="3.0.0"), f'<script src="{cdn.url}{LATEST}"></script>')
    assert cdn.beacons(1)[0]["r"] == "3.0.0"
    assert len(cdn.requests(LATEST)) == 1


def test_without_a_version_nothing_is_sent(browser: Remote, cdn: Cdn, visit: Opener) -> None:
    cdn.script("/bubble/latest/widget.js", "", version=None)
    visit(
        telemetry(cdn),
        f'<script src="{cdn.url}{LATEST}"></script>',  # not by CORS, so its headers can't be read
        telemetry(cdn, "bubble"),
        module(cdn, "/bubble/latest/widget.js"),
    )
    time.sleep(QUIET)
    leave(browser)
    time.sleep(0.3)
    assert cdn.beacons() == []
    assert len(cdn.requests(LATEST)) == 1


def test_a_throw_in_a_quarter_of_clicks(browser: Remote, cdn: Cdn, visit: Opener) -> None:
    clicking = """
    let clicks = 0;
    const button = Object.assign(document.createElement('button'), { textContent: 'Buy' });
    button.addEventListener('click', () => {
      clicks += 1;
      if (clicks % 4 === 0) throw new Error(`order ${clicks} of 2026 is lost`);
    });
    document.body.append(button);
    """
    cdn.script(LATEST, clicking, "1.5.0")
    visit(telemetry(cdn), module(cdn))
    button = browser.find_element(By.TAG_NAME, "button")
    for _ in range(12):
        button.click()
    flush(browser)
    assert errors(cdn, 3) == {"Error: order # of # is lost": 3}
    with_errors = [told for told in cdn.beacons() if "e" in told]
    assert [told.get("f") for told in with_errors] == [1, None][: len(with_errors)]
    assert with_errors[0]["e"][0][0] == "Error: order 4 of 2026 is lost"


def test_the_first_error_is_told_once_and_beacons_keep_their_distance(browser: Remote, cdn: Cdn, visit: Opener) -> None:
    visit(telemetry(cdn), module(cdn))
    cdn.beacons(1)
    run(browser, "checkout.fail('the first')")
    time.sleep(0.3)
    run(browser, "checkout.fail('the second')")
    requests = cdn.wait(Cdn.TELEMETRY, 2)
    assert requests[1].at - requests[0].at > 4.9
    run(browser, "checkout.fail('the third')")
    time.sleep(0.3)
    flush(browser)
    first, second, third = cdn.beacons(3)
    assert (first.get("e"), first.get("f")) == (None, None)
    assert ([e[:2] for e in second["e"]], second["f"]) == ([["Error: the first", 1], ["Error: the second", 1]], 1)
    assert ([e[:2] for e in third["e"]], third.get("f"), third["n"]) == ([["Error: the third", 1]], None, 2)
    assert "l" in first
    assert not [told for told in (second, third) if "l" in told]
    assert first["i"] == second["i"] == third["i"]


def test_a_rejection_that_nobody_handles(browser: Remote, cdn: Cdn, visit: Opener) -> None:
    visit(telemetry(cdn), module(cdn))
    run(browser, "checkout.reject('no stock')")
    time.sleep(0.2)
    flush(browser)
    assert errors(cdn, 1) == {"TypeError: no stock": 1}


def test_a_chunk_that_does_not_load(browser: Remote, cdn: Cdn, visit: Opener) -> None:
    visit(telemetry(cdn), module(cdn))
    run(browser, "checkout.append('./cart.js?a=1'); checkout.load('./pay.js')")
    cdn.wait("/checkout/latest/cart.js", 1)
    cdn.wait("/checkout/latest/pay.js", 1)
    time.sleep(0.3)
    flush(browser)
    imported = "TypeError: Failed to fetch dynamically imported module: http://#.#.#.#:#/checkout/latest/pay.js"
    assert errors(cdn, 2) == {imported: 1, "failed to load latest/cart.js": 1}


def chunk_values(cdn: Cdn, count: int) -> Counter[Metric]:
    """What the chunk failures of all beacons add to metrics, as soon as `count` errors are reported."""
    errors(cdn, count)
    values: Counter[Metric] = Counter()
    for request in cdn.requests(Cdn.TELEMETRY):
        beacon = parse_beacon(urlsplit(request.target).query)
        assert isinstance(beacon, Beacon)
        values.update({name: int(value) for name, value in beacon.metric_values().items() if "Chunk" in name})
    return values


def test_a_dynamic_import_of_a_missing_chunk(browser: Remote, cdn: Cdn, visit: Opener) -> None:
    """As Vite builds it: a link that preloads the chunk, and the import."""
    visit(telemetry(cdn), module(cdn, EXACT))
    preload = f"Object.assign(document.createElement('link'), {{ rel: 'modulepreload', href: '{cdn.url}{CHUNK}' }})"
    run(browser, f"document.head.append({preload}); checkout.load('./assets/pay-1a2b.js')")
    cdn.wait(CHUNK, 1)
    time.sleep(0.5)
    flush(browser)
    assert chunk_values(cdn, 1) == {Metric.CHUNK_FAILURES: 1, Metric.CHUNK_FAILED_SESSIONS: 1}
    imported = f"TypeError: Failed to fetch dynamically imported module: http://#.#.#.#:#{CHUNK}"
    assert errors(cdn, 1)[re.sub("[0-9]+", "#", imported)] == 1


def test_a_script_element_of_a_missing_chunk(browser: Remote, cdn: Cdn, visit: Opener) -> None:
    """As webpack loads it: an element, and a promise that is rejected by its event."""
    cdn.script(EXACT, WEBPACK)
    visit(telemetry(cdn), f'<script src="{cdn.url}{EXACT}" crossorigin="anonymous"></script>')
    run(browser, "checkout.lazy()")
    cdn.wait("/checkout/v1.4.2/417.js", 1)
    time.sleep(0.5)
    flush(browser)
    assert chunk_values(cdn, 2) == {Metric.CHUNK_FAILURES: 1, Metric.CHUNK_FAILED_SESSIONS: 1}
    assert len(errors(cdn, 2)) == 2


def test_another_error_of_the_session_is_no_chunk(browser: Remote, cdn: Cdn, visit: Opener) -> None:
    visit(telemetry(cdn), module(cdn, EXACT))
    run(browser, "checkout.load('./assets/pay-1a2b.js'); checkout.fail('no price')")
    cdn.wait(CHUNK, 1)
    time.sleep(0.5)
    flush(browser)
    assert chunk_values(cdn, 2) == {Metric.CHUNK_FAILURES: 1}


def redirected(cdn: Cdn) -> None:
    headers = {"Cache-Control": "public, max-age=300", "Location": EXACT, "x-amz-meta-version": "1.4.2"}
    cdn.answers[LATEST] = Answer(b"", "text/plain", headers, 302)
    cdn.script(EXACT, WIDGET, "1.4.2")


@pytest.mark.nightly
def test_a_module_that_a_redirect_leads_to(cdn: Cdn, visit: Opener) -> None:
    redirected(cdn)
    visit(telemetry(cdn), module(cdn))
    (first,) = cdn.beacons(1)
    assert (first["r"], first["c"]) == ("1.4.2", "latest/widget.js")
    assert "l" in first
    assert len(cdn.requests(LATEST)) == len(cdn.requests(EXACT)) == 1


def test_a_chunk_tells_the_version_before_the_entrypoint_does(browser: Remote, cdn: Cdn, visit: Opener) -> None:
    redirected(cdn)
    cdn.script(EXACT, "import './assets/chunk.js';" + WIDGET)
    cdn.script("/checkout/v1.4.2/assets/chunk.js", "")
    visit(telemetry(cdn), module(cdn))
    assert cdn.beacons(1)[0]["r"] == "1.4.2"
    assert len(cdn.requests(LATEST)) == 1


@pytest.mark.nightly
@pytest.mark.parametrize("cors", ["", ' crossorigin="anonymous"'])
@pytest.mark.parametrize("data", [{}, {"src": LATEST}], ids=["detected", "src"])
def test_a_script_that_a_moving_path_inserts(
    data: dict[str, str], cors: str, browser: Remote, cdn: Cdn, visit: Opener
) -> None:
    """Its version is that of the exact one, and its latency has both."""
    source = "window.checkout = { fail(message) { throw new Error(message); } };"
    cdn.script(EXACT, source, "1.4.2", delay=0.3)
    digest = "sha256-" + b64encode(sha256(source.encode()).digest()).decode()
    cdn.script(LATEST, stub(cdn.url, EXACT.removeprefix("/"), digest), "1.4.2", delay=0.2)
    visit(
        telemetry(cdn, how="", **{name: cdn.url + path for name, path in data.items()}),
        f'<script src="{cdn.url}{LATEST}"{cors}></script>',
    )
    run(browser, "checkout.fail('inserted')")
    (first,) = cdn.beacons(1)
    assert (first["r"], first["c"]) == ("1.4.2", "latest/widget.js")
    assert 500 <= first["l"] < 3_000
    flush(browser)
    assert errors(cdn, 1) == {"Error: inserted": 1}
    assert len(cdn.requests(LATEST)) == len(cdn.requests(EXACT)) == 1


def test_the_pages_own_errors_are_not_the_widgets(browser: Remote, cdn: Cdn, visit: Opener) -> None:
    cdn.script("/bubble/latest/widget.js", "window.bubble = { fail() { throw new Error('a bubble'); } };", "1.0.0")
    own = """<script>
    const ours = () => { throw new Error('ours'); };
    </script>"""
    missing = f'<img src="{cdn.url}/bubble/latest/none.png"><img src="/none.png"><script src="/none.js"></script>'
    visit(own, telemetry(cdn), module(cdn), module(cdn, "/bubble/latest/widget.js"), missing)
    run(browser, "ours()")
    run(browser, "checkout.call(ours)")  # as a listener of the page's that the widget calls
    run(browser, "bubble.fail()")
    run(browser, "Promise.reject(new Error('ours')); Promise.reject('ours'); Promise.reject()")
    run(browser, "throw 'ours'")
    run(browser, "throw null")
    run(browser, "checkout.fail('the one')")
    time.sleep(0.3)
    assert len(browser.execute_script("return seen")) >= 5
    flush(browser)
    assert errors(cdn, 1) == {"Error: the one": 1}


def test_errors_that_are_thrown_on_elsewhere_are_still_the_widgets(browser: Remote, cdn: Cdn, visit: Opener) -> None:
    framework = "window.framework = { run(act) { try { act(); } catch (error) { throw error; } }, fail() { null.x; } };"
    cdn.script("/framework.js", framework)
    visit(f'<script src="{cdn.url}/framework.js" crossorigin="anonymous"></script>', telemetry(cdn), module(cdn))
    run(browser, "framework.run(() => checkout.fail('rethrown'))")
    run(browser, "checkout.call(framework.fail)")  # the widget misuses a library from a third origin
    time.sleep(0.2)
    flush(browser)
    misused = "TypeError: Cannot read properties of null (reading 'x')"
    assert errors(cdn, 2) == {"Error: rethrown": 1, misused: 1}


def test_leaving_sends_what_is_left(browser: Remote, cdn: Cdn, visit: Opener) -> None:
    visit(telemetry(cdn), module(cdn))
    cdn.beacons(1)
    run(browser, "checkout.fail('late')")
    run(browser, "checkout.fail('late')")
    run(browser, "location = 'about:blank'")
    last = cdn.beacons(2)[1]
    assert ([e[:2] for e in last["e"]], last["f"], last["n"]) == ([["Error: late", 2]], 1, 1)


def test_a_page_that_is_left_at_once_is_a_session(browser: Remote, cdn: Cdn, visit: Opener) -> None:
    visit(telemetry(cdn), module(cdn, EXACT))
    leave(browser)
    assert cdn.beacons(1)[0]["s"] == 1


@pytest.mark.nightly
def test_a_page_that_comes_back_from_the_cache_goes_on(browser: Remote, cdn: Cdn, visit: Opener, host: Site) -> None:
    visit(telemetry(cdn), module(cdn))
    browser.execute_script("addEventListener('pageshow', (event) => { window.restored = event.persisted; })")
    cdn.beacons(1)
    host.answers["/next.html"] = Answer(b"<!doctype html><title>Next</title>", "text/html")
    browser.get(f"{host.url}/next.html")
    browser.back()
    if not browser.execute_script("return window.restored"):
        pytest.skip("this Chromium keeps no page in its back/forward cache")
    run(browser, "checkout.fail('back again')")
    first, second = cdn.beacons(2)
    assert [e[:2] for e in second["e"]] == [["Error: back again", 1]]
    assert (second["i"], second["n"]) == (first["i"], 1)


@pytest.mark.nightly
def test_no_sample_no_beacon(browser: Remote, cdn: Cdn, visit: Opener) -> None:
    visit(telemetry(cdn, sample=0), module(cdn))
    run(browser, "checkout.fail('unheard')")
    time.sleep(QUIET)
    leave(browser)
    time.sleep(0.3)
    assert cdn.beacons() == []
    assert len(cdn.requests(LATEST)) == 1


def test_the_example_page_reports_its_widget(browser: Remote, cdn: Cdn, host: Site) -> None:
    release = EXAMPLE / "v1.1.0"
    for file in release.rglob("*"):
        if file.is_file():
            cdn.script(f"/checkout-button/latest/{file.relative_to(release).as_posix()}", file.read_bytes(), "1.1.0")
    host.answers["/page.html"] = Answer((EXAMPLE / "page.html").read_bytes(), "text/html; charset=utf-8")
    browser.get(f"{host.url}/page.html?cdn={cdn.url}")
    (first,) = cdn.beacons(1)
    assert (first["w"], first["r"]) == ("checkout-button", "1.1.0")
    assert "checkout-button 1.1.0" in browser.find_element(By.ID, "log").text


@pytest.mark.parametrize("sample", ["1", "often"])
def test_the_whole_sample(sample: str, cdn: Cdn, visit: Opener) -> None:
    visit(telemetry(cdn, sample=sample), module(cdn, EXACT))
    assert len(cdn.beacons(1)) == 1


@pytest.mark.nightly
@pytest.mark.parametrize("broken", ["undefined", "() => { throw new Error('not here'); }", "() => undefined"])
def test_a_page_without_a_sound_fetch_sends_nothing_and_works(
    broken: str, browser: Remote, cdn: Cdn, visit: Opener
) -> None:
    visit(f"<script>window.fetch = {broken}</script>", telemetry(cdn), module(cdn, EXACT))
    run(browser, "checkout.reject('no stock')")
    time.sleep(QUIET)
    assert browser.execute_script("return seen") == []
    leave(browser)
    assert cdn.beacons() == []


def test_a_page_without_anything_else(browser: Remote, cdn: Cdn, visit: Opener) -> None:
    """Nothing says that the widget was loaded, so the session is told when the page is left."""
    names = ("performance", "PerformanceObserver", "crypto")
    hidden = "".join(f"Object.defineProperty(window, '{name}', {{ value: undefined }});" for name in names)
    visit(f"<script>{hidden}</script>", telemetry(cdn), module(cdn, EXACT), telemetry(cdn, "bubble"))
    flush(browser)
    (first,) = cdn.beacons(1)
    assert first.keys() == {"v", "w", "r", "i", "n", "s", "c"}
    assert browser.execute_script("return seen") == []


def test_it_leaves_the_page_as_it_was(browser: Remote, cdn: Cdn, visit: Opener) -> None:
    before = "<script>window.before = Object.getOwnPropertyNames(window)</script>"
    visit(before, telemetry(cdn), telemetry(cdn, how="async"), telemetry(cdn, widget=""))
    time.sleep(QUIET)
    added = "return Object.getOwnPropertyNames(window).filter((name) => !before.includes(name))"
    assert set(browser.execute_script(added)) - {"ret_nodes"} == {"edgeship", "before"}  # the first is the driver's
    run(browser, "edgeship.watch(); edgeship.watch({}); edgeship.watch({widget: 1, src: 'http://['})")
    assert browser.execute_script("return seen") == []
    assert cdn.beacons() == []


@pytest.mark.nightly
def test_a_widget_is_watched_once(browser: Remote, cdn: Cdn, visit: Opener) -> None:
    watching = "<script type='module'>edgeship.watch({widget: 'checkout', version: '9.9.9'})</script>"
    visit(telemetry(cdn), telemetry(cdn), watching, module(cdn))
    run(browser, "checkout.fail('once')")
    time.sleep(QUIET)
    flush(browser)
    assert errors(cdn, 1) == {"Error: once": 1}
    assert {told["r"] for told in cdn.beacons()} == {"1.4.2"}


def test_a_widget_that_is_loaded_by_code_and_late(browser: Remote, cdn: Cdn, visit: Opener) -> None:
    visit(f'<script src="{cdn.url}/edgeship/telemetry.js"></script>')
    run(browser, "edgeship.watch({widget: 'checkout', sample: 1})")
    run(browser, "edgeship.watch({widget: 'bubble', version: '1.0.0'})")
    time.sleep(QUIET)
    assert cdn.beacons() == []
    run(browser, f"import('{cdn.url}{LATEST}')")
    (first,) = cdn.beacons(1)
    assert (first["w"], first["r"], first["s"]) == ("checkout", "1.4.2", 1)
    assert first["c"] == "latest/widget.js"
    assert "l" in first


@pytest.mark.nightly
def test_two_widgets_are_two_sessions(browser: Remote, cdn: Cdn, visit: Opener) -> None:
    cdn.script("/bubble/latest/widget.js", "throw new Error('a bubble')", "1.0.0")
    visit(telemetry(cdn), telemetry(cdn, "bubble"), module(cdn), module(cdn, "/bubble/latest/widget.js"))
    by_widget = {told["w"]: told for told in cdn.beacons(2)}
    assert [e[:2] for e in by_widget["bubble"]["e"]] == [["Error: a bubble", 1]]
    assert "e" not in by_widget["checkout"]
    assert by_widget["bubble"]["i"] != by_widget["checkout"]["i"]


@pytest.mark.nightly
@pytest.mark.parametrize(
    "load",
    [
        "import('{url}')",
        "document.head.append(Object.assign(document.createElement('script'), {{type: 'module', src: '{url}'}}))",
    ],
    ids=["import", "element"],
)
def test_slow_widgets_are_not_left_out_of_the_latencies(load: str, browser: Remote, cdn: Cdn, visit: Opener) -> None:
    cdn.script(LATEST, WIDGET, "1.4.2", delay=2.5)
    visit(
        telemetry(cdn),
        f"<script>window.onload = () => setTimeout(() => {{ {load.format(url=cdn.url + LATEST)} }})</script>",
    )
    (first,) = cdn.beacons(1)
    assert first["l"] >= 2_500
    assert len(cdn.requests(LATEST)) == 1


@pytest.mark.nightly
def test_a_cdn_under_a_prefix_and_a_widget_at_its_root(browser: Remote, cdn: Cdn, visit: Opener) -> None:
    cdn.answers["/cdn/edgeship/telemetry.js"] = cdn.answers["/edgeship/telemetry.js"]
    cdn.answers["/cdn/telemetry"] = cdn.answers[Cdn.TELEMETRY]
    cdn.script("/cdn/latest/widget.js", WIDGET, "1.4.2")
    tag = telemetry(cdn, src=f"{cdn.url}/cdn/latest/widget.js").replace("/edgeship/", "/cdn/edgeship/")
    visit(tag, module(cdn, "/cdn/latest/widget.js"))
    run(browser, "checkout.fail('at the root')")
    assert errors(cdn, 1, "/cdn/telemetry") == {"Error: at the root": 1}
    assert cdn.beacons() == []


@pytest.mark.nightly
def test_a_copy_on_the_pages_own_site(cdn: Cdn, visit: Opener, host: Site) -> None:
    host.answers["/js/metrics.js"] = cdn.answers["/edgeship/telemetry.js"]
    data = f'data-widget="checkout" data-src="{cdn.url}{LATEST}" data-endpoint="{cdn.url}/telemetry"'
    visit(f'<script defer src="/js/metrics.js" {data}></script>', module(cdn))
    (first,) = cdn.beacons(1)
    assert first["r"] == "1.4.2"


@pytest.mark.nightly
def test_another_endpoint(cdn: Cdn, visit: Opener, host: Site) -> None:
    visit(telemetry(cdn, endpoint="/collect"), module(cdn, EXACT))
    assert len(host.wait("/collect", 1)) == 1
    assert cdn.beacons() == []


@pytest.mark.parametrize(
    "text",
    ["'x'", "'\\u0007'", "'\"'", "'\\u6ce8'", "'\\ud83d\\ude00'", "'\\ud83d'"],
    ids=["ascii", "control", "quote", "kanji", "emoji", "half"],
)
def test_a_storm_of_errors_keeps_to_the_limits(text: str, browser: Remote, cdn: Cdn, visit: Opener) -> None:
    visit(telemetry(cdn), module(cdn, EXACT))
    storm = f"""
    for (let i = 0; i < 30; i += 1) {{
      const letters = String.fromCharCode(97 + i % 26).repeat(3);
      setTimeout(() => checkout.fail(letters + {text}.repeat(300)));
    }}
    for (let i = 0; i < 1100; i += 1) setTimeout(() => checkout.fail('aaa' + {text}.repeat(300)));
    """
    run(browser, storm)
    run(browser, "window.done = 1")
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and not browser.execute_script("return window.done"):
        time.sleep(0.05)
    flush(browser)
    assert sum(errors(cdn, 1_000).values()) >= 1_000


def test_a_page_view_sends_twenty_beacons_at_most(browser: Remote, cdn: Cdn, visit: Opener) -> None:
    visit(telemetry(cdn), module(cdn, EXACT))
    for number in range(25):
        run(browser, "checkout.fail('again')")
        run(browser, "dispatchEvent(new Event('pagehide'))")
        cdn.wait(Cdn.TELEMETRY, min(number + 1, 20))
    assert sorted(told["n"] for told in cdn.beacons()) == list(range(20))


TOKEN = "/edgeship/token"
SIGNED = a_token(datetime(2026, 11, 23, 10, tzinfo=UTC))


def test_every_beacon_has_the_token_of_its_page_view(browser: Remote, cdn: Cdn, visit: Opener) -> None:
    cdn.answers[TOKEN] = Answer(SIGNED.encode(), "text/plain", {"Cache-Control": "no-store"})
    visit(telemetry(cdn), module(cdn))
    cdn.beacons(1)
    thrown = f"{{ filename: '{cdn.url}/checkout/v1.4.2/a.js', message: 'late' }}"
    run(browser, f"dispatchEvent(new ErrorEvent('error', {thrown}))")
    flush(browser)
    first, second = cdn.beacons(2)
    assert (first["t"], second["t"]) == (SIGNED, SIGNED)
    (asked,) = cdn.requests(TOKEN)
    assert asked.target == f"{TOKEN}?w=checkout&r={first['r']}"
    assert not {"Cookie", "Referer", "Authorization"} & asked.headers.keys()


@pytest.mark.nightly
@pytest.mark.parametrize(
    "answer",
    [
        Answer(b"", "text/plain", status=204),
        Answer(b"<h1>nothing here</h1>", "text/html", status=404),
        Answer(SIGNED.encode(), "text/plain", delay=4),
    ],
    ids=["no key", "no such path", "slow"],
)
def test_without_a_token_the_beacon_is_sent_all_the_same(answer: Answer, cdn: Cdn, visit: Opener) -> None:
    cdn.answers[TOKEN] = answer
    visit(telemetry(cdn), module(cdn))
    (first,) = cdn.beacons(1)
    assert "t" not in first
    assert first["s"] == 1
