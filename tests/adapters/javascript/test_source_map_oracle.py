"""Places in the maps of real bundlers, compared with those that `@jridgewell/trace-mapping` finds."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from edgeship.adapters.javascript.source_maps import SymbolicDecoder
from tests.browser.lab.builds import built
from tests.support.pytest_plugins.tools import NODE

SOURCE = {
    "cart.js": "export function total(lines) {\n  if (!lines) throw new Error('no lines — ü');\n"
    "  return lines.reduce((sum, line) => sum + line.price, 0);\n}\n",
    "widget.js": "import { total } from './cart.js';\n\nclass Cart extends HTMLElement {\n"
    "  connectedCallback() {\n    this.textContent = `${total(this.lines)}`;\n  }\n}\n"
    "customElements.define('my-cart', Cart);\n",
}


def test_places_are_those_of_trace_mapping(tmp_path: Path) -> None:
    NODE.require()
    try:
        tools = built().tools
    except subprocess.SubprocessError as error:
        pytest.skip(f"the npm registry can't be reached: {error}")
    for name, text in SOURCE.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "out").mkdir()
    program = Path(__file__).with_name("trace.mjs")
    command = ["node", str(program), str(tools), str(tmp_path / "widget.js"), str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, check=True, timeout=60)
    for build in json.loads(done.stdout):
        positions = [(line, column) for line, column, *_ in build["places"]]
        found = SymbolicDecoder().locate(build["script"].encode(), build["map"].encode(), positions)
        assert not isinstance(found, str), (build["name"], found)
        compared = 0
        for place, (line, column, source, source_line, source_column) in zip(found, build["places"], strict=True):
            if source is not None and source.endswith((*SOURCE,)):
                where = (build["name"], line, column)
                assert place is not None, where
                # trace-mapping resolves the dots in webpack:// URLs, symbolic shows the source as the map names it.
                assert Path(place.file).name == Path(source).name, where
                assert (place.line, place.column) == (source_line, source_column), where
                compared += 1
        assert compared > 20, build["name"]
