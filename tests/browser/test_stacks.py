"""The stacks of other browsers than the one that runs here: recorded there, and read by telemetry.js in Chromium.

Firefox's are of 153 ESR, recorded with its own `Error.stack`. Safari writes the same form, with `global code`, `module
code` and `[native code]` (https://developer.mozilla.org/en-US/docs/Web/JavaScript/Reference/Global_Objects/Error/stack).
"""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import pytest
from selenium.webdriver import Remote

from edgeship.adapters.lambda_events.beacons import parse_beacon
from edgeship.domain.telemetry.beacon import Beacon
from tests.browser.sites import Answer, Cdn, Site

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

FILE = "CDN/checkout/v1.4.2/widget.js"
CALLS = f"total@{FILE}:3:30\npay@{FILE}:4:29\n"
CASES: dict[str, tuple[str, list[str]]] = {
    "Firefox, a method": (f"{CALLS}@{FILE}:5:7\n", ["3:30", "4:29", "5:7"]),
    "Firefox, forEach": (f"{CALLS}each@{FILE}:6:37\n@{FILE}:6:11\n", ["3:30", "4:29", "6:37", "6:11"]),
    "Firefox, eval": (f"{CALLS}@{FILE} line 7 > eval:1:1\n@{FILE}:7:7\n", ["3:30", "4:29", "7:7"]),
    "Firefox, async": (f"{CALLS}async*later@{FILE}:9:36\n", ["3:30", "4:29", "9:36"]),
    "Firefox, then": (f"{CALLS}promise callback*@{FILE}:11:28\n", ["3:30", "4:29", "11:28"]),
    "Firefox, the page calls": (f"{CALLS}onclick@HOST/shop.html:1:1\n", ["3:30", "4:29"]),
    "Firefox, the page throws": (f"ours@HOST/shop.html:2:5\npay@{FILE}:4:29\n", []),
    "Firefox, a library throws": (f"l@https://cdn.example.com/lib.js:1:900\npay@{FILE}:4:29\n", ["4:29"]),
    "Safari, a method": (f"total@{FILE}:3:35\npay@{FILE}:4:34\nmodule code@{FILE}:5:10", ["3:35", "4:34", "5:10"]),
    "Safari, forEach": (
        f"pay@{FILE}:4:34\n@{FILE}:6:40\nforEach@[native code]\nglobal code@{FILE}:6:18",
        ["4:34", "6:40", "6:18"],
    ),
    "Safari, eval": (f"eval code\neval@[native code]\nmodule code@{FILE}:7:11", ["7:11"]),
    "Safari, async": (f"pay@{FILE}:4:34\n@{FILE}:9:40\nasyncFunctionResume@[native code]", ["4:34", "9:40"]),
    "Safari, the page throws": (f"ours@HOST/shop.html:2:5\npay@{FILE}:4:34\n[native code]", []),
    "Chromium, eval": (
        f"Error: boom\n    at pay ({FILE}:4:29)\n    at eval (eval at <anonymous> ({FILE}:7:7), <anonymous>:1:1)",
        ["4:29", "7:7"],
    ),
    "Chromium, new and async": (
        f"Error: boom\n    at new Cart ({FILE}:2:3)\n    at async later ({FILE}:9:36)\n    at {FILE}:12:1",
        ["2:3", "9:36", "12:1"],
    ),
}


def test_the_stacks_of_all_browsers_are_read(browser: Remote, cdn: Cdn, host: Site) -> None:
    cdn.script("/checkout/v1.4.2/widget.js", "")
    tags = (
        f'<script defer src="{cdn.url}/edgeship/telemetry.js" data-widget="checkout"></script>'
        f'<script type="module" src="{cdn.url}/checkout/v1.4.2/widget.js"></script>'
    )
    host.answers["/shop.html"] = Answer(f"<!doctype html><title>A shop</title>{tags}".encode(), "text/html")
    browser.get(f"{host.url}/shop.html")
    for name, (stack, _) in CASES.items():
        error = {"stack": stack.replace("CDN", cdn.url).replace("HOST", host.url), "message": name}
        throwing = (
            "const error = Object.assign(arguments[0], { toString() { return this.message } });"
            "dispatchEvent(new ErrorEvent('error', { error })); dispatchEvent(new Event('pagehide'));"
        )
        browser.execute_script(throwing, error)
    reported = sum(bool(frames) for _, frames in CASES.values())
    cdn.wait(Cdn.TELEMETRY, reported)
    found = [parse_beacon(urlsplit(request.target).query) for request in cdn.requests(Cdn.TELEMETRY)]
    read = {error.message: list(error.frames) for told in found if isinstance(told, Beacon) for error in told.errors}
    expected = {name: [f"widget.js:{place}" for place in places] for name, (_, places) in CASES.items() if places}
    assert read == expected, json.dumps(read, indent=1)
