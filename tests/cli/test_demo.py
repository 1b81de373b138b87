"""The console script on local clouds: the demo, and the commands of somebody who has one running."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from edgeship.console.serving import Served
from edgeship.local.demo.chapters import CHAPTERS
from tests.cli.documentation import assert_as_documented
from tests.localcloud.processes import HAS_PROC, started_by, survivors
from tests.support.console import Visitor
from tests.support.repository import ROOT

pytestmark = [pytest.mark.cloud, pytest.mark.xdist_group("cloud-demo")]

SCRIPT = Path(sys.executable).with_name("edgeship")
EXAMPLES = ROOT / "examples" / "checkout-button"

FAST_EDGE = ("--edge-freshness", "0.5", "--store-delay", "0.5")
FAST = ("--speed", "60", "--short", *FAST_EDGE)
STEPS, SHORT_STEPS = 41, 34


def environment() -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "EDGESHIP_"))}


def run(folder: Path, *words: str, code: int = 0) -> dict[str, Any]:
    """The document of a command."""
    done = subprocess.run(
        [str(SCRIPT), *words, "--json"], cwd=folder, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


@contextmanager
def started(folder: Path, *words: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """A command that stays, and the document it prints once it is ready."""
    with (folder / "errors.txt").open("w") as errors:
        process = subprocess.Popen(
            [str(SCRIPT), *words, "--json"],
            cwd=folder,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    assert process.stdout is not None
    try:
        lines: list[str] = []
        for line in process.stdout:
            lines.append(line)
            if line == "}\n":
                break
        assert lines, (folder / "errors.txt").read_text()
        yield process, json.loads("".join(lines))
    finally:
        process.send_signal(signal.SIGINT)
        process.stdout.close()
        process.wait(timeout=60)


def get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=20) as answer:
        body: bytes = answer.read()
    return body


@pytest.mark.parametrize(
    ("options", "steps", "earliest"),
    [
        # At this speed the crowd has few page views of the bad release in a second: the write may fall between two.
        pytest.param(FAST, SHORT_STEPS, -1.0, id="fast", marks=pytest.mark.nightly),
        pytest.param((), STEPS, 0.0, id="as-documented", marks=[pytest.mark.nightly, pytest.mark.timeout(600)]),
    ],
)
def test_the_demo_happens_and_can_be_kept(
    tmp_path: Path, options: tuple[str, ...], steps: int, earliest: float
) -> None:
    """A step that takes longer than the demo's pace allows has not happened."""
    with started(tmp_path, "local", "demo", "--stay", *options) as (process, ending):
        assert [step for step in ending["steps"] if not step["happened"]] == []
        assert ending["happened"]
        assert len(ending["steps"]) == steps
        played = [chapter.name for chapter in CHAPTERS if options == () or not chapter.needs_hundreds]
        assert list(dict.fromkeys(step["chapter"] for step in ending["steps"])) == played
        documented = {"happened", "seconds", "edge_url", "endpoint_url", "timings", "urls", "steps", "console"}
        assert set(ending) == documented
        assert ending["timings"]["rollback, in browsers"] > 0
        for rescue in ("broken candidate: abort", "broken release: rollback"):
            assert ending["timings"][f"{rescue} to old bytes"] > earliest
        assert get(ending["urls"]["latest"]) == (EXAMPLES / "v1.2.0" / "widget.js").read_bytes()
        history = run(tmp_path, "history", "checkout-button")
        assert history["events"][0]["type"] == "Deployment Verified"
        somebody_looks(ending["console"])
        somebody_ships(tmp_path, ending["edge_url"], "shop")
        down = run(tmp_path, "local", "down")
        assert_as_documented(down, "edgeship local down")
        assert down["stopped"]["endpoint_url"] == ending["endpoint_url"]
    assert process.returncode == 0
    assert run(tmp_path, "status", code=2)["error"]["code"] == "usage"


@pytest.mark.nightly
def test_somebody_with_a_local_cloud(tmp_path: Path) -> None:
    with started(tmp_path, "local", "up", *FAST_EDGE) as (process, cloud):
        assert_as_documented(cloud, "edgeship local up")
        somebody_ships(tmp_path, cloud["edge_url"], "shop")
        assert_as_documented(run(tmp_path, "local", "down"), "edgeship local down")
        process.wait(timeout=60)
    assert process.returncode == 0
    assert run(tmp_path, "status", code=2)["error"]["code"] == "usage"


def somebody_looks(url: str) -> None:
    """What a person sees at the address that the demo prints."""
    visitor = Visitor(Served(url, int(url.split(":")[2].partition("/")[0])))
    assert visitor.open().status == 200
    assert "checkout-button" in visitor.get("/").text
    shown = visitor.get("/widgets/checkout-button")
    assert "1.2.0" in shown.text
    assert "No session was reported" not in shown.text


def somebody_ships(folder: Path, edge_url: str, widget: str) -> None:
    """What a person types on a local cloud that stays."""
    run(folder, "policy", "set", widget, "--steps", "100")
    for version in ("1.0.0", "1.1.0"):
        words = ("publish", str(EXAMPLES / f"v{version}"), "--widget", widget, "--version", version, "--wait")
        published = run(folder, *words)
        assert published["stage"] == "served"
        assert_as_documented(published, "edgeship publish")
        source = EXAMPLES / f"v{version}" / "widget.js"
        assert get(published["urls"]["latest"]) == get(published["urls"]["version"]) == source.read_bytes()
    tag = run(folder, "embed", widget, "1.0.0")
    assert tag["url"] == f"{edge_url}/{widget}/v1.0.0/widget.js"
    assert run(folder, "rollback", widget, "--reason", "it blinks")["version"] == "1.0.0"
    shown = run(folder, "status", widget)["widgets"][0]
    assert shown["channels"][0]["lock"]["cause"] == "it blinks"
    assert shown["channels"][0]["by"].startswith("local:")
    assert run(folder, "rollback", widget, code=1)["error"]["code"] == "no_good_version"


@pytest.mark.nightly
def test_an_interrupted_demo_leaves_nothing_running(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [str(SCRIPT), "local", "demo", "--json", *FAST],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    endpoint = next(line.split()[-1] for line in process.stderr if line.startswith("emulator at "))
    left = started_by(process.pid, "guard.py", "-m ministack") if HAS_PROC else set()
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert survivors(left, seconds=0.5) == []
    assert json.loads(out)["error"]["code"] == "interrupted"
    with pytest.raises(urllib.error.URLError):
        get(f"{endpoint}/_ministack/health")
