"""The faults of a notifications file: all of them at once, each with its place."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from difflib import get_close_matches
from typing import Any

from edgeship.domain.events import EventType
from edgeship.domain.json_pointer import under
from edgeship.domain.notifications.rules import Kind
from edgeship.domain.notifications.secret_reference import reference_fault
from edgeship.domain.notifications.webhook_url import url_problem
from edgeship.domain.severity import Severity

Problem = tuple[str, str]
"""A JSON pointer and the fault there, as text for people."""

FIELDS = ("$schema", "destinations", "rules")
RULE_FIELDS = ("to", "events", "widgets", "at_least")
DESTINATION_FIELDS = {Kind.SNS: (), Kind.SLACK: ("secret",), Kind.WEBHOOK: ("url", "secret")}
"""The fields of each kind of destination besides `type`; all are required."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
PATTERN = re.compile(r"[a-z0-9*?\[\]!-]{1,100}", re.ASCII)
MAX_DESTINATIONS = 50
MAX_RULES = 50
MAX_BYTES = 60_000
"""Of the document: the event of a change holds it twice, and an entry on the bus has at most 256 KiB.
Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html"""


def problems(document: object, environment: str, *, loopback: bool = False) -> list[Problem]:
    """Every problem of a document for an environment; with `loopback`, for the local cloud, webhooks may be on this
    machine.

    An empty list means that `rules_record.from_document` can read it.
    """
    return list(_problems(document, environment, loopback=loopback))


def _problems(document: object, environment: str, *, loopback: bool) -> Iterator[Problem]:
    if not isinstance(document, dict):
        yield "", "a notifications file is an object with 'destinations' and 'rules'"
        return
    yield from _unknown("", document, FIELDS)
    destinations = document.get("destinations")
    if not isinstance(destinations, dict) or not destinations:
        yield "/destinations", 'name at least one: {"email": {"type": "sns"}}'
        destinations = {}
    if len(destinations) > MAX_DESTINATIONS:
        yield "/destinations", f"{len(destinations)} are more than {MAX_DESTINATIONS}: leave some out"
    for name, fields in destinations.items():
        place = under("/destinations", name)
        if not NAME.fullmatch(name):
            yield place, "use a name of 1 to 64 letters, digits, '.', '_' and '-', beginning with a letter or digit"
        yield from _destination(place, fields, environment, loopback=loopback)
    rules = document.get("rules")
    if not isinstance(rules, list) or not rules:
        yield "/rules", 'nobody would be notified: add at least one, {"to": ["email"], "at_least": "warning"}'
        rules = []
    if len(rules) > MAX_RULES:
        yield "/rules", f"{len(rules)} are more than {MAX_RULES}: join those that go to the same destinations"
    for index, rule in enumerate(rules):
        yield from _rule(under("/rules", index), rule, destinations)
    size = len(json.dumps(document).encode())
    if size > MAX_BYTES:
        yield "", f"{size:,} bytes are more than {MAX_BYTES:,}: leave some out"


def _destination(place: str, fields: object, environment: str, *, loopback: bool) -> Iterator[Problem]:
    if not isinstance(fields, dict):
        yield place, 'a destination is an object, such as {"type": "sns"}'
        return
    if fields.get("type") not in list(Kind):
        yield under(place, "type"), _not_one_of(fields.get("type"), list(Kind))
        return
    kind = Kind(fields["type"])
    needed = DESTINATION_FIELDS[kind]
    for field in needed:
        if field not in fields:
            yield under(place, field), f"is missing: {_NEEDED[kind, field].format(environment=environment)}"
    for field in fields:
        if field not in ("type", *needed):
            yield under(place, field), _INSTEAD.get((kind, field), f"{kind} takes no such field: leave it out")
    given = {field: fields[field] for field in needed if field in fields}
    faults = {
        "secret": reference_fault(given["secret"], environment) if "secret" in given else None,
        "url": url_problem(given["url"], loopback=loopback) if "url" in given else None,
    }
    yield from ((under(place, field), fault) for field, fault in faults.items() if fault)


_NEEDED = {
    (Kind.SLACK, "secret"): "the webhook's URL is a credential; store it, and name it as ssm:/edgeship/{environment}/…",
    (Kind.WEBHOOK, "secret"): "store the signing secret, and name it as ssm:/edgeship/{environment}/…",
    (Kind.WEBHOOK, "url"): "where to send, as https://…",
}
_INSTEAD = {
    (Kind.SLACK, "url"): "the URL of a Slack webhook is a credential: store it whole as the secret that 'secret' names",
}


def _rule(place: str, rule: object, destinations: Collection[str]) -> Iterator[Problem]:
    if not isinstance(rule, dict):
        yield place, 'a rule is an object, such as {"to": ["email"], "at_least": "warning"}'
        return
    yield from _unknown(place, rule, RULE_FIELDS)
    yield from _choices(under(place, "to"), rule.get("to"), destinations)
    if "events" in rule:
        yield from _choices(under(place, "events"), rule["events"], [kind.value for kind in EventType])
        if isinstance(rule["events"], list) and EventType.NOTIFICATION_TESTED in rule["events"]:
            yield under(place, "events"), f"{EventType.NOTIFICATION_TESTED} goes where the test says: leave it out"
    if "widgets" in rule:
        yield from _patterns(under(place, "widgets"), rule["widgets"])
    if "at_least" in rule and rule["at_least"] not in list(Severity):
        yield under(place, "at_least"), _not_one_of(rule["at_least"], list(Severity))


def _choices(place: str, chosen: object, known: Collection[str]) -> Iterator[Problem]:
    """A list of at least one name, each known and listed once."""
    if not isinstance(chosen, list) or not chosen:
        yield place, "is not a list of at least one name"
        return
    for index, name in enumerate(chosen):
        if not isinstance(name, str) or name not in known:
            yield under(place, index), _not_one_of(name, known)
        elif name in chosen[:index]:
            yield under(place, index), f"{name!r} is listed already: leave it out"


def _patterns(place: str, patterns: object) -> Iterator[Problem]:
    if not isinstance(patterns, list) or not patterns:
        yield place, "is not a list of at least one pattern; leave it out for every widget"
        return
    for index, pattern in enumerate(patterns):
        if not isinstance(pattern, str) or not PATTERN.fullmatch(pattern):
            yield (
                under(place, index),
                f"{pattern!r:.80} matches no widget: use lowercase letters, digits and '-', with *, ? and [a-z]",
            )


def _unknown(place: str, fields: dict[str, Any], known: Collection[str]) -> Iterator[Problem]:
    for field in fields:
        if field not in known:
            yield under(place, field), f"unknown field; {_hint(field, known)}"


def _not_one_of(value: object, known: Collection[str]) -> str:
    return "is missing" if value is None else f"there is no {value!r:.80}; {_hint(value, known)}"


def _hint(value: object, known: Collection[str]) -> str:
    close = get_close_matches(value[:80], known, n=1) if isinstance(value, str) else []
    return f"did you mean '{close[0]}'?" if close else f"known are {', '.join(known) or 'none'}"
