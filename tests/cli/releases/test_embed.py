from __future__ import annotations

import base64
import hashlib
from html.parser import HTMLParser

import pytest

from tests.cli.command_line import CommandLine
from tests.cli.documentation import assert_as_documented
from tests.cli.loopback import denied, serving, stack_with_output
from tests.cli.pipeline import Pipeline
from tests.support.bundles import WIDGET

SRI = f"sha384-{base64.b64encode(hashlib.sha384(WIDGET['widget.js']).digest()).decode()}"


@pytest.fixture
def shipped(edgeship: CommandLine, pipeline: Pipeline) -> CommandLine:
    pipeline.ship("checkout", "1.0.0", WIDGET)
    return edgeship


def all_attributes(html: str) -> list[dict[str, str | None]]:
    """Of each tag in the HTML, in their order."""
    tags: list[dict[str, str | None]] = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, found: tags.append(dict(found))  # type: ignore[method-assign]
    parser.feed(html)
    return tags


def attributes(html: str) -> dict[str, str | None]:
    """Of the one tag in the HTML."""
    (tag,) = all_attributes(html)
    return tag


def test_an_exact_version_is_held_to_its_bytes(shipped: CommandLine) -> None:
    done = shipped("embed", "checkout", "1.0.0")
    assert done.code == 0
    assert attributes(done.out) == {
        "type": "module",
        "src": "https://widgets.example.com/checkout/v1.0.0/widget.js",
        "integrity": SRI,
        "crossorigin": "anonymous",
    }


def test_latest_changes_so_it_is_held_to_none(shipped: CommandLine) -> None:
    done = shipped("embed", "checkout", "--classic", "--json")
    assert_as_documented(done.document, "edgeship embed")
    assert (done.document["version"], done.document["integrity"]) == ("1.0.0", None)
    assert attributes(done.document["html"]) == {
        "async": None,
        "src": "https://widgets.example.com/checkout/latest/widget.js",
        "crossorigin": "anonymous",
    }


def test_the_tag_of_the_telemetry_goes_before_the_widgets(shipped: CommandLine) -> None:
    done = shipped("embed", "checkout", "--telemetry")
    telemetry, widget = all_attributes(done.out)
    assert telemetry == {
        "defer": None,
        "src": "https://widgets.example.com/edgeship/telemetry.js",
        "data-widget": "checkout",
        "crossorigin": "anonymous",
    }
    assert widget == attributes(shipped("embed", "checkout").out)


def test_an_exact_version_is_passed_to_the_telemetry(shipped: CommandLine) -> None:
    done = shipped("embed", "checkout", "1.0.0", "--classic", "--telemetry", "--json")
    assert_as_documented(done.document, "edgeship embed")
    telemetry = attributes(done.document["telemetry_tag"])
    assert (telemetry["data-version"], "async" in telemetry, "defer" in telemetry) == ("1.0.0", True, False)
    assert attributes(done.document["html"])["integrity"] == SRI


def test_telemetry_is_only_for_those_who_ask(shipped: CommandLine) -> None:
    done = shipped("embed", "checkout", "--json")
    assert done.document["telemetry_tag"] is None


def test_the_stack_says_where_the_cdn_is(shipped: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EDGESHIP_URL")
    with serving(stack_with_output("DistributionDomainName", "d111.cloudfront.net")) as cloudformation:
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", cloudformation)
        done = shipped("embed", "checkout", "--json")
    assert done.document["url"] == "https://d111.cloudfront.net/checkout/latest/widget.js"


def test_an_unknown_address_is_asked_for(shipped: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EDGESHIP_URL")
    with serving(denied) as cloudformation:
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", cloudformation)
        done = shipped("embed", "checkout", "--json")
    assert (done.code, done.document["error"]["code"]) == (3, "url_unknown")
    assert "EDGESHIP_URL" in done.err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("checkout", "9.9.9"), "not_registered"),
        (("nobody",), "nothing_live"),
        (("No Body",), "widget_invalid"),
        (("checkout", "one"), "version_invalid"),
    ],
)
def test_what_cannot_be_embedded_is_refused(shipped: CommandLine, words: tuple[str, ...], code: str) -> None:
    done = shipped("embed", *words, "--json")
    assert (done.code, done.document["error"]["code"]) == (1, code)


def test_a_quarantined_version_is_not_embedded(shipped: CommandLine, pipeline: Pipeline) -> None:
    pipeline.ship("checkout", "1.0.1")
    shipped("rollback", "checkout", "--reason", "it blinks")
    done = shipped("embed", "checkout", "1.0.1")
    assert (done.code, done.out) == (1, "")
    assert "it blinks" in done.err
