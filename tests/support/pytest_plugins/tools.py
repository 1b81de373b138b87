"""Programs that some tests need and that pip can't install; a test whose program is missing is skipped, and said to be.

With EDGESHIP_NO_SKIPS set, as CI sets it, a run in which anything was skipped fails.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class Tool:
    """`programs` are what must be on PATH; `install` is the command that brings them."""

    name: str
    programs: tuple[str, ...]
    install: str

    @property
    def is_missing(self) -> bool:
        return any(shutil.which(program) is None for program in self.programs)

    @property
    def reason(self) -> str:
        """Why a test is skipped."""
        return f"without {self.name} ({self.install})"

    def require(self) -> None:
        """Skip the test that asks, if the tool is missing."""
        if self.is_missing:
            pytest.skip(self.reason)


CHROMIUM = Tool("Chromium and its driver", ("chromium", "chromedriver"), "apt-get install chromium chromium-driver")
FIREFOX = Tool("Firefox", ("firefox-esr",), "apt-get install firefox-esr")
NODE = Tool("Node and npm", ("node", "npm"), "apt-get install nodejs npm")
ZIP = Tool("zip and unzip", ("zip", "unzip"), "apt-get install zip unzip")
BSDTAR = Tool("bsdtar", ("bsdtar",), "apt-get install libarchive-tools")
NJS = Tool("njs", ("njs",), "apt-get install njs")

NO_SKIPS = "EDGESHIP_NO_SKIPS"


def last_line(reasons: Counter[str]) -> str:
    """`3 tests were skipped: 2 without Node and npm (apt-get install nodejs npm); 1 …`, by frequency."""
    parts = "; ".join(f"{count} {reason}" for reason, count in reasons.most_common())
    total = reasons.total()
    return f"{total} {'test was' if total == 1 else 'tests were'} skipped: {parts}"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, None, None]:
    """Around the terminal's own end of the session, so that this comes last."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    reasons: Counter[str] = Counter()
    if reporter is not None:
        reasons.update(_reason(report) for report in reporter.stats.get("skipped", []))
    failed = reasons and os.environ.get(NO_SKIPS) and session.exitstatus == pytest.ExitCode.OK
    if failed:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    yield
    if reasons and reporter is not None:
        reporter.write_line(last_line(reasons) + ("; here that is a failure" if failed else ""), yellow=True)


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    where = report.longrepr
    text = where[2] if isinstance(where, tuple) else str(where)
    return text.removeprefix("Skipped: ")
