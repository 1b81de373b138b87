"""Publishing and accepting on fakes, from a folder to a registered release, with a death at each call of a port."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from edgeship.adapters.documents.manifests import dump_manifest
from edgeship.adapters.documents.path_patterns import GitignorePatterns
from edgeship.adapters.javascript.surface_process import UPLOAD_BOUNDS, ScriptSurfaces
from edgeship.adapters.signing.verifying import verify
from edgeship.application.provenance.check_signature import CheckSignature
from edgeship.application.releases.accept_upload import AcceptUpload
from edgeship.application.releases.inspect_archive import InspectArchive
from edgeship.application.releases.pack_bundle import BundleFacts, PackBundle
from edgeship.application.releases.publish_bundle import PublishBundle
from edgeship.application.releases.reject_upload import RejectUpload
from edgeship.application.versioning.check_upload import CheckUpload
from edgeship.domain.releases.limits import Limits
from edgeship.domain.releases.rejection import Rejection
from edgeship.domain.releases.release import Release
from edgeship.domain.version import Version
from tests.fakes.archives import FakeArchives, FakeDropbox, FakeInbox, FakeLimits, FakePacker
from tests.fakes.releases import FakeScripts, FakeSite, FakeSourceMaps, FakeSurfaces
from tests.fakes.state import FakeState

NOW = datetime(2026, 11, 27, 10, tzinfo=UTC)
V1 = Version.parse("1.0.0")
KEY = "incoming/checkout/1.0.0.tar.gz"
INSPECT = InspectArchive(FakeArchives(), FakeScripts(), Limits())
FILES = {"widget.js": b"import './chunk.js';\n", "chunk.js": b"export {};\n", "widget.js.map": b"{}"}


class Died(Exception):
    """The process is gone."""


class Dying:
    """Passes calls on to `port`, and dies after so many of all that share `left`."""

    def __init__(self, port: Any, left: list[int]) -> None:
        self._port, self._left = port, left

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)

        def call(*arguments: Any, **named: Any) -> Any:
            done = method(*arguments, **named)
            self._left[0] -= 1
            if self._left[0] < 0:
                raise Died(name)
            return done

        return call


@dataclass
class House:
    folder: Path
    inbox: FakeInbox = field(default_factory=FakeInbox)
    site: FakeSite = field(default_factory=FakeSite)
    maps: FakeSourceMaps = field(default_factory=FakeSourceMaps)
    surfaces: FakeSurfaces = field(default_factory=FakeSurfaces)
    state: FakeState = field(default_factory=FakeState)

    def publish(self, files: dict[str, bytes]) -> None:
        self.folder.mkdir(exist_ok=True)
        for path, body in files.items():
            (self.folder / path).write_bytes(body)
        pack = PackBundle(INSPECT, FakePacker(), GitignorePatterns(), dump_manifest)
        publish = PublishBundle(lambda _: pack, FakeLimits(), FakeDropbox(self.inbox), self.state)
        publish(self.folder, "checkout", V1, BundleFacts(), lambda _: None)

    def accept(self, calls: int = 1_000) -> Release | Rejection:
        left = [calls]
        inbox, state = Dying(self.inbox, left), Dying(self.state, left)
        use_case = AcceptUpload(
            inbox=inbox,
            site=Dying(self.site, left),
            maps=Dying(self.maps, left),
            surfaces=Dying(self.surfaces, left),
            check=CheckUpload(state, ScriptSurfaces(UPLOAD_BOUNDS), self.surfaces),
            state=state,
            inspect=INSPECT,
            signatures=CheckSignature(state, verify, required=False),
            reject=RejectUpload(inbox, state, "test", lambda: NOW),
            environment="test",
            clock=lambda: NOW,
        )
        return use_case(self.inbox.upload(KEY, NOW))

    def outcome(self) -> tuple[object, ...]:
        objects = {key: stored.body for key, stored in self.site.objects.items()}
        return (
            objects,
            self.maps.objects,
            self.surfaces.objects,
            self.inbox.kept,
            self.state.releases("checkout"),
            self.state.events("checkout", 10),
        )


def test_a_folder_becomes_a_release(tmp_path: Path) -> None:
    house = House(tmp_path / "dist")
    house.publish(FILES)
    release = house.accept()
    assert isinstance(release, Release)
    assert house.state.release("checkout", V1) == replace(release, revision=1)
    assert house.site.objects["checkout/v1.0.0/chunk.js"].body == FILES["chunk.js"]
    assert "checkout/v1.0.0/widget.js.map" not in house.site.objects
    assert house.maps.objects == {"checkout/v1.0.0/widget.js.map": b"{}"}
    assert house.site.written[-1] == "checkout/v1.0.0/manifest.json"
    assert house.inbox.kept.keys() == {"accepted/checkout/1.0.0.tar.gz"}


@pytest.mark.parametrize("archive", ["honest", "broken"])
def test_it_dies_after_any_call_and_ends_the_same(archive: str, tmp_path: Path) -> None:
    def house(name: str) -> House:
        made = House(tmp_path / name)
        made.publish(FILES)
        if archive == "broken":
            made.inbox.objects[KEY] = b"not an archive"
        return made

    undisturbed = house("undisturbed")
    undisturbed.accept()
    deaths = 0
    for calls in range(1_000):
        disturbed = house(f"dies-{calls}")
        try:
            disturbed.accept(calls)
        except Died:
            deaths += 1
        else:
            break
        disturbed.accept()
        assert disturbed.outcome() == undisturbed.outcome(), calls
    assert deaths >= 4
