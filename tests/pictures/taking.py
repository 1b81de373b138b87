"""Pictures of the real thing: the console in Chromium and commands on a terminal, while browsers come by."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from edgeship.adapters.cdk.place import app_place
from edgeship.application.channels.follow_upload import Stage
from edgeship.application.releases.pack_bundle import BundleFacts
from edgeship.bootstrap import operator
from edgeship.domain.channels.rollout import Step
from edgeship.domain.version import Version
from edgeship.local.cloud import LocalCloud
from edgeship.local.demo.crowd import Crowd
from edgeship.local.state_path import STATE_PATH
from tests.support.console_browser import Screen, screen
from tests.support.local_cloud.consoles import RUN, console
from tests.support.local_cloud.visitors import ann, eventually
from tests.support.repository import ROOT

FOLDER = ROOT / "docs" / "pictures"
WIDGET = "checkout-button"
OTHERS = {"cart": "1.4.0", "chat": "1.2.0", "menu": "1.1.0", "search": "1.6.0"}
SPEED, STORE_DELAY = 30, 0.5
HOUR = 3_600
CLIMB = (Step(1, HOUR), Step(5, HOUR), Step(25, 24 * HOUR), Step(50, 24 * HOUR), Step(100, 0))
COLUMNS = 104
THEMES = ("light", "dark")
WIDTH = 1_200


def take(folder: Path, scratch: Path) -> list[Path]:
    """Every picture, by what really happens; the files that were written."""
    folder.mkdir(parents=True, exist_ok=True)
    with (
        LocalCloud(
            state_path=scratch / STATE_PATH, speed=SPEED, edge_freshness_seconds=0.5, store_delay_seconds=STORE_DELAY
        ) as cloud,
        console(scratch) as url,
        screen(url, scratch / "chromium") as seen,
    ):
        tools = operator.build(cloud.names, cloud.session(), cloud.edge_url)
        _others(tools)
        _climb(tools, cloud, seen)
        made = [*_console(seen, folder), _terminal(folder / "terminal.svg", scratch)]
        assert seen.refused == []
    return made


def _others(tools: operator.Operator) -> None:
    """Four more widgets: two are quiet, one is paused by a person, and one has a rollout of its own."""
    for widget, version in OTHERS.items():
        _set(tools, widget, (Step(100, 0),))
        _publish(tools, widget, version, Stage.SERVED)
    for widget, version in (("menu", "1.2.0"), ("search", "1.7.0")):
        _set(tools, widget, CLIMB)
        _publish(tools, widget, version, Stage.ROLLING_OUT)
    tools.steer_rollout.pause("menu", "latest", replace(ann(), cause="p95 load latency is high in Japan"))


def _climb(tools: operator.Operator, cloud: LocalCloud, seen: Screen) -> None:
    """1.2.0 is live and healthy; 1.3.0 throws in a quarter of its page views, is found unhealthy, and is aborted."""
    _set(tools, WIDGET, (Step(100, 0),))
    _publish(tools, WIDGET, "1.2.0", Stage.SERVED)
    with Crowd(cloud.edge_url, f"/{WIDGET}/latest/widget.js", 40):
        time.sleep(50)
        _set(tools, WIDGET, (Step(25, HOUR), Step(50, HOUR), Step(100, 0)))
        _publish(tools, WIDGET, "1.3.0", Stage.ROLLING_OUT)

        def ended() -> bool | None:
            return True if tools.state.channel(WIDGET, "latest").candidate is None else None

        eventually(ended, 180)
        time.sleep(12)


def _console(seen: Screen, folder: Path) -> list[Path]:
    made = []
    for name, path, waits, height in (
        ("overview", "/", "need a person", 580),
        ("widget", f"/widgets/{WIDGET}", "uploads don't move latest", 1_180),
    ):
        for theme in THEMES:
            seen.size(WIDTH, theme, height)
            seen.go(path)
            seen.see(waits)
            time.sleep(1)
            made.append(folder / f"console-{name}-{theme}.png")
            seen.picture(made[-1], whole=False)
    return made


def _terminal(path: Path, folder: Path) -> Path:
    """What a person types when they are paged, as rich draws a terminal."""
    words = ("incident", WIDGET)
    with Path(os.devnull).open("w") as nowhere:
        drawn = Console(record=True, width=COLUMNS, file=nowhere, force_terminal=True)
        drawn.print(Text(f"$ edgeship {' '.join(words)}", "bold"))
        drawn.print(Text.from_ansi(_typed(folder, *words)))
        svg = drawn.export_svg(title="edgeship")
    # Its fonts are another host's: a machine's own do as well.
    path.write_text(re.sub(r"@font-face \{.*?\}\n", "", svg, flags=re.DOTALL))
    return path


def _typed(folder: Path, *words: str) -> str:
    """What the command writes to a terminal of so many columns."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "COLUMNS": str(COLUMNS), "TERM": "xterm-256color"}
    command = [sys.executable, "-c", RUN, *words]
    with subprocess.Popen(
        command, cwd=folder, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs, env=environment
    ) as running:
        os.close(theirs)
        written = b""
        try:
            while part := os.read(ours, 65_536):
                written += part
        except OSError:  # Linux says so at the end of a terminal
            pass
        finally:
            os.close(ours)
        assert running.wait(60) == 0, written
    text = re.sub(r"using the local cloud at \S+\n", "", written.decode().replace("\r\n", "\n"))
    return re.sub(r"\x1b\[[0-9;]*m(?=\n?$)", "", text).rstrip("\n")


def _set(tools: operator.Operator, widget: str, steps: tuple[Step, ...]) -> None:
    def changed(policy: Any) -> Any:
        thresholds = replace(policy.thresholds, minimum_sample=5, networks=0, memory_mb=1_000)
        return replace(policy, steps=steps, thresholds=thresholds)

    tools.policy(widget, changed, ann())


def _publish(tools: operator.Operator, widget: str, version: str, stage: Stage) -> None:
    folder = app_place().examples / WIDGET / f"v{version}"
    published = tools.publish(folder, widget, Version.parse(version), BundleFacts(), lambda _: None)
    followed = tools.follow(published, timedelta(seconds=30), lambda _: None)
    assert followed.stage is stage, followed
