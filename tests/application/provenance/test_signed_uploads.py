"""Signed uploads on the fakes: versions that are registered at the same time, and what `require_signatures` adds."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from edgeship.adapters.javascript.surface_process import UPLOAD_BOUNDS, ScriptSurfaces
from edgeship.adapters.signing.verifying import verify
from edgeship.application.provenance.change_identities import ChangeIdentities
from edgeship.application.provenance.check_signature import CheckSignature
from edgeship.application.releases.accept_upload import AcceptUpload
from edgeship.application.releases.reject_upload import RejectUpload
from edgeship.application.transaction import Transaction
from edgeship.application.versioning.check_upload import CheckUpload
from edgeship.domain.events import EventType, Occasion
from edgeship.domain.provenance.signed import NewestStatement
from edgeship.domain.releases.rejection import Rejection
from edgeship.domain.releases.release import Release
from tests.application.releases.test_from_folder_to_release import INSPECT
from tests.fakes.archives import FakeInbox
from tests.fakes.releases import FakeSite, FakeSourceMaps, FakeSurfaces
from tests.fakes.state import FakeState
from tests.support.signing import CI, SIGNED_AT

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
ANN = Occasion("test", "ann", "CI signs", NOW)
ARCHIVE = b'{"widget.js": "ZXhwb3J0IHt9Owo="}'


@dataclass
class House:
    required: bool = False
    state: Any = field(default_factory=FakeState)
    inbox: FakeInbox = field(default_factory=FakeInbox)
    site: FakeSite = field(default_factory=FakeSite)
    surfaces: FakeSurfaces = field(default_factory=FakeSurfaces)

    def accept(self, version: str, signature: str | None) -> Release | Rejection:
        key = f"incoming/checkout/{version}.tar.gz"
        self.inbox.objects[key] = ARCHIVE
        if signature is not None:
            self.inbox.signatures[key] = signature
        accept = AcceptUpload(
            inbox=self.inbox,
            site=self.site,
            maps=FakeSourceMaps(),
            surfaces=self.surfaces,
            check=CheckUpload(self.state, ScriptSurfaces(UPLOAD_BOUNDS), self.surfaces),
            state=self.state,
            inspect=INSPECT,
            signatures=CheckSignature(self.state, verify, self.required),
            reject=RejectUpload(self.inbox, self.state, "test", lambda: NOW),
            environment="test",
            clock=lambda: NOW,
        )
        return accept(self.inbox.upload(key, NOW))

    def add_ci(self) -> None:
        ChangeIdentities(self.state, lambda _: None).add(CI.identity("ci", "checkout"), ANN)


def signed(version: str, at: datetime = SIGNED_AT) -> str:
    return CI.signature(ARCHIVE, "checkout", version, at)


class Overtaken(FakeState):
    """Between the read and the registration of 1.0.0, other versions of the widget are registered."""

    def __init__(self, others: list[str]) -> None:
        super().__init__()
        self.others = others

    def commit(self, transaction: Transaction) -> None:
        if transaction.registers and str(transaction.registers.version) == "1.0.0" and self.others:
            other = self.others.pop()
            assert isinstance(House(state=self).accept(other, signed(other)), Release)
        super().commit(transaction)


def test_versions_that_are_registered_together_all_are() -> None:
    house = House(state=Overtaken(["1.0.1", "1.0.2"]))
    house.add_ci()
    later = SIGNED_AT + timedelta(seconds=1)
    release = house.accept("1.0.0", signed("1.0.0", later))
    assert isinstance(release, Release)
    assert [str(r.version) for r in house.state.releases("checkout")] == ["1.0.2", "1.0.1", "1.0.0"]
    newest = house.state.newest_statement("checkout")
    assert newest == NewestStatement("checkout", "1.0.0", "2026-11-23T09:59:01.000Z", newest.revision)
    registered = [e for e in house.state.events("checkout", 9) if e.type is EventType.RELEASE_REGISTERED]
    assert len(registered) == 3


def test_nothing_of_an_unsigned_archive_is_read() -> None:
    house = House()
    house.add_ci()
    house.inbox.objects.clear()
    refused = house.accept("1.0.0", None)
    assert isinstance(refused, Rejection)
    assert refused.code == "unsigned"
    assert house.site.objects == {}
    assert house.state.releases("checkout") == []
    assert [e.type for e in house.state.log] == [EventType.IDENTITY_ADDED, EventType.RELEASE_REJECTED]


def test_a_stack_may_require_signatures_of_every_widget() -> None:
    house = House(required=True)
    refused = house.accept("1.0.0", None)
    assert isinstance(refused, Rejection)
    assert refused.code == "unsigned"
    refused = house.accept("1.0.1", signed("1.0.1"))
    assert isinstance(refused, Rejection)
    assert refused.code == "signer_unknown"
    house.add_ci()
    assert isinstance(house.accept("1.0.2", signed("1.0.2")), Release)


def test_what_was_registered_unsigned_stays_when_an_identity_is_added() -> None:
    house = House()
    assert isinstance(house.accept("1.0.0", None), Release)
    house.add_ci()
    again = house.accept("1.0.0", signed("1.0.0"))
    assert isinstance(again, Release)
    assert again.signed is None
