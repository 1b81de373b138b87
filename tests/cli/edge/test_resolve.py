"""What `edgeship resolve` says, and to which spelling of a URL."""

from __future__ import annotations

import pytest

from edgeship.cli import context
from tests.cli.command_line import CommandLine
from tests.cli.documentation import assert_as_documented
from tests.cli.pipeline import Pipeline
from tests.fakes.route_store import FakeRouteStore, bring
from tests.support.moto.aws import Aws

LATEST = "/checkout/latest/widget.js"


@pytest.fixture
def at_edge(rolling: CommandLine, aws: Aws, store: FakeRouteStore) -> CommandLine:
    bring(aws.state, aws.snapshots, store, "checkout")
    return rolling


def test_the_same_in_the_table_and_in_the_store(at_edge: CommandLine, store: FakeRouteStore) -> None:
    done = at_edge("resolve", f"https://widgets.example.com{LATEST}?user=ann#x")
    assert done.code == 0
    url, table, edge = done.out.splitlines()
    assert url == f"{LATEST}?user=ann"
    assert table.startswith("table: 1.0.0, 302 to /checkout/v1.0.0/widget.js?user=ann — stable; the candidate 1.1.0 is")
    assert "ann is in bucket " in table
    assert edge == f"store: the same (revision {store.values['.revision']})"
    assert done.err == ""


def test_the_document(at_edge: CommandLine) -> None:
    done = at_edge("resolve", f"{LATEST}?edgeship-track=candidate", "--user", "ann", "--json")
    assert_as_documented(done.document, "edgeship resolve")
    assert done.document["table"] == done.document["store"]
    assert done.document["table"]["location"] == "/checkout/v1.1.0/widget.js?edgeship-track=candidate"
    assert done.document["table"]["rollout"]["track"] == "candidate"
    assert done.document["same"] is True


def test_a_store_that_is_behind(at_edge: CommandLine) -> None:
    assert at_edge("promote", "checkout", "1.1.0", "--now").code == 0
    _, table, store, todo = at_edge("resolve", LATEST, "--user", "ann").out.splitlines()
    assert table == "table: 1.1.0, 302 to /checkout/v1.1.0/widget.js — latest points at it"
    assert store.startswith("store: 1.0.0, 302 to /checkout/v1.0.0/widget.js — stable; ")
    assert todo.startswith("what to do: the edge is behind the table for checkout; the minute tick repairs it")


def test_an_anonymous_user_is_noted(at_edge: CommandLine) -> None:
    assert "name one with --user" in at_edge("resolve", LATEST).err
    assert at_edge("resolve", LATEST, "--address", "192.0.2.7", "--user-agent", "Firefox").err == ""


@pytest.mark.parametrize(
    "spelling",
    [
        "checkout/~1/widget.js",
        "/checkout/~1/widget.js",
        "widgets.example.com/checkout/~1/widget.js",
        "localhost:8080/checkout/~1/widget.js",
        "HTTPS://widgets.example.com/checkout/~1/widget.js",
    ],
)
def test_spellings_of_a_url(at_edge: CommandLine, spelling: str) -> None:
    assert at_edge("resolve", spelling, "--json").document["url"] == "/checkout/~1/widget.js"


def test_a_path_is_kept_as_the_edge_gets_it(at_edge: CommandLine) -> None:
    assert at_edge("resolve", "checkout/~1/a b.js", "--json").document["url"] == "/checkout/~1/a%20b.js"
    found = at_edge("resolve", "/checkout/%7E1/widget.js", "--json").document
    assert (found["table"]["answer"], found["store"]) == ("unknown", None)
    assert "No release has the path" in found["table"]["reason"]


def test_an_exact_path(at_edge: CommandLine) -> None:
    for path in ("/checkout/v1.0.0/widget.js", "checkout/v1.0.0/widget.js"):
        assert at_edge("resolve", path).out.splitlines() == ["/checkout/v1.0.0/widget.js", "exact path; no code runs"]


def test_a_path_of_a_root_widget(at_edge: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context.Target, "_outputs", {"RootWidget": "checkout"})
    done = at_edge("resolve", "/latest/widget.js", "--user", "ann", "--json")
    assert done.document["table"]["location"] == "/checkout/v1.0.0/widget.js"
    assert done.document["same"] is True
    monkeypatch.setattr(context.Target, "_outputs", {})
    assert "write the widget's name, /<widget>/~1/widget.js" in at_edge("resolve", "~1/widget.js").out


def test_a_flag_that_routes(at_edge: CommandLine, aws: Aws, store: FakeRouteStore) -> None:
    at_edge("flags", "set", "ab", 'variants={"old": "1.0.0", "new": "1.1.0"}', "default_variant=old")
    at_edge("flags", "rollout", "ab", "100")
    assert at_edge("route", "checkout", "--flag", "ab").code == 0
    bring(aws.state, aws.snapshots, store, "checkout")
    table = at_edge("resolve", LATEST, "--user", "ann").out.splitlines()[1]
    assert "— flag ab chooses 1.1.0 for 100 % of the users; ann is in bucket " in table


def test_a_store_that_is_not_readable(rolling: CommandLine) -> None:
    done = rolling("resolve", LATEST, "--user", "ann")
    assert done.code == 0
    assert "store: not known: the store edgeship-test-routes can't be read: " in done.out


@pytest.mark.parametrize("words", [("https://widgets.example.com",), (f"{LATEST}?user=ann", "--user", "bob")])
def test_usage(at_edge: CommandLine, words: tuple[str, ...]) -> None:
    assert at_edge("resolve", *words).code == 2


def test_control_characters_do_not_reach_the_terminal(at_edge: CommandLine, pipeline: Pipeline) -> None:
    assert "\x1b" not in at_edge("resolve", f"{LATEST}?user=%1b[2J", "--user-agent", "\x1b[2J").out
