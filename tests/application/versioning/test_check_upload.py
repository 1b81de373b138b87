"""An upload is compared with the stable release: the result is with the release, and the policy acts on it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edgeship.adapters.archives.reader import ArchiveReader
from edgeship.adapters.javascript.parser import JavaScriptParser
from edgeship.adapters.javascript.surface_process import UPLOAD_BOUNDS, Bounds, ScriptSurfaces
from edgeship.adapters.signing.verifying import verify
from edgeship.application.provenance.check_signature import CheckSignature
from edgeship.application.releases.accept_upload import AcceptUpload
from edgeship.application.releases.inspect_archive import InspectArchive
from edgeship.application.releases.reject_upload import RejectUpload
from edgeship.application.versioning import check_upload
from edgeship.application.versioning.check_upload import CheckUpload
from edgeship.application.versioning.ports import Surfaces
from edgeship.domain.channels.policy import OnBreaking
from edgeship.domain.events import EventType
from edgeship.domain.notifications.event_text import describe
from edgeship.domain.releases.contents.surface_check import MAX_FINDING_LENGTH, MAX_FINDINGS, SurfaceCheck
from edgeship.domain.releases.limits import DEFAULT_LIMITS
from edgeship.domain.releases.rejection import Rejection
from edgeship.domain.releases.release import Release
from edgeship.domain.severity import Severity, severity_of
from edgeship.domain.version import Version
from edgeship.domain.versioning.surface.script import Script
from tests.fakes.archives import FakeInbox
from tests.fakes.releases import FakeSite, FakeSourceMaps, FakeSurfaces
from tests.support.bundles import tar_gz
from tests.support.world import AT_ONCE, World

NOW = datetime(2026, 11, 28, tzinfo=UTC)
V = Version.parse
BOTH = b"export const open = 1;\nexport const close = 2;\n"
ONE = b"export const open = 1;\n"
MORE = BOTH + b"export const toggle = 3;\n"


@dataclass(frozen=True)
class Watched:
    """Scripts are read once `first` is over."""

    surfaces: Surfaces
    first: Callable[[], None]

    def scripts(self, locations: Mapping[str, Path]) -> dict[str, Script | None]:
        self.first()
        return self.surfaces.scripts(locations)


@dataclass
class Uploads:
    """Uploads of checkout, on fakes, with the real reader and parser."""

    world: World = field(default_factory=lambda: World(policy=AT_ONCE))
    site: FakeSite = field(default_factory=FakeSite)
    surfaces: FakeSurfaces = field(default_factory=FakeSurfaces)
    bounds: Bounds = UPLOAD_BOUNDS
    while_reading: Callable[[], None] = lambda: None

    def __call__(self, version: str, files: dict[str, bytes]) -> Release | Rejection:
        key = f"incoming/checkout/{version}.tar.gz"
        inbox = FakeInbox({key: tar_gz(files)})
        state = self.world.state
        accept = AcceptUpload(
            inbox=inbox,
            site=self.site,
            maps=FakeSourceMaps(),
            surfaces=self.surfaces,
            state=state,
            inspect=InspectArchive(ArchiveReader(), JavaScriptParser(), DEFAULT_LIMITS),
            check=CheckUpload(state, Watched(ScriptSurfaces(self.bounds), self.while_reading), self.surfaces),
            signatures=CheckSignature(state, verify, required=False),
            reject=RejectUpload(inbox, state, "test", lambda: NOW),
            environment="test",
            clock=lambda: NOW,
        )
        return accept(inbox.upload(key, NOW))

    def release(self, version: str, files: dict[str, bytes]) -> Release:
        found = self(version, files)
        assert isinstance(found, Release), found
        return found

    def live(self, version: str, files: dict[str, bytes]) -> None:
        self.release(version, files)
        self.world.promote(version)

    def choose(self, on_breaking: OnBreaking) -> None:
        policy = replace(AT_ONCE, on_breaking=on_breaking)
        self.world.change_policy("checkout", lambda _: policy, self.world.occasion())


def wait_for(site: FakeSite, key: str) -> None:
    until = time.monotonic() + 30
    while key not in site.objects:
        assert time.monotonic() < until, f"{key} was not put while scripts are read"
        time.sleep(0.01)


@pytest.fixture
def upload() -> Uploads:
    uploads = Uploads()
    uploads.choose("hold")
    uploads.live("1.4.0", {"widget.js": BOTH})
    return uploads


def check_of(release: Release) -> SurfaceCheck:
    assert release.check is not None
    return release.check


def test_the_first_release_is_compared_with_nothing() -> None:
    uploads = Uploads()
    assert uploads.release("1.0.0", {"widget.js": BOTH}).check is None
    assert uploads.surfaces.read("checkout", V("1.0.0")) is not None


@pytest.mark.parametrize(
    ("version", "source", "bump", "declared", "breaks"),
    [
        ("1.4.1", BOTH, "patch", "patch", False),
        ("1.4.1", MORE, "minor", "patch", False),
        ("1.5.0", MORE, "minor", "minor", False),
        ("1.4.1", ONE, "major", "patch", True),
        ("1.5.0", ONE, "major", "minor", True),
        ("2.0.0", ONE, "major", "major", False),
        ("2.0.0-beta.1", ONE, "major", "major", False),
        ("2.0.0", BOTH, "patch", "major", False),
    ],
)
def test_the_result_is_with_the_release_and_in_its_event(
    upload: Uploads, version: str, source: bytes, bump: str, declared: str, breaks: bool
) -> None:
    check = check_of(upload.release(version, {"widget.js": source}))
    assert (check.against, check.bump, check.declared, check.not_compared) == (V("1.4.0"), bump, declared, None)
    assert check.undeclared_break is breaks
    stored = upload.world.state.release("checkout", V(version))
    assert stored is not None
    assert stored.check == check
    registered = upload.world.events_of(EventType.RELEASE_REGISTERED)
    event = next(event for event in registered if event.new is not None and event.new["version"] == version)
    assert event.new is not None
    assert event.new["check"] == check.to_dict()
    assert SurfaceCheck.from_dict(event.new["check"]) == check
    assert (severity_of(event) is Severity.WARNING) is breaks
    assert ("breaks what 1.4.0 offers" in describe(event)) is breaks


def test_an_undeclared_break_waits_for_a_person_by_default(upload: Uploads) -> None:
    upload.release("1.4.1", {"widget.js": ONE})
    decision = upload.world.promote_upload("checkout", V("1.4.1"), upload.world.occasion("ci", "upload"))
    assert decision.action.value == "leave"
    assert decision.reason == (
        "1.4.1 says patch, and breaks what 1.4.0 offers (widget.js:2: widget.js no longer exports close): "
        "edgeship promote checkout 1.4.1 approves it"
    )
    upload.release("1.4.2", {"widget.js": BOTH})
    upload.world.promote_upload("checkout", V("1.4.2"), upload.world.occasion("ci", "upload"))
    assert upload.world.live == "1.4.2"  # a fix does not wait behind it
    upload.release("1.4.3", {"widget.js": ONE})
    upload.world.promote("1.4.3")
    assert upload.world.live == "1.4.3"


def test_what_says_so_or_only_adds_goes_on(upload: Uploads) -> None:
    upload.release("1.4.1", {"widget.js": MORE})
    upload.world.promote_upload("checkout", V("1.4.1"), upload.world.occasion("ci", "upload"))
    assert upload.world.live == "1.4.1"


def test_the_policy_may_allow_it(upload: Uploads) -> None:
    upload.choose("allow")
    assert check_of(upload.release("1.4.1", {"widget.js": ONE})).undeclared_break
    upload.world.promote_upload("checkout", V("1.4.1"), upload.world.occasion("ci", "upload"))
    assert upload.world.live == "1.4.1"


def test_the_policy_may_refuse_it_and_nothing_of_it_is_public(upload: Uploads) -> None:
    upload.choose("refuse")
    before = set(upload.site.objects)
    refused = upload("1.4.1", {"widget.js": ONE})
    assert isinstance(refused, Rejection)
    assert refused.code == "breaking_change"
    assert "1.4.1 says patch, and breaks what 1.4.0 offers" in refused.reason
    assert "2.0.0 or higher" in refused.remedy
    assert set(upload.site.objects) == before
    assert upload.world.state.release("checkout", V("1.4.1")) is None
    # The version is free: nothing was bound to the refused bytes.
    upload.release("1.4.1", {"widget.js": BOTH})
    upload.release("2.0.0", {"widget.js": ONE})


def test_files_are_put_while_scripts_are_read_unless_the_policy_may_refuse_them(upload: Uploads) -> None:
    watched = replace(upload, while_reading=lambda: wait_for(upload.site, "checkout/v1.4.1/widget.js"))
    assert check_of(watched.release("1.4.1", {"widget.js": ONE})).undeclared_break

    upload.choose("refuse")
    public = set(upload.site.objects)
    during: list[set[str]] = []
    watched = replace(upload, while_reading=lambda: during.append(set(upload.site.objects)))
    assert isinstance(watched("1.4.2", {"widget.js": ONE}), Rejection)
    assert during == [public]


def test_a_policy_that_comes_to_refuse_while_files_are_put_lets_the_upload_wait(upload: Uploads) -> None:
    def come_to_refuse() -> None:
        wait_for(upload.site, "checkout/v1.4.1/widget.js")
        upload.choose("refuse")

    check = check_of(replace(upload, while_reading=come_to_refuse).release("1.4.1", {"widget.js": ONE}))
    assert check.undeclared_break
    decision = upload.world.promote_upload("checkout", V("1.4.1"), upload.world.occasion("ci", "upload"))
    assert decision.action.value == "leave"


def test_a_check_that_fails_beside_the_files_is_made_again_by_the_next_attempt(upload: Uploads) -> None:
    def fail() -> None:
        wait_for(upload.site, "checkout/v1.4.1/widget.js")
        raise RuntimeError("reading scripts failed")

    with pytest.raises(RuntimeError):
        replace(upload, while_reading=fail)("1.4.1", {"widget.js": ONE})
    assert upload.world.state.release("checkout", V("1.4.1")) is None
    assert check_of(upload.release("1.4.1", {"widget.js": ONE})).undeclared_break


def test_what_an_attempt_that_died_made_public_is_not_refused(upload: Uploads) -> None:
    upload.site.publish("checkout", "1.4.1", {"widget.js": ONE})
    upload.choose("refuse")
    assert isinstance(upload("1.4.1", {"widget.js": ONE}), Release)


def test_it_is_compared_with_what_is_stable_and_not_with_the_newest(upload: Uploads) -> None:
    upload.release("1.5.0", {"widget.js": MORE})
    assert check_of(upload.release("1.5.1", {"widget.js": BOTH})).against == V("1.4.0")
    upload.world.promote("1.5.0")
    check = check_of(upload.release("1.5.2", {"widget.js": BOTH}))
    assert (check.against, check.bump) == (V("1.5.0"), "major")


def many(count: int) -> bytes:
    return b"".join(b"export const name%d = 1;\n" % number for number in range(count))


def test_findings_are_bounded(upload: Uploads) -> None:
    upload.live("1.5.0", {"widget.js": many(400) + b"export const %s = 1;\n" % (b"x" * 400)})
    check = check_of(upload.release("1.5.1", {"widget.js": many(100)}))
    assert (check.count, len(check.findings)) == (301, MAX_FINDINGS)
    assert max(map(len, check.findings)) <= MAX_FINDING_LENGTH


NOT_COMPARED: list[tuple[str, dict[str, bytes], Bounds, str]] = [
    ("1.3.9", {"widget.js": ONE}, UPLOAD_BOUNDS, "it is older than 1.4.0, which is stable"),
    (
        "1.4.1",
        {"widget.js": ONE, "vendor.js": b"//" + b"x" * 70_000},
        replace(UPLOAD_BOUNDS, script_bytes=64 * 1024),
        "vendor.js takes more than the limits of an upload to be read",
    ),
    (
        "1.4.1",
        {"widget.js": ONE, "a.js": ONE},
        replace(UPLOAD_BOUNDS, wall_seconds=0),
        "a.js and 1 more takes",
    ),
    ("1.4.1", {"widget.js": ONE, "package.json": b"{"}, UPLOAD_BOUNDS, "package.json"),
    ("1.4.1", {"widget.js": ONE, **{f"c{i}.js": b"" for i in range(301)}}, UPLOAD_BOUNDS, "it has 302 scripts"),
]


@pytest.mark.parametrize(("version", "files", "bounds", "why"), NOT_COMPARED)
def test_what_can_not_be_compared_is_accepted_and_says_why(
    upload: Uploads, version: str, files: dict[str, bytes], bounds: Bounds, why: str
) -> None:
    upload.choose("refuse")
    named = {"edgeship.json": b'{"entrypoint":"widget.js"}'}
    check = check_of(replace(upload, bounds=bounds).release(version, {**named, **files}))
    assert check.not_compared is not None
    assert why in check.not_compared
    assert (check.bump, check.findings, check.undeclared_break) == (None, (), False)


def test_a_surface_that_is_too_large_is_not_kept(upload: Uploads, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_upload, "MAX_SURFACE_BYTES", 100)
    check = check_of(upload.release("1.4.1", {"widget.js": ONE}))
    assert check.not_compared == "its surface has more than 100 bytes"
    assert upload.surfaces.read("checkout", V("1.4.1")) is None


def test_a_release_of_which_no_surface_was_kept(upload: Uploads) -> None:
    upload.surfaces.objects.clear()
    assert check_of(upload.release("1.4.1", {"widget.js": ONE})).not_compared == "the surface of 1.4.0 was not kept"


def test_the_same_upload_again_keeps_the_first_result(upload: Uploads) -> None:
    first = upload.release("1.4.1", {"widget.js": ONE})
    upload.live("1.6.0", {"widget.js": ONE})
    again = upload.release("1.4.1", {"widget.js": ONE})
    assert again.check == first.check
