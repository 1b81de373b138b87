"""What the documents point at is there, and what the code names is in them."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edgeship.adapters.archives.reader import describe
from edgeship.adapters.documents.manifests import dump_manifest, load_manifest
from edgeship.domain.events import EventType
from edgeship.domain.releases.entry import Kind
from edgeship.domain.releases.manifest import FileEntry, Manifest
from edgeship.domain.releases.media_types import content_type
from edgeship.domain.requirements.requirement import Requirement
from edgeship.domain.version import Version
from tests.support.json_schema import faults
from tests.support.repository import ROOT

SINCE_KINDS = {"requires", "kind", "imports", "style", "imported", "default_export"}
"""What earlier manifests don't have."""
SCHEMA = json.loads((ROOT / "docs" / "schemas" / "manifest.schema.json").read_text())
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        path, _, heading = link.partition("#")
        target = page.parent / path if path else page
        if "://" not in link and not (target.exists() and (not heading or heading in anchors(target))):
            broken.append(link)
    assert not broken


def anchors(page: Path) -> set[str]:
    """The fragments that a page's headings answer to: lower case, words joined by hyphens, punctuation left out."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_index_of_decisions_is_whole() -> None:
    index = (ROOT / "docs" / "adr" / "README.md").read_text()
    decisions = [path.name for path in (ROOT / "docs" / "adr").glob("0*.md")]
    assert decisions
    assert not [name for name in decisions if f"({name})" not in index]


@pytest.mark.parametrize("event", EventType)
def test_every_event_is_documented_and_has_a_sample(event: EventType) -> None:
    assert event.value in (ROOT / "docs" / "architecture.md").read_text()
    assert (ROOT / "events" / f"edgeship.{event.value.lower().replace(' ', '-')}.json").exists()


def test_the_message_of_a_queue_holds_the_event_of_its_sample() -> None:
    (message,) = json.loads((ROOT / "events" / "aws.sqs.notification.json").read_text())["Records"]
    event = json.loads((ROOT / "events" / "edgeship.rollout-aborted.json").read_text())
    assert json.loads(message["body"])["detail"] == event["detail"]


def test_the_readme_names_every_make_target() -> None:
    targets = re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    told = (ROOT / "README.md").read_text() + (ROOT / "CONTRIBUTING.md").read_text()
    assert not [target for target in targets if f"make {target}" not in told]


def test_the_readme_shows_every_chapter_of_the_demo() -> None:
    from edgeship.local.demo.chapters import CHAPTERS

    titles = [f"{number}  {chapter.name}" for number, chapter in enumerate(CHAPTERS, 1)]
    lines = (ROOT / "README.md").read_text().splitlines()
    assert [line for line in lines if line in titles] == titles


def manifest() -> dict[str, Any]:
    """A manifest of real files, as it is published."""
    folder = ROOT / "examples" / "checkout-button" / "v1.0.0"
    measured = [describe(name, folder / name) for name in ("assets/cart.svg", "widget.js")]
    published = Manifest(
        widget="checkout-button",
        version=Version.parse("2.0.0-beta.1"),
        created_at="2026-11-23T10:00:00.000Z",
        git_commit="0123abc",
        entrypoint="widget.js",
        files={f.path: FileEntry(f.size, f.sha256, f.sri, content_type(f.path)) for f in measured},
        changes={"fixes": ("Rounds to cents",)},
        kind=Kind.MODULE,
        imports=("format.js",),
        requires=(Requirement("api", ">=3 <5"),),
    )
    document: dict[str, Any] = json.loads(dump_manifest(published))
    return document


def test_a_published_manifest_keeps_its_schema() -> None:
    assert not faults(manifest(), SCHEMA)
    assert not faults({**manifest(), "added_later": 1}, SCHEMA)
    assert not faults(None, SCHEMA["properties"]["git_commit"])
    assert not faults(None, SCHEMA["properties"]["kind"])
    earlier = {name: value for name, value in manifest().items() if name not in SINCE_KINDS}
    assert not faults(earlier, SCHEMA)
    assert load_manifest(json.dumps(earlier).encode()).entry is None


def test_the_schema_describes_every_field_of_a_manifest() -> None:
    document = manifest()
    assert SCHEMA["properties"].keys() == document.keys()
    # Manifests that were published before these fields existed keep the schema, too.
    assert set(SCHEMA["required"]) == document.keys() - SINCE_KINDS
    assert SCHEMA["properties"]["changes"]["properties"].keys() == document["changes"].keys()
    entry = SCHEMA["$defs"]["file"]
    assert entry["properties"].keys() == set(entry["required"]) == document["files"]["widget.js"].keys()


@pytest.mark.parametrize(
    ("place", "wrong"),
    [
        (("schema",), 2),
        (("widget",), "Checkout"),
        (("version",), "1.0.0+build"),
        (("version",), "01.0.0"),
        (("created_at",), "yesterday"),
        (("git_commit",), "main"),
        (("kind",), "script"),
        (("imports",), "chunk.js"),
        (("changes", "fixes"), ["x" * 2001]),
        (("files",), {}),
        (("files", "widget.js", "size"), -1),
        (("files", "widget.js", "sha256"), "AB" * 32),
        (("files", "widget.js", "sri"), "sha256-AAAA"),
    ],
)
def test_the_schema_finds_what_is_wrong(place: tuple[str, ...], wrong: object) -> None:
    document = copy.deepcopy(manifest())
    part = document
    for key in place[:-1]:
        part = part[key]
    part[place[-1]] = wrong
    assert faults(document, SCHEMA)


def test_every_option_is_in_the_operating_guide() -> None:
    from infra.options import SynthOptions

    guide = (ROOT / "docs" / "operating.md").read_text()
    assert not [option for option in SynthOptions.model_fields if f"`{option}`" not in guide]


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    from tests.infra.synthesised import stack

    return stack("production").body


def alarms(template: dict[str, Any]) -> Iterator[str]:
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::CloudWatch::Alarm":
            yield resource["Properties"]["AlarmName"].removeprefix("edgeship-production-")


@pytest.mark.xdist_group("infra")
def test_every_alarm_has_a_runbook_and_every_runbook_its_alarm(template: dict[str, Any]) -> None:
    text = (ROOT / "docs" / "runbooks" / "README.md").read_text()
    titles = re.findall(r"^## (`.+)$", text, flags=re.MULTILINE)
    assert sorted(re.findall(r"`([^`]+)`", "\n".join(titles))) == sorted(alarms(template))
