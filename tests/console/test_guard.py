"""Who may ask the console, and what a browser may do with its answers."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator

import pytest

from edgeship.console.guard import MAX_FORM_BYTES, POLICY
from edgeship.console.serving import served
from tests.support.console import ConsoleWorld, Visitor, visited
from tests.support.world import World, rolling

PAGES = ("/", "/overview", "/widgets/checkout", "/flags", "/events", "/notifications", "/static/console.js", "/nowhere")
PAUSE = "/widgets/checkout/act/rollout-pause"


@pytest.fixture(scope="module")
def world() -> World:
    return rolling()


@pytest.fixture(scope="module")
def visitor(world: World) -> Iterator[Visitor]:
    with visited(ConsoleWorld(world).desk()) as found:
        yield found


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example:{port}", "[::1]:{port}", "", None]
)
def test_another_host_gets_nothing(visitor: Visitor, host: str | None) -> None:
    named = host.format(port=visitor.at.port) if host is not None else None
    for path in PAGES:
        answer = visitor.get(path, Host=named)
        assert answer.status in (400, 421)
        assert "checkout" not in answer.body


def test_two_hosts_are_none(visitor: Visitor) -> None:
    with socket.create_connection(("127.0.0.1", visitor.at.port), timeout=10) as connection:
        own = f"127.0.0.1:{visitor.at.port}"
        lines = ("GET / HTTP/1.1", f"Host: {own}", "Host: evil.example", f"Cookie: {visitor.cookie}")
        connection.sendall("\r\n".join((*lines, "Connection: close", "", "")).encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.split()[1] in (b"400", b"421")


def test_localhost_is_this_machine(visitor: Visitor) -> None:
    assert visitor.get("/", Host=f"localhost:{visitor.at.port}").status == 200


@pytest.mark.parametrize(
    "cookie", ["", "edgeship-console-1=x", "edgeship-console-{port}=", "edgeship-console-{port}=x"]
)
def test_without_the_cookie_of_the_run_there_is_nothing(visitor: Visitor, cookie: str) -> None:
    for path in PAGES:
        answer = visitor.get(path, Cookie=cookie.format(port=visitor.at.port))
        assert answer.status == 401
        assert "checkout" not in answer.body


@pytest.mark.parametrize("query", ["?token=", "?token=x", "?token=%FF", "?token", "?Token={token}"])
def test_only_the_printed_token_opens_it(visitor: Visitor, query: str) -> None:
    token = visitor.at.url.partition("token=")[2]
    stranger = Visitor(visitor.at)
    assert stranger.get(f"/{query.format(token=token)}").status == 401
    assert stranger.get(f"/flags?token={token}").status == 401
    assert stranger.post(f"/?token={token}", {}).status == 401


def test_the_cookie_is_for_this_console_alone(visitor: Visitor) -> None:
    answer = Visitor(visitor.at).open()
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"edgeship-console-{visitor.at.port}=")
    assert {"httponly", "samesite=strict", "path=/"} <= {part.strip().lower() for part in cookie.split(";")}
    assert visitor.at.url.partition("token=")[2] not in cookie
    assert answer.headers["referrer-policy"] == "same-origin"


def test_each_run_has_its_own_token(world: World) -> None:
    desk = ConsoleWorld(world).desk()
    with served(desk) as first, served(desk) as second:
        one, two = Visitor(first), Visitor(second)
        one.open()
        two.open()
        assert first.url.partition("token=")[2] != second.url.partition("token=")[2]
        assert Visitor(second, cookie=one.cookie.replace(str(first.port), str(second.port))).get("/").status == 401


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "http://127.0.0.1", "http://127.0.0.1:1", "http://localhost.evil:{port}", None],
)
def test_another_origin_changes_nothing(visitor: Visitor, world: World, origin: str | None) -> None:
    before = world.channel()
    fields = {"channel": "latest", "seen": visitor.get(PAUSE).field("seen"), "reason": "evil"}
    named = origin.format(port=visitor.at.port) if origin is not None else None
    assert visitor.post(PAUSE, fields, Origin=named).status == 403
    assert world.channel() == before


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_reads_and_changes_nothing(visitor: Visitor, world: World, site: str) -> None:
    before = world.channel()
    fields = {"channel": "latest", "seen": visitor.get(PAUSE).field("seen"), "reason": "evil"}
    asked = {"Sec_Fetch_Site": site, "Sec_Fetch_Mode": "no-cors"}
    assert visitor.get("/widgets/checkout", **asked).status == 403
    assert visitor.post(PAUSE, fields, **asked).status == 403
    assert visitor.post(PAUSE, fields, Sec_Fetch_Site=site, Sec_Fetch_Mode="navigate").status == 403
    assert world.channel() == before
    # A link of another page may lead here: the page reads nothing of the answer.
    assert visitor.get("/", Sec_Fetch_Site=site, Sec_Fetch_Mode="navigate").status == 200


def test_a_get_changes_nothing(visitor: Visitor, world: World) -> None:
    before = world.channel()
    seen = visitor.get(PAUSE).field("seen")
    assert visitor.get(f"{PAUSE}?channel=latest&reason=x&seen={seen.replace(' ', '+')}").status == 200
    assert world.channel() == before


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT"])
def test_no_other_method_is_taken(visitor: Visitor, method: str) -> None:
    assert visitor._ask(method, PAUSE, None, {}).status in (400, 405)


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "multipart/form-data; boundary=x", ""])
def test_only_a_form_is_taken(visitor: Visitor, kind: str) -> None:
    assert visitor.post(PAUSE, {"reason": "x"}, Content_Type=kind).status == 415


def test_a_form_has_its_limit(visitor: Visitor) -> None:
    assert visitor.post(PAUSE, {"reason": "x" * MAX_FORM_BYTES}).status == 413
    assert visitor.post(PAUSE, {f"f{number}": "x" for number in range(101)}).status == 400


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_is_closed_to_others(visitor: Visitor, path: str) -> None:
    for answer in (visitor.get(path), visitor.get(path, Host="evil.example"), visitor.get(path, Cookie="")):
        assert answer.headers["content-security-policy"] == POLICY
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
        assert "access-control-allow-origin" not in answer.headers
        assert "server" not in answer.headers
        if not path.startswith("/static/") or answer.status != 200:
            assert answer.headers["cache-control"] == "no-store"


def test_the_policy_allows_no_inline_script_and_no_other_host() -> None:
    rules = dict(rule.split(" ", 1) for rule in POLICY.split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == rules["connect-src"] == rules["form-action"] == "'self'"
    assert rules["frame-ancestors"] == rules["base-uri"] == "'none'"
    assert "unsafe" not in POLICY
    assert "http" not in POLICY


@pytest.mark.parametrize("path", ["/", "/widgets/checkout", "/flags", "/events", "/notifications", PAUSE])
def test_a_page_names_no_other_host_and_has_no_inline_script_or_style(visitor: Visitor, path: str) -> None:
    body = visitor.get(path).body
    links = re.findall(r'(?:src|href|action|hx-get)="([^"]*)"', body)
    assert links
    assert all(link.startswith(("/", "#", "data:,")) for link in links), links
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=|javascript:", body)


@pytest.mark.parametrize("path", ["/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/static/"])
def test_only_the_assets_are_served(visitor: Visitor, path: str) -> None:
    assert visitor.get(path).status == 404


def test_it_listens_on_loopback_alone(visitor: Visitor) -> None:
    others = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    for address in others - {"127.0.0.1"}:
        with (
            pytest.raises(ConnectionRefusedError),
            socket.create_connection((str(address), visitor.at.port), timeout=1),
        ):
            pass
