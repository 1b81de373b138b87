"""Every feature has its room in every layer, a room is taken in at a glance, and the docs show the house as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.house.layout import FEATURE_LAYERS, feature_order, modules_of, rooms
from tests.house.picture import picture
from tests.support.repository import ROOT

LONGEST_FILE = 310
"""Lines. More are two ideas."""
FULLEST_ROOM = 15
"""Modules. More are two rooms."""
PACKAGES = ("src/edgeship", "src/localcloud", "functions", "infra")
FEATURES = {
    "cost",
    "status",
    "releases",
    "channels",
    "calendar",
    "health",
    "telemetry",
    "flags",
    "propagation",
    "notifications",
    "edge",
    "embeds",
    "provenance",
    "versioning",
    "requirements",
    "pruning",
    "previews",
    "deploying",
    "doctor",
    "scaffolding",
}


def test_features_have_the_same_names_in_every_layer() -> None:
    assert rooms("domain").keys() == FEATURES
    assert rooms("application").keys() == FEATURES
    # Health is read where it is served.
    assert rooms("cli").keys() == FEATURES - {"health"}


def test_features_stand_in_one_order() -> None:
    """A feature that stands on another in the application does not lie under it in the domain."""
    above = {name: place for place, name in enumerate(feature_order("application"))}
    for room in rooms("domain").values():
        assert all(above[used] < above[room.name] for used in room.uses), room


@pytest.mark.parametrize("layer", FEATURE_LAYERS)
def test_each_feature_of_the_application_names_what_it_needs_in_its_ports(layer: str) -> None:
    if layer == "application":
        assert all("ports" in room.modules for room in rooms(layer).values())
    else:
        assert not any("ports" in room.modules for room in rooms(layer).values())


@pytest.mark.parametrize("package", PACKAGES)
def test_a_file_holds_one_idea(package: str) -> None:
    lengths = {str(path.relative_to(ROOT)): path.read_text().count("\n") for path in (ROOT / package).rglob("*.py")}
    assert {path: lines for path, lines in lengths.items() if lines > LONGEST_FILE} == {}


@pytest.mark.parametrize("package", PACKAGES)
def test_a_room_is_taken_in_at_a_glance(package: str) -> None:
    folders: list[Path] = [ROOT / package, *(path for path in (ROOT / package).rglob("*") if path.is_dir())]
    counts = {str(folder.relative_to(ROOT)): len(modules_of(folder)) for folder in folders}
    assert {folder: count for folder, count in counts.items() if count > FULLEST_ROOM} == {}


def test_the_picture_in_the_docs_is_the_house() -> None:
    """If not: `python -m tests.house.picture > docs/house.svg`."""
    assert (ROOT / "docs" / "house.svg").read_text() == picture()


def test_the_tree_in_the_docs_names_every_room() -> None:
    tree = (ROOT / "docs" / "architecture.md").read_text().split("## The house")[1].split("## ")[0]
    for package in PACKAGES:
        for folder in sorted((ROOT / package).iterdir()):
            if (folder.is_dir() and modules_of(folder)) or (folder / "__init__.py").exists():
                assert f"{folder.name}/" in tree, folder
