from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from edgeship.domain.errors import Refused
from edgeship.domain.events import EventType, Occasion
from edgeship.domain.provenance.identity import (
    MAX_IDENTITIES,
    IdentitiesRecord,
    Identity,
    add_identity,
    remove_identity,
)
from tests.support.event_samples import sample
from tests.support.signing import CI, OTHER, Key

ANN = Occasion("test", "ann", "CI signs", datetime(2026, 12, 1, tzinfo=UTC))
IDENTITY = CI.identity("ci", "checkout", "pay-*")


def test_an_identity_is_added_and_removed_with_an_event_each() -> None:
    record, added = add_identity(IdentitiesRecord(revision=3), IDENTITY, ANN)
    kept = replace(IDENTITY, added_at="2026-12-01T00:00:00.000Z", added_by="ann")
    assert record == IdentitiesRecord((kept,), 3)
    assert (added.type, added.widget, added.old, added.new) == (EventType.IDENTITY_ADDED, None, None, kept.to_dict())
    assert Identity.from_dict(kept.to_dict()) == kept
    record, removed = remove_identity(replace(record, revision=4), "ci", ANN)
    assert record == IdentitiesRecord((), 4)
    assert (removed.type, removed.old, removed.new) == (EventType.IDENTITY_REMOVED, kept.to_dict(), None)
    again = add_identity(IdentitiesRecord(revision=5), IDENTITY, ANN)[1]
    assert again.event_id != added.event_id


def test_the_samples_are_what_is_written() -> None:
    written = sample(EventType.IDENTITY_ADDED)
    assert written.new is not None
    identity = Identity.from_dict(written.new)
    occasion = Occasion("production", written.actor, written.cause, datetime.fromisoformat(written.occurred_at))
    record, added = add_identity(IdentitiesRecord(), identity, occasion)
    assert added == written
    removal = sample(EventType.IDENTITY_REMOVED)
    occasion = Occasion("production", removal.actor, removal.cause, datetime.fromisoformat(removal.occurred_at))
    assert remove_identity(replace(record, revision=1), identity.name, occasion)[1] == removal


@pytest.mark.parametrize(
    ("widget", "may"),
    [("checkout", True), ("pay-later", True), ("pay", False), ("checkout-2", False), ("Checkout", False)],
)
def test_what_it_may_publish(widget: str, may: bool) -> None:
    assert IDENTITY.may_publish(widget) is may
    assert CI.identity("all", "*").may_publish(widget)


@pytest.mark.parametrize(
    ("identity", "code"),
    [
        (CI.identity("", "checkout"), "identity_invalid"),
        (CI.identity("CI", "checkout"), "identity_invalid"),
        (CI.identity("ci"), "identity_invalid"),
        (CI.identity("ci", *["a"] * 21), "identity_invalid"),
        (CI.identity("ci", "check[o]ut"), "identity_invalid"),
        (CI.identity("ci", "checkout", validity=0), "identity_invalid"),
        (CI.identity("ci", "checkout", validity=90 * 86_400 + 1), "identity_invalid"),
        (CI.identity("there", "checkout"), "identity_exists"),
        (OTHER.identity("ci", "checkout"), "identity_exists"),
    ],
)
def test_what_is_no_identity(identity: Identity, code: str) -> None:
    held, _ = add_identity(IdentitiesRecord(), OTHER.identity("there", "chat"), ANN)
    with pytest.raises(Refused) as refused:
        add_identity(held, identity, ANN)
    assert refused.value.code == code


def test_there_are_so_many_and_no_more() -> None:
    record = IdentitiesRecord()
    for number in range(MAX_IDENTITIES):
        record, _ = add_identity(record, Key(number + 3).identity(f"n{number}", "checkout"), ANN)
    with pytest.raises(Refused, match="limit"):
        add_identity(record, IDENTITY, ANN)
    with pytest.raises(Refused) as refused:
        remove_identity(record, "ci", ANN)
    assert refused.value.code == "identity_unknown"
