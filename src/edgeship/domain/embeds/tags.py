"""The HTML that puts a widget into a page.

`crossorigin` shows a page the errors of a script from another origin, and integrity needs it.
"""

from __future__ import annotations

from html import escape

from edgeship.domain.releases.entry import Kind
from edgeship.domain.version import Version

_SANDBOX = "allow-scripts allow-same-origin allow-forms allow-popups"
"""A document from the CDN's own origin may run; it may not navigate the page around it, or open dialogs over it."""


def entry_tag(kind: Kind, url: str, integrity: str | None, title: str) -> str:
    """The tag of an entry by its kind; of an asset the URL alone. A document can't be held to its hash."""
    match kind:
        case Kind.MODULE:
            return f'<script type="module" src="{escape(url)}"{_fetched(integrity)}></script>'
        case Kind.CLASSIC:
            return f'<script src="{escape(url)}"{_fetched(integrity)}></script>'
        case Kind.STYLE:
            return stylesheet_tag(url, integrity)
        case Kind.HTML:
            return (
                f'<iframe src="{escape(url)}" title="{escape(title)}" loading="lazy" '
                f'sandbox="{_SANDBOX}" referrerpolicy="strict-origin-when-cross-origin"></iframe>'
            )
        case Kind.ASSET:
            return url


def stylesheet_tag(url: str, integrity: str | None) -> str:
    return f'<link rel="stylesheet" href="{escape(url)}"{_fetched(integrity)}>'


def preload_tag(url: str, integrity: str) -> str:
    """Starts the download of a module that another one imports, and gives its hash, which an import can't."""
    return f'<link rel="modulepreload" href="{escape(url)}"{_fetched(integrity)}>'


def telemetry_tag(site_url: str, widget: str, version: Version | None, kind: Kind) -> str:
    """The tag that goes before a script's; without a version the browser reads it from the CDN's answer.

    With `defer` it runs before a module that follows it. Before a classic script it has no attribute: each blocks the
    page, in their order.
    """
    attributes = [
        *(["defer"] if kind is Kind.MODULE else []),
        f'src="{escape(site_url)}/edgeship/telemetry.js"',
        f'data-widget="{widget}"',
        *([f'data-version="{version}"'] if version is not None else []),
        'crossorigin="anonymous"',
    ]
    return f"<script {' '.join(attributes)}></script>"


def _fetched(integrity: str | None) -> str:
    return (f' integrity="{escape(integrity)}"' if integrity else "") + ' crossorigin="anonymous"'
