"""What the documents point at is there, and what the code names is in them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from edgeship.domain.events import EventType

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text())
    broken = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert not broken


def test_the_index_of_decisions_is_whole() -> None:
    index = (ROOT / "docs" / "adr" / "README.md").read_text()
    decisions = [path.name for path in (ROOT / "docs" / "adr").glob("0*.md")]
    assert decisions
    assert not [name for name in decisions if f"({name})" not in index]


@pytest.mark.parametrize("event", EventType)
def test_every_event_is_documented_and_has_a_sample(event: EventType) -> None:
    assert event.value in (ROOT / "docs" / "architecture.md").read_text()
    assert (ROOT / "events" / f"edgeship.{event.value.lower().replace(' ', '-')}.json").exists()


def test_the_readme_names_every_make_target() -> None:
    targets = re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    told = (ROOT / "README.md").read_text() + (ROOT / "CONTRIBUTING.md").read_text()
    assert not [target for target in targets if f"make {target}" not in told]
