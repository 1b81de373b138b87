"""Pages that embed a widget, as their authors write them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.browser.lab.builds import ENTRY, STYLE, EntryKind
from tests.browser.lab.site import Answered

How = Literal["tag", "plain tag", "two tags", "loader", "exact tag"]
"""How a page embeds the widget: `edgeship embed`'s tag, one without CORS, one beside the style's, by a snippet that
listens for `load`, or an exact release's with its integrity."""

_FOLDER = Path(__file__).parent
_HTML = "text/html; charset=utf-8"
_SCRIPT = "text/javascript; charset=utf-8"

_LOADER = """
(function () {
  var script = document.createElement('script');
  function heard(event) {
    var ran = __loaded.some(function (found) { return found.part === 'entry'; });
    if (event.type === 'error') __errors.push('heard error');
    else if (!ran) __errors.push('load before the entry');
    document.querySelector('[data-waits]').removeAttribute('data-waits');
  }
  script.type = '{type}';
  script.crossOrigin = 'anonymous';
  script.onload = heard;
  script.addEventListener('error', heard);
  script.src = '{src}';
  document.head.appendChild(script);
})();
"""

_SERVICE_WORKER = """
addEventListener('install', () => skipWaiting());
addEventListener('activate', event => event.waitUntil(clients.claim()));
const copy = async answer => {copied};
addEventListener('fetch', event => {
  const { request } = event;
  if (!request.url.includes('/latest/widget.js')) return;
  event.respondWith(
    caches.open('entries').then(async cache => {
      const kept = await cache.match(request.url);
      if (kept) return copy(kept);
      const answer = await fetch(request);
      await cache.put(request.url, answer.clone());
      return copy(answer);
    }),
  );
});
"""
COPIES = {
    "keeps": "answer",
    # What some libraries do with an answer that was redirected, for navigations.
    "copies": "new Response(await answer.blob(), { headers: answer.headers })",
}


@dataclass(frozen=True)
class Page:
    """`cdn` and `path` say where the moving or exact files are; `policy` is a CSP with {nonce} and {cdn} in it."""

    kind: EntryKind
    cdn: str
    path: str
    query: str
    how: How
    policy: str
    worker: bool
    integrity: str
    nonce: str

    def answered(self) -> Answered:
        options = f"window.__options = {{ worker: {str(self.worker).lower()} }};"
        html = (
            "<!doctype html><meta charset=utf-8><title>A shop</title><body>"
            # Where Vite's code finds the nonce for what it loads.
            f'<meta property="csp-nonce" nonce="{self.nonce}">'
            f'<script src="/probe.js" nonce="{self.nonce}"></script>'
            f"{self._inline(options)}{self._tags()}<h1>A shop</h1>"
        )
        headers = {"Content-Type": _HTML, "Cache-Control": "no-store"}
        if self.policy:
            headers["Content-Security-Policy"] = self.policy.replace("{nonce}", self.nonce).replace("{cdn}", self.cdn)
        return Answered(200, headers, html.encode())

    def _tags(self) -> str:
        src = self._url(ENTRY)
        kind = ' type="module"' if self.kind == "module" else ""
        cors = "" if self.how == "plain tag" else ' crossorigin="anonymous"'
        sri = f' integrity="{self.integrity}"' if self.how == "exact tag" else ""
        tag = f'<script{kind} src="{src}" nonce="{self.nonce}" data-shop="1"{cors}{sri}></script>'
        if self.how == "two tags":
            return f'<link rel="stylesheet" href="{self._url(STYLE)}" crossorigin="anonymous">{tag}'
        if self.how == "loader":
            snippet = _LOADER.replace("{type}", "module" if kind else "").replace("{src}", src)
            return f"<p data-waits></p>{self._inline(snippet)}"
        return tag

    def _url(self, file: str) -> str:
        return f"{self.cdn}{self.path}{file}{self.query and '?' + self.query}"

    def _inline(self, code: str) -> str:
        return f'<script nonce="{self.nonce}">{code}</script>'


def own_pages() -> dict[str, Answered]:
    """What the pages' side has beside page views, by path."""
    harness = "<!doctype html><meta charset=utf-8><title>The lab</title><body><script src=/harness.js></script>"
    scripts = {
        "/probe.js": (_FOLDER / "probe.js").read_text(),
        "/harness.js": (_FOLDER / "harness.js").read_text(),
        **{f"/{name}/worker.js": _SERVICE_WORKER.replace("{copied}", copied) for name, copied in COPIES.items()},
    }
    found = {path: Answered(200, {"Content-Type": _SCRIPT}, text.encode()) for path, text in scripts.items()}
    return {"/": Answered(200, {"Content-Type": _HTML}, harness.encode()), **found}
