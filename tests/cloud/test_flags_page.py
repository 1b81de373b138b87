"""examples/flags-page: what it loads exists, and its script shows what the local edge answers."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from edgeship.local.cloud import LocalCloud
from tests.cloud.openfeature_web import SOURCES
from tests.support.local_cloud.flags import apply, value_at_the_edge
from tests.support.local_cloud.visitors import eventually
from tests.support.repository import ROOT

pytestmark = [pytest.mark.cloud, pytest.mark.xdist_group("cloud")]

EXAMPLE = ROOT / "examples" / "flags-page"
PAGE = (EXAMPLE / "page.html").read_text()
FLAGS = json.loads((EXAMPLE / "flags.json").read_text())["flags"]

# As much of a browser as the page's script uses; it reports, ticks the box, and reports again.
BEFORE = """
const elements = {{}};
const element = () => ({{ on: {{}}, addEventListener(type, listener) {{ this.on[type] = listener; }} }});
globalThis.location = {{ search: {search} }};
globalThis.document = {{
  querySelector: (selector) => (elements[selector] ??= element()),
  addEventListener() {{}},
  body: {{ style: {{}} }},
}};
"""
AFTER = """
const seen = () => ({
  banner: elements['#banner'].hidden ? null : elements['#banner'].textContent,
  log: elements['#log'].textContent.split('\\n'),
  style: { ...document.body.style },
});
const before = seen();
elements['#pro'].checked = true;
await elements['#pro'].on.change();
process.stdout.write(JSON.stringify([before, seen()]));
process.exit(0);
"""


def run(installed: Path, search: str) -> list[dict[str, Any]]:
    """What the page shows without and with the box ticked."""
    (script,) = re.findall(r'<script type="module">(.+?)</script>', PAGE, flags=re.DOTALL)
    # Imports are carried out before anything else, wherever they stand.
    program = BEFORE.format(search=json.dumps(search)) + script + AFTER
    (installed / "page.mjs").write_text(program)
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    done = subprocess.run(
        ["node", "page.mjs"], cwd=installed, env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    shown: list[dict[str, Any]] = json.loads(done.stdout)
    return shown


def test_the_page_follows_its_flags(cloud: LocalCloud, tools: Any, installed: Path) -> None:
    apply(tools, FLAGS)
    eventually(lambda: value_at_the_edge(cloud, "theme"))
    free, pro = run(installed, f"?edge={cloud.edge_url}&user=ann")
    text = value_at_the_edge(cloud, "banner-text", "ann")
    assert (free["banner"], pro["banner"]) == (f"{text}: 10 % off", f"{text}: 25 % off")
    assert free["style"] == {"background": "#222", "color": "#eee"}
    assert free["log"][0] == "sale-banner: on (STATIC)"
    assert free["log"][2:] == ["discount: usual (DEFAULT)", "theme: dark (TARGETING_MATCH)"]
    assert pro["log"][2] == "discount: pro (TARGETING_MATCH)"


@pytest.mark.parametrize("search", ["", "?edge=http://127.0.0.1:9&user=ann"])
def test_the_page_has_defaults_of_its_own(search: str, installed: Path) -> None:
    for shown in run(installed, search):
        assert shown["banner"] is None
        assert shown["style"] == {"background": "#fff", "color": "#222"}


def test_the_page_loads_the_packages_that_are_tested(installed: Path) -> None:
    (text,) = re.findall(r'<script type="importmap">(.+?)</script>', PAGE, flags=re.DOTALL)
    packages = json.loads((SOURCES / "package-lock.json").read_text())["packages"]
    imports: dict[str, str] = json.loads(text)["imports"]
    for name, url in imports.items():
        root = f"https://cdn.jsdelivr.net/npm/{name}@{packages[f'node_modules/{name}']['version']}/"
        assert url.startswith(root)
        source = (installed / "node_modules" / name / url.removeprefix(root)).read_text()
        assert set(re.findall(r'^(?:import|export|}).* from ["\']([^"\']+)', source, flags=re.MULTILINE)) <= set(
            imports
        )
