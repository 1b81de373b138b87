from __future__ import annotations

from datetime import UTC, datetime

import pytest

from edgeship.application.transaction import Transaction
from edgeship.domain.errors import Refused
from edgeship.domain.events import Occasion
from edgeship.domain.releases.rejection import Upload, reject
from tests.cli.command_line import CommandLine
from tests.cli.documentation import assert_as_documented
from tests.cli.pipeline import UPLOADER, Pipeline
from tests.support.moto.aws import Aws


@pytest.fixture
def story(at_once: CommandLine, pipeline: Pipeline) -> CommandLine:
    """checkout: 1.0.0 live again after 1.1.0 went wrong, 2.0.0 waiting, and one upload refused."""

    def happen() -> None:
        for version in ("1.0.0", "1.1.0", "2.0.0"):
            pipeline.ship("checkout", version)
        pipeline.ship("checkout", "1.2.0", {"../evil.js": b"x"})
        at_once("rollback", "checkout", "--reason", "prices are wrong")

    pipeline.once("story", happen)
    return at_once


def test_releases_lists_them_newest_first(story: CommandLine) -> None:
    done = story("releases", "checkout", "--json")
    assert done.code == 0
    assert_as_documented(done.document, "edgeship releases")
    listed = done.document["releases"]
    assert [(r["version"], r["channels"]) for r in listed] == [("2.0.0", []), ("1.1.0", []), ("1.0.0", ["latest"])]
    assert listed[1]["quarantine"]["cause"] == "prices are wrong"
    assert {r["registered_by"] for r in listed} == {UPLOADER}
    assert {(r["kind"], r["imported"]) for r in listed} == {("module", False)}


def test_releases_for_people(story: CommandLine) -> None:
    done = story("releases", "checkout")
    rows = {line.split()[0]: line for line in done.out.splitlines() if line.strip()[:1].isdigit()}
    assert list(rows) == ["2.0.0", "1.1.0", "1.0.0"]
    assert "latest" in rows["1.0.0"]
    assert "prices are wrong" in rows["1.1.0"]
    assert "module" in rows["1.0.0"]


def test_status_says_what_is_live_what_waits_and_what_was_refused(story: CommandLine) -> None:
    done = story("status", "checkout", "--json")
    assert done.code == 0
    assert_as_documented(done.document, "edgeship status")
    (widget,) = done.document["widgets"]
    (latest,) = widget["channels"]
    assert (latest["name"], latest["version"], latest["sequence"]) == ("latest", "1.0.0", 3)
    assert latest["lock"]["cause"] == "prices are wrong"
    assert [w["version"] for w in widget["waiting"]] == ["2.0.0"]
    assert [q["version"] for q in widget["quarantined"]] == ["1.1.0"]
    (refused,) = done.document["rejections"]
    assert refused["code"] == "path_unsafe"
    assert refused["archive"] == "rejected/checkout/1.2.0.tar.gz"
    assert "climbs out" in refused["reason"]
    assert refused["remedy"]


def test_status_of_everything(story: CommandLine, pipeline: Pipeline) -> None:
    pipeline.ship("banner", "0.1.0")
    done = story("status", "--json")
    assert [w["widget"] for w in done.document["widgets"]] == ["banner", "checkout"]
    assert done.document["environment"] == "test"


def test_status_for_people(story: CommandLine) -> None:
    for done in (story("status"), story("status", "checkout")):
        for fact in (
            "checkout",
            "LOCKED",
            "1.0.0",
            "prices are wrong",
            "climbs out",
            "next: edgeship promote checkout",
        ):
            assert fact in done.out


def test_an_empty_environment_has_a_status(edgeship: CommandLine) -> None:
    done = edgeship("status", "--json")
    assert (done.code, done.document["widgets"], done.document["rejections"]) == (0, [], [])


def test_history_shows_who_when_and_why(story: CommandLine) -> None:
    done = story("history", "checkout", "--json")
    assert done.code == 0
    moves = [e for e in done.document["events"] if e["type"] == "Pointer Moved"]
    assert_as_documented({"widget": "checkout", "events": moves[1:]}, "edgeship history")
    assert moves[0]["new"]["rollback"] is True
    assert [(m["old"]["version"], m["new"]["version"]) for m in moves] == [
        ("1.1.0", "1.0.0"),
        ("1.0.0", "1.1.0"),
        (None, "1.0.0"),
    ]
    assert moves[0]["cause"] == "prices are wrong"
    assert moves[0]["actor"].startswith("arn:aws:sts::123456789012:")
    times = [e["occurred_at"] for e in done.document["events"]]
    assert times == sorted(times, reverse=True)


def test_history_for_people(story: CommandLine) -> None:
    story("unlock", "checkout")
    story("unquarantine", "checkout", "1.1.0")
    lines = story("history", "checkout").out
    for fact in (
        "latest (nothing) → 1.0.0",
        "latest 1.0.0 → 1.1.0",
        "latest 1.1.0 → 1.0.0",
        "1.1.0 quarantined",
        "1.1.0 released from quarantine",
        "latest unlocked",
        "2.0.0 registered (4 files, ",
        "prices are wrong",
    ):
        assert fact in lines


def test_history_stops_at_the_limit(story: CommandLine) -> None:
    everything = story("history", "checkout", "--json").document["events"]
    assert story("history", "checkout", "--limit", "2", "--json").document["events"] == everything[:2]


@pytest.mark.parametrize("command", ["releases", "status", "history"])
def test_an_unknown_widget_is_refused_with_those_there_are(story: CommandLine, command: str) -> None:
    done = story(command, "chekout", "--json")
    assert (done.code, done.document["error"]["code"]) == (1, "widget_unknown")
    assert "checkout" in done.document["error"]["remedy"]


@pytest.mark.parametrize("command", ["releases", "history"])
def test_a_widget_that_never_got_further_than_a_refusal(
    edgeship: CommandLine, pipeline: Pipeline, command: str
) -> None:
    pipeline.ship("checkout", "1.0.0", {})
    done = edgeship(command, "checkout")
    assert done.code == 0
    assert done.out.strip() in ("checkout has no releases", "nothing has happened yet")


def test_control_characters_of_an_upload_do_not_reach_the_terminal(edgeship: CommandLine, aws: Aws) -> None:
    at = datetime(2026, 11, 23, tzinfo=UTC)
    upload = Upload("incoming/checkout/1.0.0\x1b[2J.zip", None, "etag", "1", 1, at, UPLOADER)
    refused = Refused("key_invalid", "It is \x1b[31mred.", "Don't.")
    rejection, event = reject(upload, refused, "rejected/x", Occasion("test", UPLOADER, "upload", at))
    aws.state.commit(Transaction(puts=(rejection,), events=(event,)))
    done = edgeship("status")
    assert "1.0.0\\x1b[2J.zip" in done.out
    assert "It is \\x1b[31mred." in done.out
    assert "\x1b" not in done.out


def test_the_json_of_a_reading_is_all_there_is_on_standard_output(story: CommandLine) -> None:
    for command in (("releases", "checkout"), ("status",), ("history", "checkout")):
        before, after = story("--json", *command), story(*command, "--json")
        assert before.document == after.document
        assert before.err == ""
