"""What a page needs beside the tags: a content security policy, and an import map with the modules' hashes."""

from __future__ import annotations

import json
from collections.abc import Mapping

from edgeship.domain.releases.entry import Kind


def content_security_policy(kind: Kind, site: str, *, style: bool, telemetry: bool, trusted_types: bool) -> str:
    """The sources that a page's policy must allow, as the header has them. Hosts, no paths: a redirect is not held to
    a path, but the path before it is (https://www.w3.org/TR/CSP3/#match-paths)."""
    directives: dict[str, str] = {}
    if kind.is_script or telemetry:
        directives["script-src"] = site
    if kind is Kind.HTML:
        directives["frame-src"] = site
    if style or kind is Kind.STYLE:
        directives["style-src"] = site
    if telemetry:
        directives["connect-src"] = site
    if trusted_types:
        directives["trusted-types"] = "edgeship"
    return "; ".join(f"{name} {value}" for name, value in directives.items())


def import_map(hashes: Mapping[str, str]) -> str:
    """The tag of an import map that holds modules to their bytes, also those that are imported later. It goes before
    the first module of the page (https://html.spec.whatwg.org/multipage/webappapis.html#import-map-integrity)."""
    return f'<script type="importmap">{script_text({"integrity": dict(hashes)})}</script>'


def script_text(value: object) -> str:
    """JSON that may stand in a script of an HTML document: no `<` ends the script, or begins a comment
    (https://html.spec.whatwg.org/multipage/scripting.html#restrictions-for-contents-of-script-elements)."""
    return json.dumps(value, ensure_ascii=True).replace("<", "\\u003c")
