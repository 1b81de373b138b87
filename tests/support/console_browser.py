"""The console in Chromium: what the browser refused, what axe-core finds, and its pictures."""

from __future__ import annotations

import base64
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from selenium.webdriver import Remote
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from tests.browser.chromium import chromium
from tests.support.local_cloud.visitors import eventually
from tests.support.repository import ROOT

AXE = ROOT / "tests" / "js-axe"
_WATCH = """
window.__refused = [];
document.addEventListener('securitypolicyviolation', event =>
  window.__refused.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
window.addEventListener('error', event => window.__refused.push(`error: ${event.message}`));
window.alert = () => window.__refused.push('alert');
"""
_AXE = "const done = arguments[0]; axe.run().then(found => done(found.violations), error => done([String(error)]))"


@dataclass
class Screen:
    """A tab of a browser, at a console whose address is `base`."""

    driver: Remote
    base: str

    def go(self, path: str) -> None:
        self.driver.get(f"{self.base}{path}")

    @property
    def text(self) -> str:
        return self.driver.find_element(By.TAG_NAME, "body").text

    def see(self, text: str, patience: float = 60) -> str:
        """Wait until the page shows a text, without loading it again."""

        def shown() -> str | None:
            found: str = self.driver.execute_script("return document.body.innerText")
            return found if text in found else None

        return eventually(shown, patience)

    def find(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def click(self, text: str) -> None:
        """A link or a button by its text."""
        quoted = f'"{text}"'
        path = f"//a[normalize-space()={quoted}]|//button[normalize-space()={quoted}]"
        self.driver.find_element(By.XPATH, path).click()

    def act(self, path: str, reason: str) -> None:
        """Ask for an act, say why, and do it."""
        self.go(path)
        self.find("#reason").send_keys(reason)
        self.find("form.act button").click()

    @property
    def refused(self) -> list[str]:
        """What the content policy refused on this page, scripts that failed, and dialogs."""
        found: list[str] = self.driver.execute_script("return window.__refused")
        return found

    def size(self, width: int, theme: str, height: int = 900) -> None:
        features = [{"name": "prefers-color-scheme", "value": theme}]
        self._tell("Emulation.setEmulatedMedia", features=features)
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self._tell("Emulation.setDeviceMetricsOverride", **metrics)

    def too_wide(self) -> int:
        """By how many pixels the page is wider than its viewport."""
        found: int = self.driver.execute_script("return document.documentElement.scrollWidth - innerWidth")
        return found

    def picture(self, path: Path, *, whole: bool = True) -> None:
        answer = self._tell("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(answer["data"]))

    def serious(self, axe: str) -> list[str]:
        """What axe-core finds that is serious or critical."""
        self.driver.execute_script(axe)
        found: list[Any] = self.driver.execute_async_script(_AXE)
        assert all(isinstance(each, dict) for each in found), found
        return [
            f"{each['id']}: {node['html']}: {node['failureSummary']}"
            for each in found
            if each["impact"] in ("serious", "critical")
            for node in each["nodes"]
        ]

    def watch(self) -> None:
        """From the next page on, keep what is refused."""
        self._tell("Page.addScriptToEvaluateOnNewDocument", source=_WATCH)
        self._tell("Emulation.setScrollbarsHidden", hidden=True)

    def _tell(self, name: str, **parameters: Any) -> Any:
        return self.driver.execute("executeCdpCommand", {"cmd": name, "params": parameters})["value"]


@contextmanager
def screen(url: str, profile: Path) -> Iterator[Screen]:
    """A browser that has opened the console's printed URL."""
    with chromium(profile) as driver:
        opened = Screen(driver, url.partition("/?")[0])
        driver.command_executor.add_command("executeCdpCommand", "POST", "/session/$sessionId/goog/cdp/execute")
        opened.watch()
        driver.get(url)
        eventually(lambda: True if driver.find_elements(By.ID, "main") else None)
        yield opened


class Axe:
    """axe-core, as tests/js-axe locks it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def source(self) -> str:
        """
        Raises:
            subprocess.SubprocessError: npm failed, for want of a network perhaps.
        """
        for file in ("package.json", "package-lock.json"):
            shutil.copy(AXE / file, self._folder)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"]
        subprocess.run(command, cwd=self._folder, capture_output=True, check=True, timeout=90)
        return (self._folder / "node_modules" / "axe-core" / "axe.min.js").read_text()
