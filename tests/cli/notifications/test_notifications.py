from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from edgeship.adapters.documents.notifications_file import NotificationsFileModel, json_schema
from edgeship.adapters.dynamodb.deliveries import DynamoDBDeliveries
from edgeship.adapters.dynamodb.items import to_event
from edgeship.application.notifications.deliver_notice import DeliverNotice, Undelivered
from edgeship.application.notifications.ports import NotSent
from edgeship.bootstrap.runtime import utc_now
from edgeship.cli import context
from edgeship.domain.events import EventType
from edgeship.domain.notifications.notice import Notice
from edgeship.domain.notifications.rules import Destination, Kind
from localcloud.state import LocalState
from tests.cli.command_line import CommandLine
from tests.cli.documentation import assert_as_documented
from tests.support.moto.aws import NAMES, Aws
from tests.support.repository import ROOT

SLACK = {"type": "slack", "secret": "ssm:/edgeship/test/slack"}
WEBHOOK = {"type": "webhook", "url": "https://ci.example.com/x", "secret": "ssm:/edgeship/test/ci"}
FILE: dict[str, Any] = {
    "destinations": {"on-call": SLACK, "mail": {"type": "sns"}},
    "rules": [
        {"to": ["on-call"], "events": ["Rollout Aborted"], "widgets": ["checkout*"]},
        {"to": ["mail"], "at_least": "warning"},
    ],
}
SCHEMA = ROOT / "docs" / "schemas" / "notifications.schema.json"


def write(document: Any) -> str:
    path = Path("notifications.json")
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return str(path)


@pytest.fixture
def applied(edgeship: CommandLine) -> CommandLine:
    assert edgeship("notifications", "apply", write(FILE), "--reason", "launch").code == 0
    return edgeship


def events(aws: Aws) -> list[Any]:
    return [to_event(item) for item in aws.items() if item["sk"].startswith("EVENT#")]


def test_get_shows_the_default_until_something_is_applied(edgeship: CommandLine) -> None:
    done = edgeship("notifications", "get")
    assert "the default" in done.err
    assert "email" in done.out
    assert "warning" in done.out


def test_get_prints_what_apply_takes(applied: CommandLine, aws: Aws) -> None:
    got = applied("notifications", "get", "--json")
    assert got.document == FILE
    assert got.err == ""
    assert_as_documented(got.document, "edgeship notifications get")
    assert applied("notifications", "apply", write(got.out)).out == "nothing to do\n"
    assert len(events(aws)) == 1
    shown = applied("notifications", "get").out
    for text in ("on-call", "ssm:/edgeship/test/slack", "Rollout Aborted", "checkout*", "every type", "every widget"):
        assert text in shown


def test_apply_shows_what_it_changes(applied: CommandLine, aws: Aws) -> None:
    (event,) = events(aws)
    assert (event.type, event.cause, event.new) == (EventType.NOTIFICATIONS_CHANGED, "launch", FILE)
    changed = {
        "destinations": {"on-call": {**SLACK, "secret": "ssm:/edgeship/test/other"}, "ci": WEBHOOK},
        "rules": [FILE["rules"][0], {"to": ["ci"]}],
    }
    dry = applied("notifications", "apply", write(changed), "--dry-run")
    secret = '{"type": "slack", "secret": "ssm:/edgeship/test/%s"}'
    assert dry.out.splitlines() == [
        f"~ destination on-call: {secret % 'slack'} → {secret % 'other'}",
        '- destination mail: {"type": "sns"}',
        '+ destination ci: {"type": "webhook", "url": "https://ci.example.com/x", "secret": "ssm:/edgeship/test/ci"}',
        '- rule: {"to": ["mail"], "at_least": "warning"}',
        '+ rule: {"to": ["ci"]}',
    ]
    assert "nothing is applied" in dry.err
    assert aws.state.notifications().revision == 1
    done = applied("notifications", "apply", "notifications.json", "--json")
    changes = done.document["changes"]
    assert [(c["what"], c["change"]) for c in changes] == [
        ("destination", "changed"),
        ("destination", "removed"),
        ("destination", "added"),
        ("rule", "removed"),
        ("rule", "added"),
    ]
    assert_as_documented({**done.document, "changes": [changes[2]]}, "edgeship notifications apply")
    assert applied("notifications", "get", "--json").document == changed


def test_another_order_is_a_change_too(applied: CommandLine) -> None:
    turned = {**FILE, "destinations": dict(reversed(FILE["destinations"].items()))}
    assert applied("notifications", "apply", write(turned)).out == "~ order changed\n"
    assert list(applied("notifications", "get", "--json").document["destinations"]) == ["mail", "on-call"]


def test_a_file_with_faults_lists_all_of_them(edgeship: CommandLine, aws: Aws) -> None:
    bad = {"destinations": {"a": {**SLACK, "secret": "ssm:/edgeship/production/x"}}, "rules": [{"to": ["b"]}, {"x": 1}]}
    done = edgeship("notifications", "apply", write(bad), "--json")
    assert (done.code, done.document["error"]["code"]) == (1, "notifications_invalid")
    for place in ("/destinations/a/secret: ", "/rules/0/to/0: ", "/rules/1/x: ", "/rules/1/to: "):
        assert place in done.err
    assert "5 faults" not in done.err
    assert "4 faults" in done.err
    assert aws.items() == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "notifications.json:1:2: is not JSON"),
        ("[]", "a notifications file is an object"),
        ('{"destinations": {"a": 1, "a": 2}, "rules": [{"to": 1, "to": 2}]}', "'a' is in one object twice"),
        ("[" * 200_000, "is nested too deeply"),
    ],
)
def test_a_file_that_is_none_is_refused(edgeship: CommandLine, text: str, says: str) -> None:
    done = edgeship("notifications", "apply", write(text))
    assert done.code == 1
    assert says in done.err


