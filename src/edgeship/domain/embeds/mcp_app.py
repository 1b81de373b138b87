"""A widget as an MCP App: the document that a host shows in a sandboxed frame, and what names it.

- MCP Apps, 2026-01-26: https://github.com/modelcontextprotocol/ext-apps
- ChatGPT reads `openai/…` as well, and of the policy these alone

A host keeps documents by their URI, so a URI has one document for ever: it names the version, or the moving path, and
the digest of the document.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from html import escape
from typing import Any, Final

from edgeship.domain.embeds.embedded import Embedded
from edgeship.domain.embeds.page_policy import import_map, script_text
from edgeship.domain.embeds.tags import telemetry_tag
from edgeship.domain.errors import Refused
from edgeship.domain.plain_text import quoted
from edgeship.domain.releases.entry import Kind

MIME_TYPE: Final = "text/html;profile=mcp-app"
_DIGEST_LENGTH = 16
"""Hex digits in a URI."""


class Body(StrEnum):
    """`inline`: the document has the bytes of the release, and works where no other origin is allowed. `linked`: it
    loads them from the CDN, of a moving path those that the path means at that moment."""

    INLINE = "inline"
    LINKED = "linked"


@dataclass(frozen=True)
class Wishes:
    """What the MCP server's author wants: the custom element that the document has (None: `<div id="root">`), further
    origins that the widget connects to, a border (None: as the host likes), a domain of its own, and telemetry."""

    element: str | None = None
    connect: tuple[str, ...] = ()
    border: bool | None = None
    domain: str | None = None
    telemetry: bool = False


@dataclass(frozen=True)
class McpApp:
    """What a server returns: the `_meta` of the tool and of the resource, and the resource itself."""

    uri: str
    name: str
    html: str
    tool_meta: Mapping[str, Any]
    resource_meta: Mapping[str, Any]


def default_body(embedded: Embedded) -> Body:
    """Inline where the entrypoint is all the code there is, and the path is exact."""
    entry = embedded.release.entry
    return Body.INLINE if embedded.manifest and entry is not None and entry.alone else Body.LINKED


def refuse_body(embedded: Embedded, body: Body) -> None:
    """
    Raises:
        Refused: `body_invalid`, where such a document can't show the widget.
    """
    what = f"{embedded.widget} {embedded.name}"
    if not embedded.kind.is_script:
        raise Refused(
            "body_invalid",
            f"The entrypoint of {what} is no script, so a document of MCP Apps can't run it.",
            "Publish a widget whose entrypoint is a module or a classic script.",
        )
    if body is Body.LINKED:
        return
    if embedded.manifest is None:
        raise Refused(
            "body_invalid",
            f"{embedded.selector} moves, and an inline document has the bytes of one release.",
            "Name a version, or add --body linked.",
        )
    entry = embedded.release.entry
    style = entry.style if entry is not None else None
    if entry is None or not (entry.alone or embedded.manifest.files.keys() <= {embedded.manifest.entrypoint, style}):
        raise Refused(
            "body_invalid",
            f"The entrypoint of {what} loads other files of its bundle, which an inline document does not have.",
            "Add --body linked, or build one file.",
        )


def inline_app(embedded: Embedded, script: str, style: str | None, wishes: Wishes) -> McpApp:
    """The document with the bytes in it. They are set as the text of elements, so nothing in them can end one, and
    errors and developer tools name the published file."""
    source = embedded.url(embedded.release.entrypoint)
    parts = [f"add('style', {script_text(style)});"] if style is not None else []
    kind = ", { type: 'module' }" if embedded.kind is Kind.MODULE else ""
    named = f"{script}\n//# sourceURL={source}"
    parts.append(f"add('script', {script_text(named)}{kind});")
    add = (
        "const add = (name, text, more) => document.head.append(Object.assign(document.createElement(name), "
        "{ textContent: text }, more));"
    )
    # Nothing is loaded that would show the entrypoint: this link, of a kind that no browser follows, names it.
    head = [f'<link rel="edgeship" href="{escape(source)}">'] if wishes.telemetry else []
    return _app(embedded, head, ["{", add, *parts, "}"], wishes)


def linked_app(embedded: Embedded, wishes: Wishes) -> McpApp:
    """The document that loads the entrypoint. By `import()`: hosts that write the document themselves may not run a
    module's tag. Where nothing is loaded, it says so."""
    url = embedded.url(embedded.release.entrypoint)
    failed = f"document.body.append({script_text(f'{embedded.widget} could not be loaded.')})"
    head = []
    if embedded.modules():
        head.append(import_map(embedded.modules()))
    if embedded.style_tag() is not None:
        head.append(str(embedded.style_tag()))
    if embedded.kind is Kind.MODULE:
        return _app(embedded, head, [f"import({script_text(url)}).catch(() => {failed});"], wishes)
    properties = {"src": url, "crossOrigin": "anonymous", "integrity": embedded.integrity(embedded.release.entrypoint)}
    shown = script_text({name: value for name, value in properties.items() if value is not None})
    script = f"Object.assign(document.createElement('script'), {shown}, {{ onerror: () => {failed} }})"
    return _app(embedded, head, [f"document.head.append({script});"], wishes)


def _app(embedded: Embedded, head: Sequence[str], script: Sequence[str], wishes: Wishes) -> McpApp:
    element = f"<{wishes.element}></{wishes.element}>" if wishes.element else '<div id="root"></div>'
    exact = embedded.version if embedded.selector is None else None
    watched = [telemetry_tag(embedded.site, embedded.widget, exact, Kind.CLASSIC)] if wishes.telemetry else []
    html = "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            f'<head><meta charset="utf-8"><title>{escape(embedded.widget)}</title>',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            *watched,
            *head,
            "</head>",
            f"<body>{element}",
            "<script>",
            *script,
            "</script>",
            "</body>",
            "</html>",
            "",
        ]
    )
    digest = hashlib.sha256(html.encode()).hexdigest()[:_DIGEST_LENGTH]
    uri = f"ui://{embedded.widget}/{embedded.name}/{digest}.html"
    return McpApp(
        uri=uri,
        name=f"{embedded.widget} {embedded.name}",
        html=html,
        tool_meta={"ui": {"resourceUri": uri}, "openai/outputTemplate": uri},
        resource_meta=_resource_meta(embedded.site, wishes),
    )


def _resource_meta(site: str, wishes: Wishes) -> dict[str, Any]:
    connect = list(dict.fromkeys([site, *wishes.connect]))
    ui: dict[str, Any] = {"csp": {"connectDomains": connect, "resourceDomains": [site]}}
    meta: dict[str, Any] = {"ui": ui, "openai/widgetCSP": {"connect_domains": connect, "resource_domains": [site]}}
    if wishes.border is not None:
        ui["prefersBorder"] = meta["openai/widgetPrefersBorder"] = wishes.border
    # Hosts have formats of their own for it, and refuse each other's.
    if wishes.domain is not None:
        ui["domain"] = meta["openai/widgetDomain"] = wishes.domain
    return meta


def check_element(name: str) -> str:
    """Return `name` if it may name a custom element; a stricter form of
    https://html.spec.whatwg.org/multipage/custom-elements.html#valid-custom-element-name.

    Raises:
        Refused: `element_invalid`.
    """
    plain = all(part.isascii() and part.isalnum() and part == part.lower() for part in name.split("-"))
    if "-" not in name or not plain or not name[0].isalpha():
        raise Refused(
            "element_invalid",
            f"{quoted(name)} is no custom element's name.",
            "Use lowercase letters, digits and a hyphen, such as checkout-button.",
        )
    return name
