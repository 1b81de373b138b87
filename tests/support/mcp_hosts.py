"""Three small hosts of MCP Apps: pages that show a server's document in a sandboxed frame with an opaque origin.

- `specification`: builds the frame's policy from `_meta.ui.csp` and answers `ui/initialize` (MCP Apps, 2026-01-26)
- `deaf`: ignores what is declared; the frame has the specification's default policy
- `openai`: reads `openai/widgetCSP` alone, and gives the tool's result as `window.openai.toolOutput`
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

HOSTS = ("specification", "deaf", "openai")

_HOST = """<!doctype html><title>A chat</title><script>
const document_ = DOCUMENT, output = OUTPUT, answers = ANSWERS;
window.heard = [];
const frame = Object.assign(document.createElement('iframe'), { srcdoc: document_ });
frame.sandbox = 'allow-scripts';
addEventListener('message', ({ source, data, origin }) => {
  if (source !== frame.contentWindow) return;
  heard.push({ ...data, origin });
  const post = message => source.postMessage({ jsonrpc: '2.0', ...message }, '*');
  if (answers && data.method === 'ui/initialize')
    post({ id: data.id, result: { protocolVersion: '2026-01-26', hostInfo: { name: 'small', version: '1' },
      hostCapabilities: {}, hostContext: {} } });
  if (answers && data.method === 'ui/notifications/initialized')
    post({ method: 'ui/notifications/tool-result', params: { content: [], structuredContent: output } });
});
onload = () => document.body.append(frame);
</script><body></body>"""

_WATCH = """<script>
addEventListener('securitypolicyviolation', ({ blockedURI, effectiveDirective }) =>
  parent.postMessage({ violation: effectiveDirective + ' ' + blockedURI }, '*'));
addEventListener('error', ({ message }) => parent.postMessage({ failure: message }, '*'));
GLOBALS</script>"""


def policy(host: str, meta: Mapping[str, Any]) -> str:
    """The content security policy of the host's frame."""
    if host == "deaf":
        connect, resources = [], []
    elif host == "openai":
        connect, resources = meta["openai/widgetCSP"]["connect_domains"], meta["openai/widgetCSP"]["resource_domains"]
    else:
        connect, resources = meta["ui"]["csp"]["connectDomains"], meta["ui"]["csp"]["resourceDomains"]
    allowed = " ".join(resources)
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src 'self' 'unsafe-inline' {allowed}",
            f"style-src 'self' 'unsafe-inline' {allowed}",
            f"img-src 'self' data: {allowed}",
            f"font-src 'self' {allowed}",
            f"connect-src {' '.join(connect) or chr(39) + 'none' + chr(39)}",
            "frame-src 'none'",
            "object-src 'none'",
            "base-uri 'self'",
        ]
    )


def page(host: str, resource: Mapping[str, Any], output: Mapping[str, Any]) -> str:
    """The host's page, showing a resource as `resources/read` gives it, and the structured result of the tool."""
    globals_ = f"window.openai = {{ toolOutput: {json.dumps(output)} }};" if host == "openai" else ""
    head = f'<meta http-equiv="Content-Security-Policy" content="{policy(host, resource["_meta"])}">'
    head += _WATCH.replace("GLOBALS", globals_)
    before, start, after = resource["text"].partition("<head>")
    document = before + start + head + after

    def text(value: object) -> str:
        return json.dumps(value).replace("<", "\\u003c")

    filled = _HOST.replace("DOCUMENT", text(document)).replace("OUTPUT", text(output))
    return filled.replace("ANSWERS", text(host != "openai"))
