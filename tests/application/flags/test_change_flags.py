"""Flags change as a whole or not at all, each with its event, and reach the edge's snapshot."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from edgeship.application.channels.route_channel import RouteChannel
from edgeship.application.edge.check_flags import CheckFlags
from edgeship.application.flags.change_flags import ChangeFlags, FlagsFile
from edgeship.application.flags.check_set import FlagsRefused
from edgeship.application.transaction import Transaction
from edgeship.domain.channels.channel import Channel
from edgeship.domain.errors import Conflict, Refused
from edgeship.domain.events import EventType, Occasion
from edgeship.domain.flags.flags_snapshot import decode, encode, entries_of, snapshot_size
from edgeship.domain.flags.records.flag_record import rolled_out, toggled
from edgeship.domain.flags.snapshot_limits import MAX_GZIPPED_BYTES, MAX_RAW_BYTES
from edgeship.domain.version import Version
from functions.edge import flag_snapshot
from tests.fakes.edge import FakeFlagSnapshots, FakeSnapshots, refresh_flags
from tests.fakes.state import FakeState
from tests.support.edge import Edge, records_of

ANN = Occasion("test", "ann", "launch", datetime(2026, 11, 23, 10, tzinfo=UTC))


def flag(key: str = "new-checkout", **fields: Any) -> dict[str, Any]:
    return {"key": key, "variants": {"on": True, "off": False}, "default_variant": "off", **fields}


def file(*flags: dict[str, Any], **evaluators: Any) -> FlagsFile:
    return FlagsFile({f["key"]: f for f in flags}, evaluators)


def changer(state: FakeState) -> ChangeFlags:
    return ChangeFlags(state, CheckFlags(state, FakeSnapshots()), pause=lambda _: None)


def keys(state: FakeState) -> list[str]:
    return [record.key for record in state.flags() if record.document is not None]


def test_applying_a_file_makes_changes_with_an_event_each() -> None:
    state = FakeState()
    made = changer(state).apply(file(flag("a"), flag("b")), ANN, prune=False, dry_run=False)
    assert [(change.key, change.old) for change in made] == [("a", None), ("b", None)]
    assert changer(state).apply(file(flag("a")), ANN, prune=False, dry_run=False) == []
    (changed,) = changer(state).apply(file(flag("a", enabled=False)), ANN, prune=False, dry_run=False)
    assert changed.old == flag("a")
    assert keys(state) == ["a", "b"]
    (deleted,) = changer(state).apply(file(flag("a", enabled=False)), ANN, prune=True, dry_run=False)
    assert deleted.new is None
    assert keys(state) == ["a"]
    assert [e.type for e in state.log] == [EventType.FLAG_CHANGED] * 4
    assert len({e.event_id for e in state.log}) == 4
    assert (state.log[2].old or {})["key"] == "a"
    assert (state.log[2].new or {})["enabled"] is False
    assert state.log[2].actor == "ann"


def test_a_dry_run_changes_nothing() -> None:
    state = FakeState()
    assert len(changer(state).apply(file(flag()), ANN, prune=False, dry_run=True)) == 1
    assert state.flags() == []
    assert state.log == []


def test_a_faulty_file_lists_every_fault_and_nothing_is_applied() -> None:
    state = FakeState()
    bad = file(
        flag("good"), flag("one", default_variant="gone"), flag("two", rollout={"variant": "on", "percentage": 101})
    )
    with pytest.raises(FlagsRefused) as refused:
        changer(state).apply(bad, ANN, prune=False, dry_run=False)
    places = [place for place, _ in refused.value.problems]
    assert any(place.startswith("/flags/one") for place in places)
    assert any(place.startswith("/flags/two") for place in places)
    assert state.flags() == []


def test_a_set_that_could_pass_the_cdns_limit_is_refused_with_its_heaviest() -> None:
    state = FakeState()
    heavy = [flag(f"heavy-{n}", variants={"on": "x" * 9_000 * n, "off": ""}) for n in (1, 2, 3)]
    with pytest.raises(Refused) as refused:
        changer(state).apply(file(flag("light"), *heavy), ANN, prune=False, dry_run=False)
    assert refused.value.code == "flags_too_large"
    assert refused.value.reason.index("heavy-3") < refused.value.reason.index("heavy-2")
    hidden = [{**f, "public": False} for f in heavy]
    assert len(changer(state).apply(file(flag("light"), *hidden), ANN, prune=False, dry_run=False)) == 4


def test_each_flag_set_has_the_cdns_limit_to_itself() -> None:
    state = FakeState()
    half = [flag(f"half-{n}", variants={"on": "x" * 20_000, "off": ""}) for n in range(3)]
    with pytest.raises(Refused, match="A bulk answer could have"):
        changer(state).apply(file(*half), ANN, prune=False, dry_run=False)
    sets = [{**f, "flag_set": name} for f, name in zip(half, ["shop", "shop", "cart"], strict=True)]
    with pytest.raises(Refused, match="A bulk answer of the flag set shop could have") as refused:
        changer(state).apply(file(*sets), ANN, prune=False, dry_run=False)
    assert '"flag_set"' in refused.value.remedy
    assert len(changer(state).apply(file(half[0], *sets[1:]), ANN, prune=False, dry_run=False)) == 3


def test_each_flag_set_has_the_work_of_an_answer_to_itself() -> None:
    state = FakeState()
    rule = {"cat": ["on"] * 1_900}
    heavy = [flag(f"heavy-{n}", targeting=rule, flag_set="shop") for n in range(6)]
    with pytest.raises(Refused, match="of all public flags of the flag set shop has 11,4"):
        changer(state).apply(file(*heavy), ANN, prune=False, dry_run=False)
    assert changer(state).apply(file({**heavy[0], "flag_set": "cart"}, *heavy[1:5]), ANN, prune=False, dry_run=False)


def targeting(key: str, users: int, **fields: Any) -> dict[str, Any]:
    """A flag for servers, whose users' hashes neither JSON nor gzip makes short."""
    return flag(key, public=False, target_users=[f"user-{n}" for n in range(users)], **fields)


