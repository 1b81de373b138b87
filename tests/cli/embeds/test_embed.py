from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from edgeship.application.transaction import Transaction
from edgeship.domain.version import Version
from tests.cli.command_line import CommandLine
from tests.cli.documentation import assert_as_documented
from tests.cli.loopback import denied, serving, stack_with_output
from tests.cli.pipeline import Pipeline
from tests.support.bundles import WIDGET
from tests.support.moto.aws import Aws

URL = "https://widgets.example.com/checkout"


def sri(body: bytes) -> str:
    return f"sha384-{base64.b64encode(hashlib.sha384(body).digest()).decode()}"


SRI = sri(WIDGET["widget.js"])


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
    assert (done.code, done.err) == (0, "")
    imported, widget = all_attributes(done.out)
    assert widget == {
        "type": "module",
        "src": f"{URL}/v1.0.0/widget.js",
        "integrity": SRI,
        "crossorigin": "anonymous",
    }
    assert imported == {
        "rel": "modulepreload",
        "href": f"{URL}/v1.0.0/chunk.js",
        "integrity": sri(WIDGET["chunk.js"]),
        "crossorigin": "anonymous",
    }


def test_latest_changes_so_it_is_held_to_none(shipped: CommandLine) -> None:
    done = shipped("embed", "checkout", "--json")
    assert_as_documented(done.document, "edgeship embed")
    assert (done.document["version"], done.document["kind"]) == ("1.0.0", "module")
    assert (done.document["integrity"], done.document["preload_tags"]) == (None, [])
    assert done.document["html"] == (
        f'<script type="module" src="{URL}/latest/widget.js" crossorigin="anonymous"></script>'
    )


IFRAME = (
    '<iframe src="{url}/index.html" title="checkout" loading="lazy" '
    'sandbox="allow-scripts allow-same-origin allow-forms allow-popups" '
    'referrerpolicy="strict-origin-when-cross-origin"></iframe>'
)
STYLE = b"button { color: rebeccapurple }\n"


@pytest.mark.parametrize(
    ("files", "exact", "moving"),
    [
        (
            {"widget.js": b"var a;"},
            '<script src="{url}/widget.js" integrity="{sri}" crossorigin="anonymous"></script>',
            '<script src="{url}/widget.js" crossorigin="anonymous"></script>',
        ),
        (
            {"index.html": b"<p>hello"},
            IFRAME,
            IFRAME,
        ),
        (
            {"theme.css": STYLE, "edgeship.json": b'{"entrypoint": "theme.css"}'},
            '<link rel="stylesheet" href="{url}/theme.css" integrity="{sri}" crossorigin="anonymous">',
            '<link rel="stylesheet" href="{url}/theme.css" crossorigin="anonymous">',
        ),
        (
            {"my logo.svg": b"<svg/>", "edgeship.json": b'{"entrypoint": "my logo.svg"}'},
            "{url}/my%20logo.svg",
            "{url}/my%20logo.svg",
        ),
    ],
)
def test_each_kind_has_its_tag(
    edgeship: CommandLine, pipeline: Pipeline, files: dict[str, bytes], exact: str, moving: str
) -> None:
    pipeline.ship("checkout", "1.0.0", files)
    hashed = sri(next(iter(files.values())))
    done = edgeship("embed", "checkout", "1.0.0")
    assert (done.out, done.err) == (exact.format(url=f"{URL}/v1.0.0", sri=hashed) + "\n", "")
    done = edgeship("embed", "checkout")
    assert (done.out, done.err) == (moving.format(url=f"{URL}/latest") + "\n", "")


def test_a_stylesheet_beside_the_script_has_a_tag_too(edgeship: CommandLine, pipeline: Pipeline) -> None:
    pipeline.ship("checkout", "1.0.0", {"widget.js": b"export {}", "style.css": STYLE})
    style, _ = all_attributes(edgeship("embed", "checkout", "1.0.0").out)
    assert style == {
        "rel": "stylesheet",
        "href": f"{URL}/v1.0.0/style.css",
        "integrity": sri(STYLE),
        "crossorigin": "anonymous",
    }
    done = edgeship("embed", "checkout", "--json")
    assert (
        done.document["style_tag"] == f'<link rel="stylesheet" href="{URL}/latest/style.css" crossorigin="anonymous">'
    )
    assert "two releases around a move" in done.err


def before_kinds(aws: Aws) -> None:
    """Let the release have been registered before kinds were known."""
    release = aws.state.release("checkout", Version.parse("1.0.0"))
    assert release is not None
    aws.state.commit(Transaction(puts=(replace(release, entry=None),), events=()))


def test_of_a_release_without_a_kind_the_user_knows_it(shipped: CommandLine, aws: Aws) -> None:
    before_kinds(aws)
    assert 'type="module"' in shipped("embed", "checkout").out
    done = shipped("embed", "checkout", "1.0.0", "--classic", "--json")
    assert_as_documented(done.document, "edgeship embed")
    assert (done.document["kind"], done.document["integrity"]) == ("classic", SRI)
    assert "module" not in done.document["html"]


def test_a_known_kind_is_not_argued_with(shipped: CommandLine) -> None:
    done = shipped("embed", "checkout", "--classic", "--json")
    assert (done.document["kind"], "--classic is ignored" in done.err) == ("module", True)


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


def test_an_exact_version_is_passed_to_the_telemetry(edgeship: CommandLine, pipeline: Pipeline) -> None:
    pipeline.ship("checkout", "1.0.0", {"widget.js": b"var a;"})
    done = edgeship("embed", "checkout", "1.0.0", "--telemetry", "--json")
    assert_as_documented(done.document, "edgeship embed")
    telemetry = attributes(done.document["telemetry_tag"])
    # Both block the page, so this one runs first.
    assert (telemetry["data-version"], telemetry.keys() & {"async", "defer"}) == ("1.0.0", set())


def test_a_document_has_its_own_telemetry(edgeship: CommandLine, pipeline: Pipeline) -> None:
    pipeline.ship("checkout", "1.0.0", {"index.html": b"<p>hello"})
    done = edgeship("embed", "checkout", "--telemetry", "--json")
    assert done.document["telemetry_tag"] is None
    assert "telemetry.js reports on scripts" in done.err


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
        (("nobody",), "widget_unknown"),
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
