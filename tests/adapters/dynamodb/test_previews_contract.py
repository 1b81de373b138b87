"""The record of previews, in the table and in its fake."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from edgeship.application.previews.ports import PreviewState
from edgeship.application.transaction import Transaction
from edgeship.domain.errors import Conflict
from edgeship.domain.previews.comparison import Comparison
from edgeship.domain.previews.preview import End, PreviewsRecord
from edgeship.domain.provenance.signed import Signed
from edgeship.domain.releases.contents.surface_check import SurfaceCheck
from edgeship.domain.version import Version
from tests.domain.previews.samples import a_preview
from tests.fakes.state import FakeState
from tests.support.moto.aws import aws_environment

if TYPE_CHECKING:
    from edgeship.domain.previews.preview import Preview


@pytest.fixture(params=["fake", "moto"])
def state(request: pytest.FixtureRequest) -> Iterator[PreviewState]:
    if request.param == "fake":
        yield FakeState()
        return
    with aws_environment() as aws:
        yield aws.state


def whole() -> Preview:
    check = SurfaceCheck(Version.parse("1.0.0"), "major", None, ("widget.js: no longer exports open",), 3)
    return a_preview(
        earlier=("e" * 32,),
        git_commit="9fceb02",
        comparison=Comparison(3, 1_000, None, check),
        signed=Signed("ci", "key", "2026-11-23T10:00:00.000Z", "u1"),
    )


def commit(state: PreviewState, record: PreviewsRecord) -> None:
    state.commit(Transaction(puts=(record,), events=()))


def test_a_record_is_read_as_it_was_written(state: PreviewState) -> None:
    assert state.previews("checkout") == PreviewsRecord("checkout")
    ended = a_preview("pr-2", end=End.REMOVED, ended_at="2026-11-23T10:00:00.000Z")
    record = PreviewsRecord("checkout", (whole(), ended))
    commit(state, record)
    assert state.previews("checkout") == replace(record, revision=1)
    with pytest.raises(Conflict):
        commit(state, record)


def test_records_are_watched_while_a_preview_has_not_ended(state: PreviewState) -> None:
    commit(state, PreviewsRecord("checkout", (whole(),)))
    commit(state, PreviewsRecord("pay", (a_preview(),)))
    assert [record.widget for record in state.watched_previews()] == ["checkout", "pay"]
    ended = replace(whole(), end=End.EXPIRED, ended_at="2026-11-23T10:00:00.000Z")
    commit(state, PreviewsRecord("checkout", (ended,), 1))
    assert [record.widget for record in state.watched_previews()] == ["pay"]