PADDING = 6
"""Flags: one alone would be too large for the event of its change."""


def padded(documents: list[dict[str, Any]], excess: int, name: str = "padding") -> list[dict[str, Any]]:
    """The documents with as much text as brings their snapshot to the limit of its raw size, and `excess` bytes."""
    # Empty metadata are left out of an entry, but not metadata with an empty text.
    padding = [{**flag(f"{name}-{n}", public=False), "metadata": {"text": ""}} for n in range(PADDING)]
    known = {document["key"]: document for document in (*documents, *padding)}
    each, rest = divmod(MAX_RAW_BYTES - snapshot_size(known).raw + excess, PADDING)
    texts = [each + (rest if n == 0 else 0) for n in range(PADDING)]
    return [*documents, *({**f, "metadata": {"text": "x" * text}} for f, text in zip(padding, texts, strict=True))]


def test_the_largest_snapshot_is_accepted_and_the_edge_reads_it() -> None:
    state = FakeState()
    largest = padded([targeting("many", 5_000), targeting("few", 10)], excess=0)
    changer(state).apply(file(*largest), ANN, prune=False, dry_run=False)
    home = FakeFlagSnapshots()
    refresh_flags(state, home, now=lambda: ANN.at)()
    raw = zlib.decompress(home.body or b"", 31)
    assert len(raw) == MAX_RAW_BYTES
    revision, entries = flag_snapshot.unpack(home.body or b"")
    assert revision == int(ANN.at.timestamp()) + 1
    assert len(flag_snapshot.compiled(entries, "production", pytest.fail)) == 2 + PADDING


def test_a_snapshot_one_byte_over_the_limit_is_refused_with_its_heaviest_flags() -> None:
    state = FakeState()
    with pytest.raises(Refused) as refused:
        changer(state).apply(file(*padded([targeting("many", 5_000)], excess=1)), ANN, prune=False, dry_run=True)
    assert refused.value.code == "flags_too_large"
    assert f"would have {MAX_RAW_BYTES + 1:,} bytes as JSON; the edge reads up to 524,288" in refused.value.reason
    assert refused.value.reason.index("many (") < refused.value.reason.index("padding-0 (")
    assert "delete flags" in refused.value.remedy
    assert state.flags() == []


