"""What the console ships of others: by version, with licence and checksum, and nothing else."""

from __future__ import annotations

import hashlib
import re

from edgeship.console.app import STATIC
from edgeship.console.rendering import environment

OWN = {"console.css", "console.js", "VENDORED.md"}


def test_what_is_vendored_is_unchanged() -> None:
    listed = dict(re.findall(r"^\| `([^`]+)` .*`([0-9a-f]{64})` \|$", (STATIC / "VENDORED.md").read_text(), re.M))
    found = {path.name for path in STATIC.iterdir()} - OWN
    assert {name for name in found if not name.endswith("LICENSE.txt")} == listed.keys()
    for name, digest in listed.items():
        assert hashlib.sha256((STATIC / name).read_bytes()).hexdigest() == digest
        assert (STATIC / f"{name.split('-')[0]}-LICENSE.txt").exists()


def test_pages_name_the_assets_that_there_are() -> None:
    source, _, _ = environment().loader.get_source(environment(), "base.html")  # type: ignore[union-attr]
    named = re.findall(r'"/static/([^"]+)"', source)
    assert len(named) == 5
    assert all((STATIC / name).exists() for name in named)


def test_the_script_makes_no_markup_from_text() -> None:
    script = (STATIC / "console.js").read_text()
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", script)


def test_no_template_writes_text_unescaped() -> None:
    made = environment()
    for name in made.list_templates():
        source, _, _ = made.loader.get_source(made, name)  # type: ignore[union-attr]
        assert "safe" not in re.findall(r"\|\s*(\w+)", source), name
        assert "autoescape" not in source, name
