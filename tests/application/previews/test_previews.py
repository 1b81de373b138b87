"""The use cases about previews, on fakes: accepted, replaced, expired, removed, and brought to the store."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from edgeship.adapters.archives.reader import ArchiveReader
from edgeship.application.previews.accept_preview import AcceptPreview
from edgeship.application.previews.bring_previews import BringPreviews
from edgeship.application.previews.expire_previews import ExpirePreviews
from edgeship.application.previews.reject_failed_preview import RejectFailedPreview
from edgeship.application.previews.remove_preview import RemovePreview
from edgeship.application.provenance.check_signature import CheckSignature
from edgeship.application.releases.inspect_archive import InspectArchive
from edgeship.application.releases.reject_upload import RejectUpload
from edgeship.application.transaction import Transaction
from edgeship.domain.errors import Refused
from edgeship.domain.events import EventType, Occasion
from edgeship.domain.previews.preview import End, Preview
from edgeship.domain.releases.contents.surface_check import SurfaceCheck
from edgeship.domain.releases.limits import DEFAULT_LIMITS
from edgeship.domain.releases.rejection import Rejection, Upload
from edgeship.domain.version import Version
from tests.fakes.edge import FakeRouteStore
from tests.fakes.releases import FakeScripts
from tests.fakes.state import FakeState
from tests.support.releases import a_release

START = datetime(2026, 11, 23, 10, tzinfo=UTC)
KEY = "incoming/checkout/previews/pr-1/86400/a1.tar.gz"


def archive(**files: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(name.replace("_", "."))
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
    return buffer.getvalue()


@dataclass
class FakePreviewFiles:
    written: dict[str, set[str]] = field(default_factory=dict)

    def put(self, prefix: str, manifest: Any, files: Iterable[tuple[Any, Any]]) -> None:
        self.written[prefix] = {file.path for file, _ in files}


@dataclass
class FakeInbox:
    objects: dict[str, bytes] = field(default_factory=dict)
    accepted: list[str] = field(default_factory=list)
    rejected: list[str] = field(default_factory=list)

    def fetch(self, upload: Upload, into: Path) -> str | None:
        into.write_bytes(self.objects[upload.key])
        return None

    def keep_accepted(self, upload: Upload) -> None:
        self.accepted.append(upload.key)

    def keep_rejected(self, upload: Upload, document: Any) -> None:
        self.rejected.append(upload.key)


class NoManifests:
    def manifest(self, widget: str, version: Version) -> None:
        return None


@dataclass
class Comparing:
    """Compares with 1.0.0, if that is there."""

    state: FakeState

    def compare(self, files: Any, manifest: Any) -> SurfaceCheck | None:
        stable = Version.parse("1.0.0")
        return SurfaceCheck(stable, "minor") if self.state.release("checkout", stable) else None


class Place:
    def __init__(self) -> None:
        self.now = START
        self.state = FakeState()
        self.inbox = FakeInbox()
        self.files = FakePreviewFiles()
        self.store = FakeRouteStore()
        reject = RejectUpload(self.inbox, self.state, "test", lambda: self.now)  # type: ignore[arg-type]
        self.accept = AcceptPreview(
            inbox=self.inbox,  # type: ignore[arg-type]
            files=self.files,
            site=NoManifests(),  # type: ignore[arg-type]
            state=self.state,
            inspect=InspectArchive(ArchiveReader(), FakeScripts(), DEFAULT_LIMITS),
            comparison=Comparing(self.state),
            signatures=CheckSignature(self.state, lambda *_: False, required=False),
            reject=reject,
            environment="test",
            clock=lambda: self.now,
            pause=lambda _: None,
        )
        self.reject_failed = RejectFailedPreview(self.inbox, self.state, reject)  # type: ignore[arg-type]
        self.expire = ExpirePreviews(self.state, lambda _: None)
        self.remove = RemovePreview(self.state, lambda _: None)
        self.bring = BringPreviews(self.state, self.store, lambda: self.now, lambda _: None)

    @property
    def occasion(self) -> Occasion:
        return Occasion("test", "ann", "by hand", self.now)

    def upload(self, key: str = KEY, **files: str) -> Upload:
        body = archive(**(files or {"widget_js": "export const a = 1;"}))
        self.inbox.objects[key] = body
        return Upload(key, "v1", f"etag-{len(body)}", "1", len(body), self.now, "ci")

    def publish(self, key: str = KEY, **files: str) -> Preview:
        found = self.accept(self.upload(key, **files))
        assert isinstance(found, Preview), found
        return found


@pytest.fixture
def place() -> Place:
    return Place()


def kinds(place: Place) -> list[EventType]:
    return [event.type for event in place.state.log]


def test_an_upload_becomes_a_preview_and_no_release(place: Place) -> None:
    preview = place.publish()
    assert place.state.previews("checkout").find("pr-1") == preview
    assert preview.until == "2026-11-24T10:00:00.000Z"
    assert place.files.written == {f"checkout/p/pr-1/{preview.build}/": {"widget.js"}}
    assert place.inbox.accepted == [KEY]
    assert kinds(place) == [EventType.PREVIEW_PUBLISHED]
    assert place.state.widgets() == []
    assert place.state.releases("checkout") == []


def test_the_same_upload_again_changes_nothing(place: Place) -> None:
    upload = place.upload()
    first = place.accept(upload)
    record = place.state.previews("checkout")
    place.now += timedelta(minutes=5)
    assert place.accept(upload) == first
    assert place.state.previews("checkout") == record
    assert len(place.state.log) == 1


def test_an_older_upload_that_comes_late_is_overtaken(place: Place) -> None:
    older = place.upload()
    place.now += timedelta(seconds=10)
    newer = place.publish(KEY.replace("a1", "a2"), widget_js="export const b = 2;")
    assert place.accept(older) == newer
    assert place.state.previews("checkout").find("pr-1") == newer


def test_its_version_may_be_declared_otherwise(place: Place) -> None:
    preview = place.publish(widget_js="export {};", edgeship_json='{"version": "1.4.2"}')
    assert preview.name == "pr-1"


def test_it_is_compared_with_the_stable_release(place: Place) -> None:
    assert place.publish().comparison is None
    release = replace(a_release("1.0.0"), widget="checkout", revision=0)
    place.state.commit(Transaction(puts=(release,), events=(), registers=release))
    place.now += timedelta(minutes=1)
    compared = place.publish(KEY.replace("a1", "a2")).comparison
    assert compared is not None
    assert (compared.total_bytes, compared.check.bump) == (release.total_bytes, "minor")


@pytest.mark.parametrize(
    ("key", "files", "code"),
    [
        (KEY, {"readme_md": "# x"}, None),
        (KEY.replace("86400", "60"), {}, "ttl_invalid"),
        (KEY.replace("pr-1", "PR"), {}, "preview_invalid"),
    ],
)
def test_what_breaks_a_rule_is_refused_as_every_upload(
    place: Place, key: str, files: dict[str, str], code: str | None
) -> None:
    found = place.accept(place.upload(key, **files))
    assert isinstance(found, Rejection)
    assert code is None or found.code == code
    assert place.inbox.rejected == [key]
    assert place.files.written == {}


def test_an_environment_without_previews_refuses_them(place: Place) -> None:
    found = replace(place.accept, files=None)(place.upload())
    assert isinstance(found, Rejection)
    assert found.code == "previews_off"


def test_a_widget_that_takes_signed_uploads_takes_no_unsigned_preview(place: Place) -> None:
    strict = replace(place.accept, signatures=replace(place.accept.signatures, required=True))
    found = strict(place.upload())
    assert isinstance(found, Rejection)
    assert found.code == "unsigned"


def test_a_failed_upload_is_refused_unless_it_was_published(place: Place) -> None:
    upload = place.upload()
    found = place.reject_failed(upload, 3, "Sandbox.Timedout")
    assert isinstance(found, Rejection)
    assert found.code == "unprocessable"
    published = place.accept(upload)
    assert place.reject_failed(upload, 3, "Sandbox.Timedout") == published


def test_it_expires_once(place: Place) -> None:
    place.publish()
    assert place.expire(place.occasion) == 0
    place.now += timedelta(days=1)
    assert place.expire(place.occasion) == 1
    assert place.expire(place.occasion) == 0
    assert kinds(place) == [EventType.PREVIEW_PUBLISHED, EventType.PREVIEW_EXPIRED]
    held = place.state.previews("checkout").find("pr-1")
    assert held is not None
    assert held.end is End.EXPIRED


def test_a_removed_preview_is_not_brought_back_by_its_own_upload(place: Place) -> None:
    upload = place.upload()
    place.accept(upload)
    place.remove("checkout", "pr-1", place.occasion)
    place.accept(upload)
    assert place.state.previews("checkout").served(place.now) == []
    with pytest.raises(Refused) as refused:
        place.remove("checkout", "pr-1", place.occasion)
    assert refused.value.code == "preview_missing"


def test_removing_what_was_published_again_meanwhile_is_refused(place: Place) -> None:
    place.publish()
    seen = place.state.previews("checkout")
    place.now += timedelta(seconds=1)
    place.publish(KEY.replace("a1", "a2"), widget_js="export const b = 2;")
    answers = iter([seen])

    class Late:
        def previews(self, widget: str) -> Any:
            return next(answers, None) or place.state.previews(widget)

        def commit(self, transaction: Transaction) -> None:
            place.state.commit(transaction)

    with pytest.raises(Refused) as refused:
        RemovePreview(Late(), lambda _: None)("checkout", "pr-1", place.occasion)  # type: ignore[arg-type]
    assert refused.value.code == "moved_meanwhile"


def test_the_store_follows_the_events(place: Place) -> None:
    place.publish()
    place.publish(KEY.replace("pr-1", "pr-2"))
    place.bring(place.state.log)
    assert set(place.store.all()) == {"checkout/pr-1", "checkout/pr-2"}
    place.remove("checkout", "pr-1", place.occasion)
    place.bring(place.state.log[-1:])
    assert set(place.store.all()) == {"checkout/pr-2"}
    place.now += timedelta(days=1)
    place.expire(place.occasion)
    place.bring(place.state.log[-1:])
    assert place.store.all() == {}


def test_events_of_releases_read_no_preview(place: Place) -> None:
    before = place.store.content().etag
    place.bring([])
    assert place.store.content().etag == before


def test_the_store_is_repaired(place: Place) -> None:
    place.publish()
    place.store.by_hand({"nobody/pr-9": "{}", "checkout/pr-1": "{}"})
    place.bring.repair()
    assert set(place.store.all()) == {"checkout/pr-1"}
    assert place.store.get("checkout/pr-1") != "{}"
    right = place.store.content().etag
    place.bring.repair()
    assert place.store.content().etag == right
    # One whose event never came, and one that is due.
    place.publish(KEY.replace("pr-1", "pr-2").replace("86400", "172800"))
    place.bring.repair()
    assert set(place.store.all()) == {"checkout/pr-1", "checkout/pr-2"}
    place.now += timedelta(days=1)
    place.bring.repair()
    assert set(place.store.all()) == {"checkout/pr-2"}


def test_an_index_that_is_behind_takes_no_preview_away(place: Place) -> None:
    place.publish()
    place.bring(place.state.log)

    class Behind(FakeState):
        def watched_previews(self) -> list[Any]:
            return []

        def previews(self, widget: str) -> Any:
            return place.state.previews(widget)

    behind = BringPreviews(Behind(), place.store, lambda: place.now, lambda _: None)
    behind.repair()
    assert set(place.store.all()) == {"checkout/pr-1"}
