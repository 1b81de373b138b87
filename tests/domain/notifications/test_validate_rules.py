from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeship.domain.events import EventType
from edgeship.domain.notifications.rules_record import from_document, to_document
from edgeship.domain.notifications.validate_rules import MAX_BYTES, problems
from edgeship.domain.notifications.webhook_url import url_problem
from tests.support.repository import ROOT

GOOD: dict[str, Any] = {
    "$schema": "https://example.com/notifications.schema.json",
    "destinations": {
        "on-call": {"type": "slack", "secret": "ssm:/edgeship/production/slack"},
        "mail": {"type": "sns"},
        "ci": {
            "type": "webhook",
            "url": "https://ci.example.com:8443/hooks/edgeship?team=web",
            "secret": "secretsmanager:edgeship/production/ci",
        },
    },
    "rules": [
        {"to": ["on-call"], "events": ["Rollout Aborted"], "widgets": ["checkout*", "[a-c]?-x"], "at_least": "warning"},
        {"to": ["mail", "ci"]},
    ],
}
EXAMPLE = ROOT / "examples" / "notifications.json"
DELETED = object()


def changed(place: str, value: Any) -> dict[str, Any]:
    """The good document with something else at a place; `/rules/-` is one more rule."""
    document = copy.deepcopy(GOOD)
    part: Any = document
    *folders, last = place.split("/")[1:]
    for name in folders:
        part = part[int(name)] if isinstance(part, list) else part[name]
    if isinstance(part, list):
        part[int(last) : int(last) + 1] = [value]
    elif value is DELETED:
        del part[last]
    else:
        part[last] = value
    return document


def test_a_good_document_has_no_problems_and_reads_back_as_it_was_written() -> None:
    assert problems(GOOD, "production") == []
    assert {"$schema": GOOD["$schema"], **to_document(from_document(GOOD))} == GOOD


def test_the_example_is_right() -> None:
    document = json.loads(EXAMPLE.read_text())
    assert problems(document, "production") == []
    assert len(from_document(document).rules) > 1


@pytest.mark.parametrize(
    ("place", "value", "at", "says"),
    [
        ("/destination", {}, "/destination", "did you mean 'destinations'?"),
        ("/destinations", DELETED, "/destinations", "name at least one"),
        ("/destinations", [], "/destinations", "name at least one"),
        ("/destinations/a~b", {"type": "sns"}, "/destinations/a~0b", "letters, digits"),
        ("/destinations/b", "sns", "/destinations/b", "is an object"),
        ("/destinations/mail", {"type": "email"}, "/destinations/mail/type", "known are sns, slack, webhook"),
        ("/destinations/mail", {"type": "slak"}, "/destinations/mail/type", "did you mean 'slack'?"),
        ("/destinations/mail", {}, "/destinations/mail/type", "is missing"),
        ("/destinations/mail", {"type": ["sns"]}, "/destinations/mail/type", "there is no ['sns']"),
        ("/destinations/mail/url", "https://a.example.com", "/destinations/mail/url", "leave it out"),
        ("/destinations/on-call/secret", DELETED, "/destinations/on-call/secret", "is missing"),
        ("/destinations/on-call/url", "https://hooks.slack.com/x", "/destinations/on-call/url", "is a credential"),
        ("/destinations/on-call/secret", 7, "/destinations/on-call/secret", "is not a reference"),
        ("/destinations/on-call/secret", "ssm:/other/slack", "/destinations/on-call/secret", "is not a reference"),
        ("/destinations/on-call/secret", "ssm:/edgeship/production/a/b", "/destinations/on-call/secret",
         "is not a reference"),
        ("/destinations/on-call/secret", "ssm:/edgeship/staging/slack", "/destinations/on-call/secret",
         "a secret of staging, which production may not read"),
        ("/destinations/ci/url", "http://ci.example.com/", "/destinations/ci/url", "use https"),
        ("/destinations/ci/url", DELETED, "/destinations/ci/url", "is missing"),
        ("/destinations/ci/secret", DELETED, "/destinations/ci/secret", "is missing"),
        ("/rules", [], "/rules", "nobody would be notified"),
        ("/rules", DELETED, "/rules", "nobody would be notified"),
        ("/rules/0", "all", "/rules/0", "is an object"),
        ("/rules/0/to", DELETED, "/rules/0/to", "at least one name"),
        ("/rules/0/to", [], "/rules/0/to", "at least one name"),
        ("/rules/0/to", ["oncall"], "/rules/0/to/0", "did you mean 'on-call'?"),
        ("/rules/0/to", ["mail", 7], "/rules/0/to/1", "there is no 7"),
        ("/rules/0/to", ["mail", "mail"], "/rules/0/to/1", "is listed already"),
        ("/rules/0/event", ["Rollout Aborted"], "/rules/0/event", "did you mean 'events'?"),
        ("/rules/0/events", [], "/rules/0/events", "at least one name"),
        ("/rules/0/events", ["Rolout Aborted"], "/rules/0/events/0", "did you mean 'Rollout Aborted'?"),
        ("/rules/0/events", ["Notification Tested"], "/rules/0/events", "leave it out"),
        ("/rules/0/widgets", "checkout", "/rules/0/widgets", "is not a list"),
        ("/rules/0/widgets", ["Checkout"], "/rules/0/widgets/0", "matches no widget"),
        ("/rules/0/at_least", "warn", "/rules/0/at_least", "did you mean 'warning'?"),
        ("/rules/0/at_least", None, "/rules/0/at_least", "is missing"),
        ("/destinations", {f"d{n}": {"type": "sns"} for n in range(51)}, "/destinations", "51 are more than 50"),
        ("/rules", [{"to": ["mail"]}] * 51, "/rules", "51 are more than 50"),
        ("/rules", [{"to": ["mail"], "widgets": [f"{n:0100}" for n in range(999)]}], "", "are more than 60,000"),
    ],
)  # fmt: skip
def test_a_fault_is_listed_with_its_place_and_what_to_do(place: str, value: Any, at: str, says: str) -> None:
    found = problems(changed(place, value), "production")
    assert [says in text for where, text in found if where == at] == [True], found


