"""The README's block by hand works, pasted as one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from edgeship.local.cloud import LocalCloud
from edgeship.local.state_path import STATE_PATH
from tests.support.repository import ROOT

pytestmark = [pytest.mark.cloud, pytest.mark.nightly]


def test_the_block_by_hand(tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text().partition("## Try it by hand")[2]
    (block, *_) = re.findall(r"```\n(.+?)```", text, flags=re.DOTALL)
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    with LocalCloud(state_path=tmp_path / STATE_PATH):
        before = set(tmp_path.iterdir())
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", block],
            cwd=tmp_path,
            env={**os.environ, "XDG_STATE_HOME": str(tmp_path / "state")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    locations = re.findall(r"(?i)^location: (\S+)", done.stdout, flags=re.MULTILINE)
    assert [location.rpartition("/checkout/")[2] for location in locations] == ["v1.1.0/widget.js", "v1.0.0/widget.js"]
    for fact in ("served: latest is at this version now", "1.1.0 is quarantined", "prices are wrong in Japan"):
        assert fact in done.stdout
    assert {path.name for path in set(tmp_path.iterdir()) - before} <= {"state"}
