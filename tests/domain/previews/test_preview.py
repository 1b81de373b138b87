"""The record of a widget's previews: what replaces what, and when one ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations

import pytest

from edgeship.domain.errors import Refused
from edgeship.domain.events import EventType
from edgeship.domain.previews.preview import (
    KEPT_ENDED,
    MAX_EARLIER,
    MAX_ENDED,
    MAX_PREVIEWS,
    End,
    Preview,
    PreviewsRecord,
    expire_previews,
    publish_preview,
    remove_preview,
)
from tests.domain.previews.samples import NOW, a_preview, occasion

EMPTY = PreviewsRecord("checkout")
MINUTE = timedelta(minutes=1)


def published(*previews: Preview, at: datetime = NOW, record: PreviewsRecord = EMPTY) -> PreviewsRecord:
    for preview in previews:
        change = publish_preview(record, preview, occasion(at))
        record = change[0] if change else record
    return record


def test_a_preview_is_served_until_its_second() -> None:
    record = published(a_preview(days=1))
    due = NOW + timedelta(days=1)
    assert [each.name for each in record.served(due - timedelta(seconds=1))] == ["pr-1"]
    assert record.served(due) == []
    after, events = expire_previews(record, occasion(due))
    found = after.find("pr-1")
    assert found is not None
    assert found.end is End.EXPIRED
    assert [event.type for event in events] == [EventType.PREVIEW_EXPIRED]
    assert not after.is_watched
    assert expire_previews(after, occasion(due)) == (after, ())


def test_the_newest_upload_counts_in_whatever_order_they_come() -> None:
    uploads = [a_preview(number=number, at=NOW + number * MINUTE) for number in range(3)]
    for order in permutations(uploads):
        found = published(*order, at=NOW + 5 * MINUTE).find("pr-1")
        assert found is not None
        assert found.build == uploads[-1].build


def test_two_uploads_of_one_second_end_the_same_whichever_comes_first() -> None:
    one, other = a_preview(number=1), a_preview(number=2)
    assert published(one, other).find("pr-1") == replace(other, earlier=(one.build,))
    assert published(other, one).find("pr-1") == other


def test_the_same_upload_again_changes_nothing() -> None:
    record = published(a_preview())
    assert publish_preview(record, a_preview(), occasion(NOW + MINUTE)) is None


def test_pages_go_on_with_the_builds_that_they_loaded() -> None:
    uploads = [a_preview(number=number, at=NOW + number * MINUTE) for number in range(6)]
    found = published(*uploads, at=NOW + 9 * MINUTE).find("pr-1")
    assert found is not None
    assert found.earlier == tuple(each.build for each in reversed(uploads[-1 - MAX_EARLIER : -1]))


def test_a_new_life_has_no_earlier_builds() -> None:
    record = published(a_preview(number=1))
    record, _ = remove_preview(record, "pr-1", occasion())
    found = published(a_preview(number=2, at=NOW + MINUTE), at=NOW + MINUTE, record=record).find("pr-1")
    assert found is not None
    assert (found.build, found.earlier) == (a_preview(number=2).build, ())


def test_no_delivery_brings_back_what_was_removed() -> None:
    upload = a_preview()
    record, events = remove_preview(published(upload), "pr-1", occasion())
    assert [event.type for event in events] == [EventType.PREVIEW_REMOVED]
    assert publish_preview(record, upload, occasion(NOW + timedelta(days=1))) is None


def test_what_has_ended_is_forgotten_after_its_deliveries() -> None:
    record, _ = remove_preview(published(a_preview()), "pr-1", occasion())
    later = NOW + KEPT_ENDED
    record = published(a_preview("pr-2", 2, at=later), at=later, record=record)
    assert [each.name for each in record.previews] == ["pr-2"]


def test_the_record_remembers_so_many_that_have_ended() -> None:
    record = EMPTY
    for number in range(MAX_ENDED + 5):
        at = NOW + number * timedelta(seconds=1)
        record = published(a_preview(f"pr-{number}", number, at=at), at=at, record=record)
        record, _ = remove_preview(record, f"pr-{number}", occasion(at))
    assert len(record.previews) == MAX_ENDED
    assert record.find("pr-0") is None


def test_what_was_uploaded_too_long_ago_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        publish_preview(EMPTY, a_preview(days=1), occasion(NOW + timedelta(days=1)))
    assert refused.value.code == "preview_over"


def test_a_widget_has_so_many_at_a_time() -> None:
    record = published(*(a_preview(f"pr-{number}", number) for number in range(MAX_PREVIEWS)))
    with pytest.raises(Refused) as refused:
        publish_preview(record, a_preview("more", 99), occasion())
    assert refused.value.code == "previews_full"
    again = a_preview("pr-3", 77, at=NOW + MINUTE)
    assert publish_preview(record, again, occasion(NOW + MINUTE)) is not None
    # What is due makes room, and is ended with the same write.
    over = NOW + timedelta(days=8)
    change = publish_preview(record, a_preview("more", 99, at=over), occasion(over))
    assert change is not None
    assert [event.type for event in change[1]].count(EventType.PREVIEW_EXPIRED) == MAX_PREVIEWS


@pytest.mark.parametrize("name", ["pr-1", "other"])
def test_what_is_not_served_can_not_be_removed(name: str) -> None:
    record, _ = remove_preview(published(a_preview()), "pr-1", occasion())
    with pytest.raises(Refused) as refused:
        remove_preview(record, name, occasion())
    assert refused.value.code == "preview_missing"


def test_each_transition_has_an_event_of_its_own() -> None:
    first = publish_preview(EMPTY, a_preview(), occasion())
    assert first is not None
    second = publish_preview(first[0], a_preview(number=2, at=NOW + MINUTE), occasion(NOW + MINUTE))
    assert second is not None
    ids = {event.event_id for _, events in (first, second) for event in events}
    assert len(ids) == 2
    assert second[1][0].old == a_preview().summary()