def test_a_snapshot_that_gzip_does_not_make_short_is_refused_by_its_stored_size() -> None:
    state = FakeState()
    users = next(
        n for n in range(9_000, 13_000, 100) if snapshot_size({"f": targeting("f", n)}).gzipped > MAX_GZIPPED_BYTES
    )
    changer(state).edit("f", lambda _: targeting("f", users - 100), ANN)
    with pytest.raises(Refused, match="bytes gzipped; the edge reads up to 204,800"):
        changer(state).edit("f", lambda _: targeting("f", users), ANN)
    # Whatever is in the table, a flag can be switched off: disabled, it is a small entry.
    changer(state).edit("f", lambda document: toggled("f", document, False), ANN)


def test_what_the_table_holds_between_two_transactions_is_read_as_well() -> None:
    """The old set and the new one are each at the limit, and share no flag."""

    def halves(name: str) -> list[dict[str, Any]]:
        return [targeting(f"{name}-{n}", 9_000 // 60) for n in range(60)]

    old = {f["key"]: f for f in padded(halves("old"), excess=0)}
    new = {f["key"]: f for f in padded(halves("new"), excess=0, name="other")}
    both = encode({"schema": 1, "revision": 1, "flags": entries_of({**old, **new})})
    assert len(zlib.decompress(both, 31)) > 2 * MAX_RAW_BYTES - 1_000
    assert len(flag_snapshot.unpack(both)[1]) == 120 + 2 * PADDING


def test_more_flags_than_a_transaction_holds_are_applied_and_a_cut_off_run_is_completed() -> None:
    class Dying(FakeState):
        def __init__(self, commits: int) -> None:
            super().__init__()
            self.left = commits

        def commit(self, transaction: Transaction) -> None:
            if self.left == 0:
                raise KeyboardInterrupt
            self.left -= 1
            assert len(transaction.puts) + len(transaction.events) <= 100
            super().commit(transaction)

    wanted = file(*(flag(f"flag-{n:03}") for n in range(100)))
    state = Dying(commits=1)
    with pytest.raises(KeyboardInterrupt):
        changer(state).apply(wanted, ANN, prune=False, dry_run=False)
    assert len(keys(state)) == 40
    state.left = 99
    assert len(changer(state).apply(wanted, ANN, prune=False, dry_run=False)) == 60
    assert len(keys(state)) == 100
    assert len({e.event_id for e in state.log}) == 100


def test_an_edit_that_loses_a_race_edits_what_won() -> None:
    state = FakeState()
    changer(state).apply(file(flag("a", metadata={"owner": "x"})), ANN, prune=False, dry_run=False)

    class Racing(FakeState):
        raced = False

        def __getattribute__(self, name: str) -> Any:
            if name == "commit" and not Racing.raced:
                Racing.raced = True
                changer(state).edit("a", lambda d: {**(d or {}), "metadata": {"owner": "y"}}, ANN)
            return getattr(state, name)

    changer(Racing()).edit("a", lambda d: toggled("a", d, None), ANN)
    (record,) = state.flags()
    assert record.document == flag("a", metadata={"owner": "y"}, enabled=False)


def test_a_flag_deleted_and_made_again_never_repeats_an_event() -> None:
    state = FakeState()
    for _ in range(3):
        changer(state).edit("a", lambda _: flag("a"), ANN)
        changer(state).edit("a", lambda _: None, ANN)
    assert keys(state) == []
    assert len({e.event_id for e in state.log}) == 6


def test_target_users_are_counted_in_events_not_named() -> None:
    state = FakeState()
    changer(state).edit("a", lambda _: flag("a", target_users=["ann@example.com"]), ANN)
    assert "ann@example.com" not in repr(state.log)
    assert (state.log[0].new or {})["target_users"] == 1


@pytest.mark.parametrize(
    ("document", "percentage", "variant", "expected"),
    [
        (flag(), 25, None, {"variant": "on", "percentage": 25}),
        (
            flag(rollout={"variant": "on", "percentage": 5, "schedule": []}),
            0.25,
            None,
            {"variant": "on", "percentage": 0.25},
        ),
        (flag(variants={"a": 1, "b": 2, "off": 0}), 5, "b", {"variant": "b", "percentage": 5}),
        (flag(variants={"a": 1, "b": 2, "off": 0}), 5, None, "variant_missing"),
        (None, 5, None, "flag_unknown"),
    ],
)
def test_a_rollout_by_hand(document: Any, percentage: float, variant: str | None, expected: Any) -> None:
    if isinstance(expected, str):
        with pytest.raises(Refused) as refused:
            rolled_out("a", document, percentage, variant)
        assert refused.value.code == expected
    else:
        assert rolled_out("a", document, percentage, variant)["rollout"] == expected


def relayed(state: FakeState) -> dict[str, Any]:
    edge = Edge(state)
    edge.deliver(records_of(state.log))
    content = decode(edge.flags.body or b"")
    assert content is not None
    return dict(content)


def test_the_relay_brings_flags_to_the_edge_without_the_names_of_users() -> None:
    state = FakeState()
    rule = {"==": [{"var": "plan"}, "pro"]}
    targeted = flag("b", targeting={"if": [{"$ref": "pro"}, "on", "off"]})
    changer(state).apply(file(flag("a", target_users=["ann"]), targeted, pro=rule), ANN, prune=False, dry_run=False)
    flags = relayed(state)["flags"]
    assert set(flags) == {"a", "b"}
    assert "ann" not in repr(flags)
    assert flags["b"]["targeting"] == {"if": [rule, "on", "off"]}
    changer(state).edit("a", lambda _: None, ANN)
    assert set(relayed(state)["flags"]) == {"b"}


def test_a_channel_is_routed_by_a_flag_that_exists_and_names_versions() -> None:
    state = FakeState()
    changer(state).apply(
        file(flag("on-off"), flag("ab", variants={"on": "1.1.0", "off": "1.0.0"})), ANN, prune=False, dry_run=False
    )
    route = RouteChannel(state, state, pause=lambda _: None)
    for key, code in (("gone", "flag_unknown"), ("on-off", "flag_type"), ("ab", "nothing_live")):
        with pytest.raises(Refused) as refused:
            route("checkout", "latest", key, ANN)
        assert refused.value.code == code
    live = Channel("checkout", "latest", Version.parse("1.0.0"), 1)
    state.commit(Transaction(puts=(live,), events=()))
    assert route("checkout", "latest", "ab", ANN).flag == "ab"
    with pytest.raises(Refused, match="already"):
        route("checkout", "latest", "ab", ANN)
    assert route("checkout", "latest", None, ANN).flag is None
    assert [e.type for e in state.log[-2:]] == [EventType.CHANNEL_ROUTED] * 2
    with pytest.raises(Conflict):
        state.commit(Transaction(puts=(replace(live, flag="ab"),), events=()))


@pytest.mark.parametrize("change", ["delete", "prune", "variants"])
def test_a_required_flag_keeps_its_variants(change: str) -> None:
    state = FakeState()
    flags = changer(state)
    flags.apply(file(flag("a", requires={"b": "on"}), flag("b")), ANN, prune=False, dry_run=False)
    changes: dict[str, Callable[[], object]] = {
        "delete": lambda: flags.edit("b", lambda _: None, ANN),
        "prune": lambda: flags.apply(file(flag("a", requires={"b": "on"})), ANN, prune=True, dry_run=False),
        "variants": lambda: flags.edit("b", lambda known: {**(known or {}), "variants": {"off": False}}, ANN),
    }
    with pytest.raises(Refused) as refused:
        changes[change]()
    assert refused.value.code == "flag_required"
    assert "require it: a" in str(refused.value)
    assert keys(state) == ["a", "b"]
    flags.edit("b", lambda known: toggled("b", known, False), ANN)
    flags.apply(file(), ANN, prune=True, dry_run=False)
    assert keys(state) == []


def test_requirements_are_held_to_the_flags_that_there_are() -> None:
    state = FakeState()
    flags = changer(state)
    with pytest.raises(FlagsRefused) as refused:
        flags.apply(file(flag("a", requires={"b": "on"})), ANN, prune=False, dry_run=False)
    assert refused.value.problems == [("/flags/a/requires/b", "there is no flag 'b'")]
    flags.apply(file(flag("b")), ANN, prune=False, dry_run=False)
    flags.apply(file(flag("a", requires={"b": "on"})), ANN, prune=False, dry_run=False)
    with pytest.raises(FlagsRefused) as refused:
        flags.edit("b", lambda known: {**(known or {}), "requires": {"a": "on"}}, ANN)
    assert refused.value.problems == [("/flags/b/requires", "goes round: b requires a requires b")]
    with pytest.raises(FlagsRefused) as refused:
        flags.edit("a", lambda known: {**(known or {}), "requires": {"b": "grey"}}, ANN)
    assert refused.value.problems == [("/flags/a/requires/b", "'grey' is not one of the variants of 'b'")]


def test_targeting_of_required_flags_counts_for_the_answers_of_those_that_require_them() -> None:
    state = FakeState()
    heavy = {"or": [{"==": [{"var": f"a{n}"}, 1]} for n in range(400)]}
    private = [flag(f"p{n}", public=False, targeting={"if": [heavy, "on", "off"]}) for n in range(20)]
    changer(state).apply(file(*private), ANN, prune=False, dry_run=False)
    with pytest.raises(Refused) as refused:
        changer(state).apply(
            file(flag("a", requires={f"p{n}": "off" for n in range(20)})), ANN, prune=False, dry_run=False
        )
    assert refused.value.code == "flags_too_large"


PRO = {"conditions": [{"attribute": "plan", "op": "eq", "values": ["pro"]}]}
FOR_PRO = [{"if": [{"segment": "pro"}], "variant": "on"}]


def test_a_change_of_a_segment_is_one_event_and_names_the_flags() -> None:
    state = FakeState()
    flags = changer(state)
    known = {"a": flag("a", rules=FOR_PRO), "b": flag("b"), "c": flag("c", rules=FOR_PRO)}
    flags.apply(FlagsFile(known, {}, {"pro": PRO}), ANN, prune=False, dry_run=False)
    changed = {"conditions": [{"attribute": "plan", "op": "eq", "values": ["pro", "team"]}]}
    [change] = flags.apply(FlagsFile(known, {}, {"pro": changed}), ANN, prune=False, dry_run=False)
    assert (change.key, change.affects) == ("$segments", ("a", "c"))
    assert len(state.log) == 5
    assert state.log[-1].new == {"key": "$segments", "segments": {"pro": changed}}
    edge = Edge(state)
    edge.deliver(records_of(state.log))
    assert flag_snapshot.unpack(edge.flags.body)[1]["a"]["rules"][0]["if"] == changed["conditions"]  # type: ignore[arg-type]


def test_a_segment_that_flags_use_stays() -> None:
    state = FakeState()
    flags = changer(state)
    flags.apply(FlagsFile({"a": flag("a", rules=FOR_PRO)}, {}, {"pro": PRO}), ANN, prune=False, dry_run=False)
    with pytest.raises(FlagsRefused) as refused:
        flags.apply(FlagsFile({"b": flag("b")}, {}, {"other": PRO}), ANN, prune=False, dry_run=False)
    assert refused.value.problems == [("/flags/a/rules/0/if/0/segment", "there is no segment 'pro'")]
    flags.edit("a", lambda known: toggled("a", known, False), ANN)
    assert keys(state) == ["$segments", "a"]


def test_a_flag_takes_no_users_of_another_one_in_its_layer() -> None:
    state = FakeState()
    flags = changer(state)
    flags.apply(file(flag("a", layer={"name": "x", "from": 0, "to": 50})), ANN, prune=False, dry_run=False)
    with pytest.raises(FlagsRefused) as refused:
        flags.apply(file(flag("b", layer={"name": "x", "from": 40, "to": 60})), ANN, prune=False, dry_run=False)
    assert refused.value.problems == [("/flags/b/layer", "flags 'b' and 'a' overlap: 40 to 60 % and 0 to 50 %")]
    flags.apply(file(flag("b", layer={"name": "x", "from": 50, "to": 60})), ANN, prune=False, dry_run=False)
    assert keys(state) == ["a", "b"]
