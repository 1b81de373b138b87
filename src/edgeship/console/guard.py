"""What stands before every page: who may ask, and what a browser may do with the answer.

- a request names this machine's own address, so that no other name leads here (DNS rebinding)
- a browser has the run's cookie, which only the printed URL gives it
- what changes something comes from the console's own pages: by Origin, and by Fetch Metadata where the browser sends it
- no answer may run inline script, load from another host, be framed, or be kept
"""

from __future__ import annotations

import hmac
import secrets
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, PlainTextResponse, Response

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_FORM_BYTES = 1024 * 1024
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # With no-referrer, browsers send a form's Origin as null.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
READS = frozenset({"GET", "HEAD"})


class Guard:
    """`port` is the one that the console listens on. `token` opens it: the printed URL has it, and each browser that
    comes with it gets a cookie. Both are new in each run."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._app = app
        self.token, self._session = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        # A browser sends the cookies of one host to all of its ports.
        self._cookie = f"edgeship-console-{port}"
        self._hosts = frozenset({f"127.0.0.1:{port}", f"localhost:{port}"})
        self._origins = frozenset(f"http://{host}" for host in self._hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        answer = self._refusal(scope) or self._entry(scope)
        if answer is None and scope["method"] not in READS:
            answer = await _read_form(scope, receive)
        await (answer or self._app)(scope, receive, _with_headers(scope, send))

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        if headers.get("host") not in self._hosts or len(headers.getlist("host")) != 1:
            return _plain(421, "This console answers under 127.0.0.1 and localhost alone. Open the URL it printed.")
        if scope["method"] not in (*READS, "POST"):
            return _plain(405, "The console takes GET, HEAD and POST.")
        site = headers.get("sec-fetch-site")
        opened = headers.get("sec-fetch-mode") == "navigate" and scope["method"] in READS
        if site not in (None, "same-origin", "none") and not opened:
            return _plain(403, "Another page asked for this. Open it from the console.")
        if scope["method"] == "POST" and headers.get("origin") not in self._origins:
            return _plain(403, "Another page sent this. Nothing was changed. Act from the console's own pages.")
        return None

    def _entry(self, scope: Scope) -> Response | None:
        """None for a browser that has the cookie."""
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[-1]
        if scope["path"] == "/" and scope["method"] == "GET" and _same(given, self.token):
            return self._welcome()
        if _same(_cookie(Headers(scope=scope), self._cookie), self._session):
            return None
        return _plain(401, "Open the URL that edgeship console printed: it has the token of this run.")

    def _welcome(self) -> Response:
        """A page, not a redirect: a browser that followed a link of another site would not send the cookie along."""
        answer = HTMLResponse(
            '<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=/">'
            '<title>edgeship</title><p><a href="/">Open the console</a></p></html>'
        )
        answer.set_cookie(self._cookie, self._session, httponly=True, samesite="strict", path="/")
        return answer


def _cookie(headers: Headers, name: str) -> str:
    """The value of a cookie, by RFC 6265's plain form; empty when there is none."""
    for line in headers.getlist("cookie"):
        for pair in line.split(";"):
            key, _, value = pair.strip().partition("=")
            if key == name:
                return value
    return ""


def _same(given: str, kept: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), kept.encode())


def _plain(status: int, text: str) -> Response:
    return PlainTextResponse(f"{text}\n", status)


async def _read_form(scope: Scope, receive: Receive) -> Response | None:
    """Put the form's fields into the request's state; the refusal of what is none."""
    kind = Headers(scope=scope).get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        return _plain(415, "A form of the console is sent as application/x-www-form-urlencoded.")
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return _plain(400, "The form did not arrive whole. Nothing was changed.")
        body += message.get("body", b"")
        if len(body) > MAX_FORM_BYTES:
            return _plain(413, f"A form has at most {MAX_FORM_BYTES:,} bytes. Nothing was changed.")
        if not message.get("more_body"):
            break
    try:
        fields = parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=100, errors="strict")
    except ValueError:
        return _plain(400, "The form can't be read. Nothing was changed.")
    scope.setdefault("state", {})["form"] = {name: values[-1].replace("\r\n", "\n") for name, values in fields.items()}
    return None


def _with_headers(scope: Scope, send: Send) -> Send:
    kept = "private, max-age=86400, immutable" if scope["path"].startswith("/static/") else "no-store"

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
            headers["Cache-Control"] = kept if message["status"] == 200 else "no-store"
        await send(message)

    return sent


def refused_page(title: str, text: str) -> Any:
    """A page without the console's frame, for what has no other."""
    return HTMLResponse(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<h1>{escape(title)}</h1><p>{escape(text)}</p></html>",
        500,
    )