def test_a_file_that_is_no_text_is_refused(edgeship: CommandLine) -> None:
    Path("notifications.json").write_bytes(b'{"\xff": 1}')
    done = edgeship("notifications", "apply", "notifications.json")
    assert (done.code, "is not UTF-8" in done.err) == (1, True)


class Way:
    """Takes what it is sent, or doesn't."""

    def __init__(self, fault: str = "") -> None:
        self.fault = fault
        self.taken: list[Notice] = []

    def send(self, destination: Destination, notice: Notice, now: datetime) -> None:
        if self.fault:
            raise NotSent(self.fault)
        self.taken.append(notice)


@contextmanager
def delivering(aws: Aws, ways: dict[Kind, Way]) -> Iterator[None]:
    """Delivers each event of the table once, as the bus and the function would, while the block runs."""
    over = threading.Event()
    deliver = DeliverNotice(aws.state, DynamoDBDeliveries(aws.dynamodb, NAMES.table), ways, utc_now)
    seen: set[str] = set()

    def work() -> None:
        while not over.wait(0.02):
            for event in events(aws):
                if event.event_id not in seen:
                    seen.add(event.event_id)
                    try:
                        deliver(event)
                    except Undelivered:
                        continue

    worker = threading.Thread(target=work)
    worker.start()
    try:
        yield
    finally:
        over.set()
        worker.join()


def test_test_shows_that_every_destination_took_it(applied: CommandLine, aws: Aws) -> None:
    slack, sns = Way(), Way()
    with delivering(aws, {Kind.SLACK: slack, Kind.SNS: sns}):
        done = applied("notifications", "test", "--json")
        assert done.code == 0
        assert_as_documented(done.document, "edgeship notifications test")
        assert [(d["destination"], d["status"]) for d in done.document["destinations"]] == [
            ("on-call", "delivered"),
            ("mail", "delivered"),
        ]
        assert applied("notifications", "test", "mail").code == 0
    assert [notice.title for notice in slack.taken] == ["test of the notifications to on-call, mail"]
    assert [notice.event.event_id for notice in slack.taken] == [done.document["event_id"]]
    assert [notice.title for notice in sns.taken] == [slack.taken[0].title, "test of the notifications to mail"]


def test_test_shows_who_did_not_take_it_and_why(applied: CommandLine, aws: Aws) -> None:
    with delivering(aws, {Kind.SLACK: Way("hooks.slack.com answered 404"), Kind.SNS: Way()}):
        done = applied("notifications", "test")
    assert done.code == 3
    assert "undelivered" in done.out
    assert "hooks.slack.com answered 404" in done.out
    assert ["mail", "delivered"] in [line.split()[:2] for line in done.out.splitlines()]


def test_test_shows_what_is_on_its_way(applied: CommandLine) -> None:
    done = applied("notifications", "test", "mail", "--timeout", "1", "--json")
    assert done.code == 3
    (mail,) = done.document["destinations"]
    assert (mail["status"], mail["attempts"]) == ("on its way", 0)


def test_test_refuses_what_there_is_not(applied: CommandLine, aws: Aws) -> None:
    done = applied("notifications", "test", "oncall")
    assert (done.code, "on-call, mail" in done.err) == (1, True)
    assert len(events(aws)) == 1


def test_on_the_local_cloud_webhooks_may_be_on_this_machine(
    edgeship: CommandLine, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = {"destinations": {"ci": {**WEBHOOK, "url": "http://127.0.0.1:8080/"}}, "rules": [{"to": ["ci"]}]}
    assert edgeship("notifications", "apply", write(here)).code == 1
    on_aws = context.target

    here_now = LocalState(1, "", "http://127.0.0.1:1", "http://127.0.0.1:2", None, "local", "0" * 12, "", "")

    def local_target(*arguments: Any) -> context.Target:
        target = on_aws(*arguments)
        return context.Target(target.names, target.session, target.actor, local=here_now)

    monkeypatch.setattr(context, "target", local_target)
    assert edgeship("notifications", "apply", "notifications.json").code == 0
    assert aws.state.notifications().notifications.destinations[0].url == "http://127.0.0.1:8080/"


def test_the_schema_in_the_docs_is_generated_from_the_model() -> None:
    assert json.loads(SCHEMA.read_text()) == json_schema()


def test_the_schema_takes_what_apply_takes_and_refuses_what_editors_can_find() -> None:
    example = json.loads((ROOT / "examples" / "notifications.json").read_text())
    for right in (FILE, example):
        assert NotificationsFileModel.model_validate(right).rules
    for invalid in (
        {**FILE, "rules": []},
        {**FILE, "destinations": {"a": {"type": "sns", "url": "https://a.example.com"}}},
        {**FILE, "destinations": {"a": {"type": "slack"}}},
        {**FILE, "rules": [{"to": ["a"], "events": ["Rollout"]}]},
        {**FILE, "rules": [{"to": ["a"], "at_least": "loud"}]},
    ):
        with pytest.raises(ValidationError):
            NotificationsFileModel.model_validate(invalid)