def test_all_faults_are_listed_at_once() -> None:
    document = {
        "destinations": {"a": {"type": "slack"}, "b": {"type": "webhook", "url": "http://x.example.com"}},
        "rules": [{"to": ["c"], "events": ["x"]}, {"at_least": "loud"}],
    }
    places = [place for place, _ in problems(document, "production")]
    assert places == [
        "/destinations/a/secret",
        "/destinations/b/secret",
        "/destinations/b/url",
        "/rules/0/to/0",
        "/rules/0/events/0",
        "/rules/1/to",
        "/rules/1/at_least",
    ]


def test_what_may_be_a_secret_is_not_repeated() -> None:
    found = problems(changed("/destinations/ci/secret", "whsec_MfKQ9r8GKYqrTwjU"), "production")
    assert found
    assert "MfKQ" not in str(found)


def test_the_event_of_a_change_between_two_of_the_largest_fits_the_bus() -> None:
    filler = {"to": ["mail"], "widgets": [f"{n:0100}" for n in range(600)]}
    document = {"destinations": {"mail": {"type": "sns"}}, "rules": [filler]}
    while problems(document, "production"):
        filler["widgets"].pop()
    assert MAX_BYTES - 200 < len(json.dumps(document)) <= MAX_BYTES
    assert 2 * MAX_BYTES < 256 * 1024


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.sampled_from(["sns", "mail"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=9,
)
PLACES = st.sampled_from(
    ["/destinations", "/destinations/ci", "/destinations/ci/type", "/destinations/ci/url", "/destinations/mail/secret",
     "/rules", "/rules/0", "/rules/0/to", "/rules/0/events", "/rules/0/widgets", "/rules/0/at_least"]
)  # fmt: skip


@given(JSON)
def test_any_document_is_judged(document: Any) -> None:
    if not problems(document, "production"):
        from_document(document)


@given(PLACES, JSON)
def test_what_has_no_problems_can_be_read(place: str, value: Any) -> None:
    document = changed(place, value)
    if not problems(document, "production"):
        read = from_document(document)
        assert from_document(to_document(read)) == read
        read.route(SAMPLE)


def _sample() -> Any:
    from tests.support.event_samples import sample

    return sample(EventType.POINTER_MOVED)


SAMPLE = _sample()


@pytest.mark.parametrize(
    "url",
    ["https://ci.example.com", "https://CI.Example.com/x?y=z", "https://1.1.1.1/", "https://[2606:4700::1]:8443/x",
     "https://xn--bcher-kva.example/"],
)  # fmt: skip
def test_public_urls_will_do(url: str) -> None:
    assert url_problem(url) is None


@pytest.mark.parametrize(
    ("url", "says"),
    [
        (None, "is not a URL"),
        ("", "use https"),
        ("ci.example.com/x", "use https"),
        ("http://ci.example.com/x", "use https"),
        ("https://", "is not the name of a public host"),
        ("https://bücher.example/", "is not a URL"),
        ("https://a.example.com/a b", "is not a URL"),
        ("https://a.example.com/\n", "is not a URL"),
        ("https://[::1/", "is not a URL"),
        ("https://a.example.com:99999/", "is not a URL"),
        ("https://a.example.com:0/", "port 0"),
        ("https://ann@a.example.com/", "user or password"),
        ("https://:x@a.example.com/", "user or password"),
        ("https://a.example.com/#x", "fragment"),
        ("https://a.example.com/" + "x" * 2_000, "more than 2,000 characters"),
        ("https://localhost/", "is not the name of a public host"),
        ("https://a.internal/", "is not the name of a public host"),
        ("https://printer.local/", "is not the name of a public host"),
        ("https://2130706433/", "is not the name of a public host"),
        ("https://127.1/", "is not the name of a public host"),
        ("https://a..example.com/", "is not the name of a public host"),
        ("https://127.0.0.1/", "is not a public address"),
        ("https://10.1.2.3/", "is not a public address"),
        ("https://169.254.169.254/latest", "is not a public address"),
        ("https://[::1]/", "is not a public address"),
        ("https://[fd00:ec2::254]/", "is not a public address"),
        ("https://[::ffff:10.0.0.1]/", "is not a public address"),
    ],
)
def test_other_urls_will_not_and_it_is_said_why(url: object, says: str) -> None:
    assert says in (url_problem(url) or "")


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080/x", "https://[::1]:8443/", "https://ci.example.com"])
def test_on_a_local_cloud_webhooks_may_be_on_this_machine(url: str) -> None:
    assert url_problem(url, loopback=True) is None
    assert problems(changed("/destinations/ci/url", url), "production", loopback=True) == []


@pytest.mark.parametrize("url", ["http://10.0.0.1/", "http://localhost/", "ftp://127.0.0.1/", "http://ann@127.0.0.1/"])
def test_even_on_a_local_cloud_no_other_private_address_will_do(url: str) -> None:
    assert url_problem(url, loopback=True)
