"""Markup in every text that comes from outside is text."""

from __future__ import annotations

from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from urllib.parse import quote

import pytest

from tests.support.console import Answer, Visitor, visited
from tests.support.console_hostile import EVIL, FLAG, IMAGE, QUOTES, SCRIPT, WIDGET, hostile

PAGES = (
    "/",
    "/overview",
    "/widgets/checkout",
    f"/widgets/{WIDGET}",
    *(f"/widgets/checkout/part/{name}" for name in ("channels", "charts", "errors", "releases", "history")),
    "/widgets/checkout/releases/1.1.0",
    "/widgets/checkout/act/unlock",
    "/widgets/checkout/act/unfreeze",
    "/widgets/checkout/act/unquarantine?version=1.1.0",
    "/widgets/-/act/unfreeze",
    "/flags",
    "/flags/evaluate?user=u1",
    "/flags/edit/dark",
    f"/flags/edit/{quote(FLAG, safe='')}",
    "/flags/edit/odd",
    "/events",
    "/events?widget=checkout",
    "/notifications",
    "/notifications/redrive?queue=edgeship-test-Failures1",
)
ECHOES = (
    "/?q={}",
    "/overview?q={}",
    "/widgets/{}",
    "/widgets/checkout/releases/{}",
    "/widgets/checkout/act/{}",
    "/widgets/checkout/act/unlock?channel={}",
    "/widgets/checkout/act/unquarantine?version={}",
    "/flags?q={}",
    "/flags/evaluate?user={0}&attributes={0}&q={0}",
    "/flags/edit/{}",
    "/flags/edit/{}?new=1",
    "/events?q={}",
    "/events?q={0}&type={0}&severity={0}",
    "/events?widget={}",
    "/events/one/{}",
    "/notifications/redrive?queue={}",
    "/?note={}",
    "/{}",
)
"""Paths and queries of a link that somebody else made."""


class _Reader(HTMLParser):
    """The elements of a page, and whether any is one that the console does not write."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        if tag in ("img", "iframe", "object", "embed", "base", "style") or (tag == "script" and not names.get("src")):
            self.faults.append(f"<{tag}>")
        for name, value in names.items():
            if name.startswith("on") or name == "style":
                self.faults.append(f"{tag} {name}")
            if name in ("href", "src", "action", "formaction", "hx-get"):
                assert value is not None
                if not value.startswith(("/", "#", "data:,")) or value.startswith("//"):
                    self.faults.append(f"{tag} {name}={value}")


def faults(answer: Answer) -> list[str]:
    reader = _Reader()
    reader.feed(answer.body)
    return reader.faults


@pytest.fixture(scope="module")
def visitor() -> Iterator[Visitor]:
    with visited(hostile().desk()) as found:
        yield found


@pytest.mark.parametrize("path", PAGES)
def test_what_uploads_browsers_and_people_say_is_text(visitor: Visitor, path: str) -> None:
    answer = visitor.get(path)
    assert answer.status == 200, answer.text
    assert not faults(answer)
    assert "<b onclick" not in answer.body
    assert "\x1b" not in answer.body
    assert "\u202e" not in answer.body


@pytest.mark.parametrize("path", ECHOES)
def test_what_a_link_says_is_text(visitor: Visitor, path: str) -> None:
    typed = map(quote, (SCRIPT, IMAGE, QUOTES, "../../x", "//evil.example/"))
    for text in (*typed, "%00", "%ff", "%ed%a0%80", "a" * 3_000):
        answer = visitor.get(path.format(text.replace("/", "%2F")))
        assert answer.status < 500, answer.text
        assert not faults(answer)
        assert "<b onclick" not in answer.body


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/widgets/checkout", SCRIPT),
        ("/widgets/checkout", IMAGE),
        ("/widgets/checkout/part/errors", SCRIPT),
        ("/widgets/checkout/releases/1.1.0", f"{SCRIPT}.js"),
        ("/widgets/checkout/releases/1.1.0", QUOTES),
        ("/flags", FLAG),
        ("/flags/edit/dark", SCRIPT),
        ("/flags/evaluate?user=u1", SCRIPT),
        ("/events?widget=checkout", SCRIPT),
        ("/notifications", IMAGE),
        ("/notifications/redrive?queue=edgeship-test-Failures1", SCRIPT),
    ],
)
def test_it_is_shown_as_it_is(visitor: Visitor, path: str, says: str) -> None:
    """The text is there, and not left out."""
    assert says in unescape(visitor.get(path).body)


def test_what_a_form_says_is_text(visitor: Visitor) -> None:
    for path, fields in (
        ("/widgets/checkout/act/unlock", {"channel": "latest", "seen": SCRIPT, "reason": EVIL[:500]}),
        ("/widgets/checkout/act/promote", {"channel": IMAGE, "version": SCRIPT, "seen": QUOTES, "reason": SCRIPT}),
        ("/widgets/checkout/act/freeze", {"hours": SCRIPT, "seen": "1", "reason": IMAGE}),
        ("/flags/edit/dark", {"document": f'{{"a": "{SCRIPT}"}}', "seen": SCRIPT, "users": IMAGE}),
        ("/flags/edit/dark", {"document": SCRIPT, "seen": "", "users": "", "act": IMAGE, "percentage": SCRIPT}),
        ("/flags/save/dark", {"document": IMAGE, "seen": SCRIPT, "reason": QUOTES}),
        ("/notifications/redrive", {"queue": SCRIPT}),
    ):
        answer = visitor.post(path, fields)
        assert 400 <= answer.status < 500, (path, answer.text)
        assert not faults(answer), path
