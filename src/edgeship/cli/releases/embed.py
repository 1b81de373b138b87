"""edgeship embed."""

from __future__ import annotations

from html import escape
from typing import Annotated
from urllib.parse import quote

import typer

from edgeship.cli import context
from edgeship.cli.errors import Trouble
from edgeship.cli.options import EnvOption, JsonOption, WidgetArgument
from edgeship.cli.output import plain
from edgeship.domain.errors import Refused
from edgeship.domain.naming import LATEST, check_widget, release_prefix
from edgeship.domain.version import Version


def embed(
    ctx: typer.Context,
    widget: WidgetArgument,
    version: Annotated[
        str | None, typer.Argument(metavar="[VERSION]", help="An exact version; what latest points at when left out.")
    ] = None,
    classic: Annotated[
        bool, typer.Option("--classic", help="The entrypoint is a classic script, not an ES module.")
    ] = False,
    telemetry: Annotated[
        bool, typer.Option("--telemetry", help="Also print the tag that reports the widget's health, to go before it.")
    ] = False,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the script tag for a page.

    With a version the tag carries the hash of its bytes (Subresource Integrity). Without one it follows latest, whose
    bytes change, so it carries none.

    Example:

        edgeship embed checkout 1.4.2
    """
    out = context.output(ctx, as_json)
    check_widget(widget)
    wanted = Version.parse(version) if version is not None else None
    target = context.target(ctx, env, out)
    operator = target.operator
    live = operator.state.channel(widget, LATEST).version if wanted is None else wanted
    if live is None:
        raise Refused(
            "nothing_live",
            f"latest of {widget} points at no version.",
            f"Promote one: edgeship promote {widget} VERSION.",
        )
    release = operator.state.release(widget, live)
    if release is None:
        raise Refused("not_registered", f"{widget} {live} is not a registered release.", "See edgeship releases.")
    if release.quarantine is not None:
        raise Refused(
            "quarantined",
            f"{widget} {live} is quarantined since {release.quarantine.since} ({release.quarantine.cause}).",
            "Embed another version, or latest.",
        )
    if target.site_url is None:
        raise Trouble(
            "url_unknown",
            "The address of the CDN is not known: these credentials cannot read the environment's stack.",
            f"Set {context.URL_VARIABLE}, for example to https://widgets.example.com.",
        )
    folder = release_prefix(widget, live) if wanted is not None else f"{widget}/{LATEST}/"
    url = f"{target.site_url}/{folder}{quote(release.entrypoint)}"
    integrity = None
    if wanted is not None:
        manifest = operator.site.manifest(widget, live)
        # A registered release has its manifest: it is written first.
        assert manifest is not None
        integrity = manifest.files[release.entrypoint].sri
    tag = script_tag(url, integrity, classic=classic)
    beside = telemetry_tag(target.site_url, widget, wanted, classic=classic) if telemetry else None
    document = {
        "widget": widget,
        "version": str(live),
        "url": url,
        "integrity": integrity,
        "html": tag,
        "telemetry_tag": beside,
    }
    out.result(document, [plain(line) for line in (beside, tag) if line is not None])


def script_tag(url: str, integrity: str | None, *, classic: bool) -> str:
    """The HTML. `crossorigin` shows a page the errors of a script from another origin, and integrity needs it."""
    attributes = [
        "async" if classic else 'type="module"',
        f'src="{escape(url)}"',
        *([f'integrity="{escape(integrity)}"'] if integrity else []),
        'crossorigin="anonymous"',
    ]
    return f"<script {' '.join(attributes)}></script>"


def telemetry_tag(site_url: str, widget: str, version: Version | None, *, classic: bool) -> str:
    """The HTML that goes before a widget's tag; without a version the browser reads it from the CDN's answer.

    With `defer` it runs before a module that follows it. A classic widget is async: no attribute makes this script run
    first without blocking the page.
    """
    attributes = [
        "async" if classic else "defer",
        f'src="{escape(site_url)}/edgeship/telemetry.js"',
        f'data-widget="{widget}"',
        *([f'data-version="{version}"'] if version is not None else []),
        'crossorigin="anonymous"',
    ]
    return f"<script {' '.join(attributes)}></script>"
