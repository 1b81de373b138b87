"""The console in Chromium: live without loading again, by keys, and without anything that its policy refuses."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By

from edgeship.console.desk import Desk
from edgeship.console.serving import served
from tests.screens import scenes
from tests.support.console import ConsoleWorld
from tests.support.console_browser import Axe, screen
from tests.support.console_hostile import FLAG, SCRIPT, hostile
from tests.support.pytest_plugins.tools import CHROMIUM, NODE

pytestmark = pytest.mark.browser

WIDTHS = (1600, 400)
THEMES = ("light", "dark")
HOSTILE_PAGES = (
    "/",
    "/widgets/checkout",
    "/widgets/checkout/releases/1.1.0",
    "/widgets/checkout/act/unlock",
    "/widgets/-/act/unfreeze",
    "/flags",
    "/flags/edit/dark",
    "/flags/edit/odd",
    "/flags/evaluate?user=u1",
    "/events",
    "/notifications",
    "/notifications/redrive?queue=edgeship-test-Failures1",
)


def test_a_page_is_live_and_acts(tmp_path: Path) -> None:
    CHROMIUM.require()
    world = scenes.climbing()
    with served(ConsoleWorld(world).desk()) as at, screen(at.url, tmp_path / "chromium") as seen:
        assert seen.driver.current_url == f"{seen.base}/"
        seen.see("No widget needs a person.")
        # The first item, by keys.
        ActionChains(seen.driver).send_keys("j").perform()
        assert seen.driver.switch_to.active_element.text == "checkout"
        ActionChains(seen.driver).send_keys("\n").perform()
        seen.see("running at 5 %, step 2 of 5")
        assert len(seen.driver.find_elements(By.CSS_SELECTOR, ".chart canvas")) == 4
        focused = seen.find("#act-latest-rollout-pause")
        seen.driver.execute_script("arguments[0].focus()", focused)
        # Somebody else advances it: the page follows, and the focus stays.
        world.now += timedelta(days=1)
        world.steer.advance("checkout", "latest", world.occasion("edgeship:rollout", "no limit reached, 310 sessions"))
        seen.see("running at 25 %, step 3 of 5")
        assert seen.driver.switch_to.active_element.get_attribute("id") == "act-latest-rollout-pause"
        assert seen.refused == []
        seen.act("/widgets/checkout/act/rollout-pause", "slow loads in Japan")
        seen.see("Done: the rollout of checkout to 1.5.0 is at 0 %.")
        assert "slow loads in Japan" in seen.text
        assert seen.refused == []
    assert world.phase == "paused"


@pytest.mark.nightly
def test_a_hostile_environment_is_text(tmp_path: Path) -> None:
    CHROMIUM.require()
    with served(hostile().desk()) as at, screen(at.url, tmp_path / "chromium") as seen:
        for path in HOSTILE_PAGES:
            seen.go(path)
            assert seen.find("main").is_displayed()
            assert seen.refused == [], path
            assert not seen.driver.find_elements(By.CSS_SELECTOR, "main img, main script, main iframe, main [onclick]")
        seen.go("/widgets/checkout")
        assert SCRIPT in seen.text
        seen.go("/flags")
        assert FLAG in seen.text


PAGES: dict[str, tuple[Callable[[], ConsoleWorld], tuple[str, ...]]] = {
    "quiet": (lambda: ConsoleWorld(scenes.quiet()), ("/",)),
    "many": (lambda: ConsoleWorld(scenes.many()), ("/", "/events")),
    "climbing": (
        lambda: ConsoleWorld(scenes.climbing()),
        ("/widgets/checkout", "/widgets/checkout/act/rollout-abort", "/widgets/checkout/releases/1.5.0"),
    ),
    "rescued": (lambda: ConsoleWorld(scenes.rescued()), ("/widgets/checkout",)),
    "unhealthy": (lambda: ConsoleWorld(scenes.unhealthy_after_its_window()), ("/", "/widgets/checkout")),
    "hostile": (hostile, HOSTILE_PAGES),
    "empty": (lambda: ConsoleWorld(scenes.empty()), ("/", "/flags", "/events", "/notifications", "/nowhere")),
}


@pytest.mark.nightly
@pytest.mark.parametrize("name", PAGES)
def test_no_page_has_a_serious_violation_at_any_width_or_theme(name: str, tmp_path: Path) -> None:
    CHROMIUM.require()
    NODE.require()
    try:
        axe = Axe(tmp_path).source
    except subprocess.SubprocessError as error:
        pytest.skip(f"the npm registry can't be reached: {error}")
    make, paths = PAGES[name]
    desk: Desk = make().desk()
    with served(desk) as at, screen(at.url, tmp_path / "chromium") as seen:
        for path in paths:
            for width in WIDTHS:
                for theme in THEMES:
                    seen.size(width, theme)
                    seen.go(path)
                    assert seen.serious(axe) == [], (path, width, theme)
                    assert seen.too_wide() <= 0, (path, width)
                    assert seen.refused == []
