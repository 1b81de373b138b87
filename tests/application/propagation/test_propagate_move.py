"""A move is brought to every CDN and probed there, however often, late, interleaved or interrupted its event is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeship.application.propagation.ports import CdnBusy, CdnRefused
from edgeship.application.propagation.propagate_move import End
from edgeship.application.propagation.request_deployment import RequestDeployment
from edgeship.application.transaction import Transaction
from edgeship.domain.events import EventType, Occasion
from edgeship.domain.naming import LATEST, MANIFEST_NAME
from edgeship.domain.propagation.deployment import MismatchKind
from edgeship.domain.releases.entry import Kind
from edgeship.domain.releases.manifest import Manifest
from edgeship.domain.version import Version
from tests.fakes.propagation import FakeCdn
from tests.fakes.releases import Stored
from tests.fakes.web import FakeWeb
from tests.support.deployments import FILES, Deployments, release_of
from tests.support.pytest_plugins.fuzz import examples
from tests.support.world import POLICY, START, WIDGET


def test_a_move_is_copied_refreshed_and_verified() -> None:
    here = Deployments("1.0.0")
    here.second.get(f"/{WIDGET}/latest/widget.js")
    here.move("1.1.0")
    done = here.deliver()
    assert done.end is End.VERIFIED
    assert done.verification is not None
    assert done.verification.cdns == ("cloudfront", "cloudflare")
    assert here.latest_copies() == release_of("1.1.0")
    assert here.second.cache[f"/{WIDGET}/latest/widget.js"].body == b"two"
    assert here.deployment_events() == [EventType.DEPLOYMENT_VERIFIED, EventType.DEPLOYMENT_VERIFIED]
    event = here.state.log[-1]
    assert event.new is not None
    assert (event.new["version"], event.new["sequence"], event.new["mismatches"]) == ("1.1.0", 2, [])
    assert event.new["checked"] == done.verification.checked > len(FILES["1.1.0"])


def test_new_files_come_first_and_what_refers_to_them_last() -> None:
    here = Deployments("1.0.0")
    here.site.written.clear()
    here.move("1.1.0")
    here.deliver()
    copied = [key.removeprefix(f"_latest/{WIDGET}/") for key in here.site.written]
    assert copied == ["chunk-b.js", "style.css", "widget.js", MANIFEST_NAME, "chunk-a.js"]
    assert here.site.objects[f"_latest/{WIDGET}/chunk-a.js"].retired_at is not None


def test_a_file_that_is_gone_stays_for_its_grace_period_and_one_that_comes_back_stays_for_good() -> None:
    here = Deployments("1.0.0", "1.1.0")
    gone = f"_latest/{WIDGET}/chunk-a.js"
    since = here.site.objects[gone].retired_at
    assert here.site.objects[gone].body == b"a"
    here.move("1.0.0")
    here.move("1.1.0")
    here.deliver()
    assert here.site.objects[gone].retired_at == since, "the period began when it went"
    here.move("1.2.0")
    here.deliver()
    assert here.site.objects[gone] == Stored(b"a", "1.2.0")
    assert here.site.objects[f"_latest/{WIDGET}/chunk-b.js"].retired_at is not None


def test_a_repeated_event_changes_nothing() -> None:
    here = Deployments("1.0.0", "1.1.0")
    before = (dict(here.site.objects), len(here.state.log), list(here.counts.totals))
    assert here.deliver().end is End.KNOWN
    assert (dict(here.site.objects), len(here.state.log), list(here.counts.totals)) == before


def test_one_invalidation_a_move_and_its_paths_are_counted_once() -> None:
    here = Deployments("1.0.0", "1.1.0")
    here.deliver()
    assert here.cloudfront.asked == {f"move-{n}": ("/_latest/checkout/", "/checkout/latest/") for n in (1, 2)}
    month = START.strftime("%Y-%m")
    assert here.state.invalidation_paths(month) == 4
    assert here.counts.totals == [(2, month, 2), (2, month, 4)]


def test_a_second_cdn_forgets_what_moves_with_the_channel() -> None:
    here = Deployments("1.0.0")
    here.move("1.1.0")
    here.deliver()
    assert here.second.asked["move-2"] == (
        "/checkout/latest/",
        "/checkout/~1/",
        "/checkout/~1.0/",
        "/checkout/~1.1/",
    )


def test_the_root_widget_has_its_shorter_paths_too() -> None:
    here = Deployments("1.0.0", root_widget=WIDGET)
    assert here.cloudfront.asked["move-1"] == ("/_latest/checkout/", "/checkout/latest/", "/latest/")
    assert {"/latest/", "/~1/", "/~1.0/"} < set(here.second.asked["move-1"])
    assert here.state.invalidation_paths(START.strftime("%Y-%m")) == 3


def test_ranges_of_moves_that_were_overtaken_are_forgotten_with_the_next() -> None:
    here = Deployments("1.0.0")
    overtaken = here.move("1.1.0")
    here.move("1.2.0")
    assert here.deliver(overtaken).end is End.OVERTAKEN
    here.deliver()
    assert "/checkout/~1.1/" in here.second.asked["move-3"]
    assert "move-2" not in here.cloudfront.asked


def test_a_move_that_was_overtaken_while_it_was_brought_leaves_its_ranges_to_the_next() -> None:
    """2 counts its invalidation and is overtaken before it reaches the second CDN; so is 3."""
    here = Deployments("1.0.0")
    here.move("1.1.0")
    moves = iter(["1.2.0", "1.0.0"])

    def overtake(seconds: float) -> None:
        here.time.sleep(seconds)
        if (version := next(moves, None)) is not None:
            here.move(version)

    here.propagate = replace(here.propagate, refresh=replace(here.propagate.refresh, sleep=overtake))
    assert [here.deliver().end, here.deliver().end] == [End.OVERTAKEN, End.OVERTAKEN]
    assert "move-2" in here.cloudfront.asked
    assert here.deliver().end is End.VERIFIED
    assert {"/checkout/~1.0/", "/checkout/~1.1/", "/checkout/~1.2/"} < set(here.second.asked["move-4"])


@pytest.mark.parametrize("pinned", [True, False])
@pytest.mark.parametrize(("lag", "refreshes"), [(0, 1), (10, 1), (11, 2), (25, 2), (45, 2)])
def test_the_second_cdn_is_refreshed_until_it_has_the_new_version(lag: float, refreshes: int, pinned: bool) -> None:
    """However late the edge sees the move: nothing promises that it does while propagation waits."""
    here = Deployments("1.0.0", pinned=pinned)
    here.edge.lag = lag
    here.move("1.1.0")
    here.second.get(f"/{WIDGET}/latest/widget.js")
    assert here.deliver().end is End.VERIFIED
    assert len([reference for reference in here.second.asked if reference.startswith("move-2")]) == refreshes
    assert here.second.cache[f"/{WIDGET}/latest/widget.js"].body == b"two"


def test_a_second_cdn_that_asks_where_the_move_is_late_is_refreshed_a_bounded_number_of_times() -> None:
    here = Deployments("1.0.0")
    late = FakeWeb(here.state, here.site, here.time, lag=10_000, pinned=True)
    here.second.origin = late
    here.move("1.1.0")
    assert here.deliver().end is End.FAILED
    again = [reference for reference in here.second.asked if reference.startswith("move-2-")]
    assert again == ["move-2-1", "move-2-2", "move-2-4", "move-2-8"]
    late.lag = 30
    here.move("1.2.0")
    assert here.deliver().end is End.VERIFIED


@pytest.mark.parametrize("fault", [CdnBusy("429"), TimeoutError("no answer"), CdnRefused("403")])
def test_a_second_refresh_that_fails_is_tried_again_while_it_is_verified(fault: Exception) -> None:
    here = Deployments("1.0.0")
    here.second.origin = FakeWeb(here.state, here.site, here.time, lag=12, pinned=True)
    here.move("1.1.0")
    refresh, faults = here.second.refresh, iter([None, fault, fault])

    def failing(folders: Sequence[str], reference: str) -> int:
        here.second.fault = next(faults, None)
        return refresh(folders, reference)

    here.second.refresh = failing  # type: ignore[method-assign]
    assert here.deliver().end is End.VERIFIED


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({"access-control-allow-origin": ""}, MismatchKind.HEADERS),
        ({"cache-control": "public, max-age=14400"}, MismatchKind.HEADERS),
        ({"x-amz-meta-version": "1.0.0"}, MismatchKind.VERSION),
    ],
)
def test_what_a_moving_path_answers_itself_is_verified_too(headers: dict[str, str], kind: MismatchKind) -> None:
    here = Deployments("1.0.0")
    here.move("1.1.0")
    here.edge.headers = headers
    done = here.deliver()
    assert done.verification is not None
    assert {mismatch.kind for mismatch in done.verification.mismatches} == {kind}


def test_an_overtaken_move_still_leaves_the_copies_right() -> None:
    here = Deployments("1.0.0", "1.1.0")
    here.copies.copy(WIDGET, Version.parse("1.0.0"), dict.fromkeys(FILES["1.0.0"], "text/javascript"))
    assert here.deliver(1).end is End.OVERTAKEN
    assert here.holds("1.1.0")


@pytest.mark.parametrize("moment", ["chunk-b.js", "style.css", "widget.js", MANIFEST_NAME])
def test_a_move_that_is_overtaken_while_it_copies(moment: str) -> None:
    here = Deployments("1.0.0")
    number = here.move("1.1.0")

    def overtake(path: str) -> None:
        if path == moment and here.channel.sequence == number:
            here.move("1.2.0")

    here.copies.before_copy = overtake
    assert here.deliver(number).end is End.OVERTAKEN
    assert here.holds("1.2.0")
    assert here.deliver().end is End.VERIFIED
    assert here.latest_copies() == release_of("1.2.0")
    assert here.deployment_events() == [EventType.DEPLOYMENT_VERIFIED] * 2


def documents(*versions: str) -> Deployments:
    """Deployments of releases that are documents, one of them from before there was a directory index."""
    here = Deployments()
    for version in versions:
        manifest = here.site.manifest(WIDGET, Version.parse(version))
        assert manifest is not None
        prefix = f"{WIDGET}/v{version}/"
        body = here.site.objects[f"{prefix}widget.js"].body
        files = {"index.html": replace(manifest.files["widget.js"], content_type="text/html"), **manifest.files}
        here.site.put(f"{prefix}index.html", Stored(body, version))
        here.site.put(prefix, Stored(body, version))
        document = replace(manifest, kind=Kind.HTML, entrypoint="index.html", files=files)
        here.site._manifests[f"{prefix}{MANIFEST_NAME}"] = document
    return here


def test_the_directory_index_of_a_document_is_copied_and_retired() -> None:
    here = documents("1.0.0", "1.1.0")
    index = f"_latest/{WIDGET}/"
    for version in ("1.0.0", "1.1.0"):
        here.move(version)
        here.deliver()
        assert here.site.objects[index] == Stored(FILES[version]["widget.js"], version)
    here.site.objects[index] = Stored(b"other", "1.1.0")
    found = list(here.propagate.verify._copies(WIDGET, *released(here, "1.1.0")))
    assert [mismatch.path for mismatch in found] == [f"/{WIDGET}/latest/"]
    # What the copies lack is brought there, and that ends.
    here.propagate.copy_latest.settle(WIDGET)
    assert not list(here.propagate.verify._copies(WIDGET, *released(here, "1.1.0")))
    here.move("1.2.0")
    here.deliver()
    assert here.site.objects[index].retired_at is not None


def test_a_document_from_before_there_was_a_directory_index_is_copied_without() -> None:
    here = documents("1.0.0")
    del here.site.objects[f"{WIDGET}/v1.0.0/"]
    here.move("1.0.0")
    here.deliver()
    assert here.site.objects[f"_latest/{WIDGET}/index.html"].body == b"one"
    assert f"_latest/{WIDGET}/" not in here.site.objects
    assert not list(here.propagate.verify._copies(WIDGET, *released(here, "1.0.0")))


def released(here: Deployments, version: str) -> tuple[Version, Manifest]:
    manifest = here.site.manifest(WIDGET, Version.parse(version))
    assert manifest is not None
    return manifest.version, manifest


class Died(BaseException):
    """As a process does: nothing in the program catches it."""


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("cdn", ["cloudfront", "second"])
def test_a_run_that_dies_at_a_cdn_is_run_again_by_its_event(cdn: str, when: str) -> None:
    here = Deployments("1.0.0")
    here.second.get(f"/{WIDGET}/latest/widget.js")
    here.move("1.1.0")
    dying: FakeCdn = getattr(here, cdn)
    refresh = dying.refresh

    def die(folders: Sequence[str], reference: str) -> int:
        if when == "after":
            refresh(folders, reference)
        raise Died

    dying.refresh = die  # type: ignore[method-assign]
    with pytest.raises(Died):
        here.deliver()
    dying.refresh = refresh  # type: ignore[method-assign]
    assert here.deployment_events() == [EventType.DEPLOYMENT_VERIFIED], "of the first move alone"
    assert here.deliver().end is End.VERIFIED
    assert here.second.cache[f"/{WIDGET}/latest/widget.js"].body == b"two"
    assert list(here.cloudfront.asked) == ["move-1", "move-2"]
    assert here.state.invalidation_paths(START.strftime("%Y-%m")) == 4


def test_a_busy_cdn_is_asked_again_until_it_takes_it() -> None:
    here = Deployments("1.0.0")
    here.move("1.1.0")
    here.cloudfront.busy, here.second.busy, here.second.retry_after = 4, 3, 30
    began = here.time.now
    assert here.deliver().end is End.VERIFIED
    assert timedelta(seconds=90) < here.time.now - began < timedelta(seconds=240)


@pytest.mark.parametrize("fault", [CdnBusy("429"), TimeoutError("no answer")])
def test_a_cdn_that_stays_busy_or_silent_is_left_to_the_next_run(fault: Exception) -> None:
    here = Deployments("1.0.0")
    here.move("1.1.0")
    here.second.fault = fault
    with pytest.raises(type(fault)):
        here.deliver()
    assert here.deployment_events() == [EventType.DEPLOYMENT_VERIFIED], (
        "there is no verification yet on the second move"
    )
    here.second.fault = None
    assert here.deliver().end is End.VERIFIED
    assert here.state.invalidation_paths(START.strftime("%Y-%m")) == 4


def test_a_move_that_is_asked_for_again_is_brought_there_again() -> None:
    here = Deployments("1.0.0", "1.1.0")
    here.site.objects[f"_latest/{WIDGET}/style.css"] = Stored(b"planted", "1.1.0")
    request = RequestDeployment(here.state, lambda _: None)
    request(WIDGET, LATEST, Occasion("test", "ann", "a byte is wrong", here.time.now))
    asked = here.state.log[-1]
    occasion = Occasion("test", "edgeship:propagation", "asked for", here.time.now)
    done = here.propagate(WIDGET, LATEST, here.channel.sequence, asked.event_id, occasion)
    assert done.end is End.VERIFIED
    assert here.latest_copies() == release_of("1.1.0")
    assert list(here.cloudfront.asked) == ["move-1", "move-2", asked.event_id]
    assert here.second.asked[asked.event_id] == here.second.asked["move-2"], "the same ranges again"
    verified = [event for event in here.state.log if event.type is EventType.DEPLOYMENT_VERIFIED]
    assert len({event.event_id for event in verified}) == len(verified) == 3
    assert here.state.invalidation_paths(START.strftime("%Y-%m")) == 6


def test_a_cdn_that_refuses_fails_the_deployment_and_keeps_no_other_from_it() -> None:
    here = Deployments("1.0.0")
    here.move("1.1.0")
    here.second.fault = CdnRefused("the purge was answered 403 10000 Authentication error")
    done = here.deliver()
    assert done.end is End.FAILED
    assert done.verification is not None
    kinds = {(mismatch.where, mismatch.kind) for mismatch in done.verification.mismatches}
    assert ("cloudflare", MismatchKind.NOT_REFRESHED) in kinds
    assert "move-2" in here.cloudfront.asked
    assert here.deployment_events()[-1] is EventType.DEPLOYMENT_FAILED


def test_a_mismatch_of_one_byte_in_a_copy_is_found_and_named() -> None:
    here = Deployments("1.0.0")
    here.move("1.1.0")

    def plant(seconds: float) -> None:
        here.site.objects[f"_latest/{WIDGET}/style.css"] = Stored(b"cSs", "1.1.0")
        here.time.sleep(seconds)

    here.propagate = replace(here.propagate, refresh=replace(here.propagate.refresh, sleep=plant))
    done = here.deliver()
    assert done.end is End.FAILED
    assert done.verification is not None
    (mismatch,) = done.verification.mismatches
    assert (mismatch.where, mismatch.path, mismatch.kind) == (
        "latest_copies",
        "/checkout/latest/style.css",
        MismatchKind.BYTES,
    )
    assert "/checkout/latest/style.css" in here.state.log[-1].cause


def test_a_cache_that_keeps_the_old_version_is_found() -> None:
    here = Deployments("1.0.0")
    here.second.get(f"/{WIDGET}/latest/widget.js")
    here.second.refresh = lambda folders, reference: 0  # type: ignore[method-assign]
    here.move("1.1.0")
    done = here.deliver()
    assert done.end is End.FAILED
    assert done.verification is not None
    found = {(mismatch.where, mismatch.path): mismatch for mismatch in done.verification.mismatches}
    mismatch = found["cloudflare", "/checkout/latest/widget.js"]
    assert (mismatch.kind, mismatch.expected, mismatch.got) == (MismatchKind.VERSION, "1.1.0", "1.0.0")


COMPRESSED = {"widget.js": b"four", "app.js": b"a" * 50, "app.js.br": b"br", "app.js.gz": b"gzip"}


def with_siblings() -> Deployments:
    here = Deployments("1.0.0")
    here.world.register("1.3.0")
    here.site.publish(WIDGET, "1.3.0", COMPRESSED)
    here.move("1.3.0")
    return here


def test_what_is_served_by_accept_encoding_is_verified_too() -> None:
    here = with_siblings()
    done = here.deliver()
    assert done.end is End.VERIFIED
    assert {key.partition(" ")[2] for key in here.second.cache if "app.js" in key} >= {"br-gzip", "br", "gzip"}


@pytest.mark.parametrize("fault", ["other bytes", "no coding", "gone"])
def test_an_encoded_file_that_is_not_the_builds_fails_but_never_rolls_back(fault: str) -> None:
    here = with_siblings()
    key = f"_encoded/br/{WIDGET}/v1.3.0/app.js"
    if fault == "gone":
        del here.site.objects[key]
    else:
        stored = here.site.objects[key]
        changed = replace(stored, body=b"bR") if fault == "other bytes" else replace(stored, encoding="")
        here.site.objects[key] = changed
    done = here.deliver()
    assert done.end is End.FAILED
    assert done.verification is not None
    found = {(each.where, each.path, each.kind) for each in done.verification.mismatches}
    assert found == {(cdn, f"/{WIDGET}/v1.3.0/app.js", MismatchKind.HEADERS) for cdn in ("cloudfront", "cloudflare")}
    assert all("content-encoding: br, SHA-256" in each.expected for each in done.verification.mismatches)
    assert not any(each.condemns for each in done.verification.mismatches)


def test_a_cdn_that_gives_no_answer_is_found() -> None:
    here = Deployments("1.0.0")
    here.move("1.1.0")

    def get(path: str, query: str = "", taken: str = "") -> object:
        raise ConnectionRefusedError

    here.second.get = get  # type: ignore[assignment, method-assign]
    done = here.deliver()
    assert done.end is End.FAILED
    assert done.verification is not None
    assert {mismatch.kind for mismatch in done.verification.mismatches} == {MismatchKind.UNREACHABLE}
    assert not any(mismatch.condemns for mismatch in done.verification.mismatches)


def test_what_a_rollout_serves_meanwhile_is_right_too() -> None:
    here = Deployments("1.0.0")
    here.move("1.1.0")
    here.world.change_policy(WIDGET, lambda _: POLICY, Occasion("test", "ann", "slowly", here.time.now))
    here.world.start_rollout(WIDGET, Version.parse("1.2.0"), LATEST, Occasion("test", "ann", "start", here.time.now))
    here.edge.candidates[WIDGET] = "1.2.0"
    assert here.deliver().end is End.VERIFIED, "chunk-b.js is not in the candidate: 404 is right for its users"
    here.state.commit(Transaction(puts=(replace(here.channel, rollout=None),), events=()))
    here.move("1.0.0")
    assert here.deliver().end is End.FAILED, "nobody may get 1.2.0 any more"


class Interleaving:
    """Runs inside of runs: before any copy, as drawn, the pointer moves, another event is delivered, or the run dies.

    An event is pending until a run that it began has ended; a run that died is begun again by its event.
    """

    def __init__(self, data: st.DataObject) -> None:
        self.here = Deployments("1.0.0")
        self.data = data
        self.pending: list[int] = []
        self.actions_left = 12
        self.here.copies.before_copy = self.before_copy

    def move(self) -> None:
        others = sorted(FILES.keys() - {str(self.here.channel.version)})
        self.pending.append(self.here.move(self.data.draw(st.sampled_from(others))))

    def deliver_one(self) -> None:
        number = self.data.draw(st.sampled_from(self.pending[::-1]))
        try:
            self.here.deliver(number)
        except Died:
            # Another run of the same event may have ended meanwhile, inside of this one.
            if number not in self.pending:
                self.pending.append(number)
            return
        if number in self.pending and self.data.draw(st.sampled_from([True, True, False])):
            self.pending.remove(number)  # else it comes once more

    def before_copy(self, _: str) -> None:
        if self.actions_left == 0:
            return
        action = self.data.draw(
            st.sampled_from(["copy", "copy", "move and deliver", "move and deliver", "deliver", "die"])
        )
        if action == "copy":
            return
        self.actions_left -= 1
        if action == "die":
            raise Died
        if action == "move and deliver":
            self.move()
        if self.pending:
            self.deliver_one()


@settings(max_examples=examples(100, 10_000))
@given(data=st.data())
def test_however_the_runs_interleave_repeat_and_die_the_copies_end_as_the_pointer(data: st.DataObject) -> None:
    runs = Interleaving(data)
    runs.move()
    while runs.pending:
        runs.deliver_one()
    here = runs.here
    assert here.holds(str(here.channel.version))
    concluded = here.state.deployment(WIDGET, LATEST)
    assert concluded.sequence == here.channel.sequence
    assert concluded.verification is not None
    assert here.state.invalidation_paths(START.strftime("%Y-%m")) == 2 * len(here.cloudfront.asked)


def test_verifications_are_dated() -> None:
    here = Deployments("1.0.0")
    done = here.deliver()
    assert done.verification is not None
    assert datetime.fromisoformat(done.verification.at) <= here.time.now
