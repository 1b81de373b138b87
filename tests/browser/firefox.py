"""Headless Firefox by WebDriver BiDi, which it speaks itself: Debian has no geckodriver.

Protocol: https://www.w3.org/TR/webdriver-bidi/. Firefox has one session, begun at `/session` of its port.
"""

from __future__ import annotations

import itertools
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websocket import WebSocket, WebSocketTimeoutException, create_connection

PROGRAM = "firefox-esr"
_STARTS_WITHIN = 30
_ANSWERS_WITHIN = 30
"""Seconds."""
# Nothing is asked of the internet: no portal, update, telemetry or blocklist; and nothing of a proxy.
_PREFERENCES = """
user_pref("app.normandy.enabled", false);
user_pref("app.update.disabledForTesting", true);
user_pref("browser.safebrowsing.downloads.enabled", false);
user_pref("browser.safebrowsing.malware.enabled", false);
user_pref("browser.safebrowsing.phishing.enabled", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("dom.max_script_run_time", 0);
user_pref("extensions.blocklist.enabled", false);
user_pref("extensions.update.enabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("network.proxy.type", 0);
user_pref("services.settings.server", "data:,");
user_pref("toolkit.telemetry.server", "data:,");
"""


class BidiFailed(Exception):
    """The browser refused a command; its message is inside."""


class Firefox:
    """One tab of a running browser."""

    def __init__(self, connection: WebSocket) -> None:
        self._connection = connection
        self._numbers = itertools.count(1)
        self._send("session.new", capabilities={})
        self._tab = self._send("browsingContext.getTree")["contexts"][0]["context"]

    def open(self, url: str) -> None:
        """Returns when the page is loaded."""
        self._send("browsingContext.navigate", context=self._tab, url=url, wait="complete")

    def evaluate(self, code: str) -> None:
        target = {"context": self._tab}
        self._send("script.evaluate", expression=code, target=target, awaitPromise=False)

    def _send(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._numbers)
        self._connection.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            answer: dict[str, Any] = json.loads(self._connection.recv())
            if answer.get("id") != number:
                continue  # an event
            if answer["type"] == "error":
                raise BidiFailed(f"{method}: {answer['error']}: {answer['message']}")
            result: dict[str, Any] = answer["result"]
            return result


@contextmanager
def firefox(profile: Path) -> Iterator[Firefox]:
    """A running browser; `profile` is an empty folder for its user data."""
    (profile / "user.js").write_text(_PREFERENCES)
    port = _free_port()
    options = ("--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", str(port))
    process = subprocess.Popen(
        [shutil.which(PROGRAM) or PROGRAM, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        connection = _connected(port, process)
        try:
            yield Firefox(connection)
        finally:
            connection.close()
    finally:
        process.terminate()
        process.wait(_ANSWERS_WITHIN)


def _connected(port: int, process: subprocess.Popen[bytes]) -> WebSocket:
    deadline = time.monotonic() + _STARTS_WITHIN
    while True:
        try:
            return create_connection(
                f"ws://127.0.0.1:{port}/session", timeout=_ANSWERS_WITHIN, suppress_origin=True, http_no_proxy=["*"]
            )
        except (OSError, WebSocketTimeoutException):
            if process.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
