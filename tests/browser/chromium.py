"""Headless Chromium by chromedriver, with a profile that is thrown away."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium.webdriver import Remote
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.proxy import Proxy, ProxyType
from selenium.webdriver.remote.client_config import ClientConfig

_SWITCHES = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--no-proxy-server",  # the pages are this machine's
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",  # containers have a small /dev/shm
)


@contextmanager
def chromium(profile: Path) -> Iterator[Remote]:
    """A running browser; `profile` is an empty folder for its user data."""
    options = Options()
    options.binary_location = shutil.which("chromium") or ""
    for switch in (*_SWITCHES, f"--user-data-dir={profile}"):
        options.add_argument(switch)
    # A path is given, so that Selenium doesn't look for a driver of its own on the internet.
    service = Service(shutil.which("chromedriver"))
    service.start()
    try:
        # Requests to the driver, which is on this machine, must not take the way over a proxy.
        direct = ClientConfig(service.service_url, proxy=Proxy({"proxyType": ProxyType.DIRECT}))
        driver = Remote(service.service_url, options=options, client_config=direct)
        try:
            driver.set_page_load_timeout(30)
            driver.set_script_timeout(30)
            yield driver
        finally:
            driver.quit()
    finally:
        service.stop()
