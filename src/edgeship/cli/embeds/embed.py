"""edgeship embed."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from edgeship.cli import context
from edgeship.cli.errors import Trouble
from edgeship.cli.options import EnvOption, JsonOption, WidgetArgument
from edgeship.cli.output import Output, plain
from edgeship.cli.version_text import without_v
from edgeship.domain.embeds.embedded import Embedded
from edgeship.domain.embeds.mcp_app import MIME_TYPE, Body, McpApp, Wishes, check_element
from edgeship.domain.embeds.page_policy import content_security_policy, import_map
from edgeship.domain.embeds.tags import entry_tag, telemetry_tag
from edgeship.domain.naming import LATEST
from edgeship.domain.releases.entry import Kind


def embed(
    ctx: typer.Context,
    widget: WidgetArgument,
    version: Annotated[
        str,
        typer.Argument(metavar="[VERSION]", help="A version such as 1.4.2, a range such as ~1, latest, or ~CHANNEL."),
    ] = LATEST,
    classic: Annotated[
        bool,
        typer.Option("--classic", help="For a release whose kind is not known: its entrypoint is a classic script."),
    ] = False,
    telemetry: Annotated[
        bool, typer.Option("--telemetry", help="Also print the tag that reports the widget's health, to go before it.")
    ] = False,
    with_import_map: Annotated[
        bool, typer.Option("--import-map", help="Also print an import map with the hash of each module.")
    ] = False,
    csp: Annotated[
        bool, typer.Option("--csp", help="Also print what the page's content security policy must allow.")
    ] = False,
    mcp: Annotated[
        bool, typer.Option("--mcp", help="Print what an MCP server returns, for ChatGPT and other hosts of MCP Apps.")
    ] = False,
    body: Annotated[
        Body | None,
        typer.Option("--body", help="With --mcp: the document has the bytes (inline), or loads them (linked)."),
    ] = None,
    element: Annotated[
        str | None,
        typer.Option("--element", metavar="NAME", help="With --mcp: the custom element that the document shows."),
    ] = None,
    connect: Annotated[
        list[str] | None,
        typer.Option("--connect", metavar="ORIGIN", help="With --mcp: an origin that the widget fetches from."),
    ] = None,
    border: Annotated[
        bool | None, typer.Option("--border/--no-border", help="With --mcp: whether the host draws a border.")
    ] = None,
    domain: Annotated[
        str | None,
        typer.Option("--domain", metavar="NAME", help="With --mcp: the frame's own domain, in its host's format."),
    ] = None,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the tags that put a widget into a page.

    The tag is the one for the kind of the release: a module, a classic script, a document, a stylesheet; of an asset
    the URL alone. With a version the tags carry the hashes of their bytes (Subresource Integrity). Without one they
    follow latest, whose bytes change, so they carry none.

    Example:

        edgeship embed checkout 1.4.2
    """
    out = context.output(ctx, as_json)
    wishes = Wishes(check_element(element) if element else None, tuple(connect or ()), border, domain, telemetry)
    if not mcp and (body is not None or wishes != Wishes(telemetry=telemetry)):
        raise typer.BadParameter("--body, --element, --connect, --border and --domain are for --mcp.")
    target = context.target(ctx, env, out)
    # Without an address there is no URL to print; what is refused for another reason says so first.
    embedded = target.operator.embed(widget, without_v(version), target.site_url or "", classic=classic)
    if target.site_url is None:
        raise Trouble(
            "url_unknown",
            "The address of the CDN is not known: these credentials cannot read the environment's stack.",
            f"Set {context.URL_VARIABLE}, for example to https://widgets.example.com.",
        )
    if classic and embedded.release.entry is not None and embedded.kind is not Kind.CLASSIC:
        out.note(f"--classic is ignored: {embedded.version} is of the kind {embedded.kind}")
    if mcp:
        _print_app(out, embedded, target.operator.embed.mcp_app(embedded, body, wishes))
        return
    _print_tags(out, embedded, telemetry=telemetry, with_import_map=with_import_map, csp=csp)


def _print_app(out: Output, embedded: Embedded, app: McpApp) -> None:
    document = {
        "widget": embedded.widget,
        "version": str(embedded.version),
        "tool": {"_meta": dict(app.tool_meta)},
        "resource": {
            "uri": app.uri,
            "name": app.name,
            "mimeType": MIME_TYPE,
            "text": app.html,
            "_meta": dict(app.resource_meta),
        },
    }
    # For servers, also without --json.
    out.result(document, [plain(line) for line in json.dumps(document, indent=2).splitlines()])


def _print_tags(out: Output, embedded: Embedded, *, telemetry: bool, with_import_map: bool, csp: bool) -> None:
    entrypoint, kind, site = embedded.release.entrypoint, embedded.kind, embedded.site
    watched = telemetry and kind.is_script
    exact = embedded.version if embedded.selector is None else None
    document: dict[str, Any] = {
        "widget": embedded.widget,
        "version": str(embedded.version),
        "kind": kind,
        "url": embedded.url(entrypoint),
        "integrity": embedded.integrity(entrypoint),
        "html": entry_tag(kind, embedded.url(entrypoint), embedded.integrity(entrypoint), embedded.widget),
        "style_tag": embedded.style_tag(),
        "preload_tags": embedded.preload_tags(),
        "telemetry_tag": telemetry_tag(site, embedded.widget, exact, kind) if watched else None,
        "import_map_tag": import_map(embedded.modules()) if with_import_map and embedded.modules() else None,
        "csp": content_security_policy(
            kind,
            site,
            style=embedded.style is not None,
            telemetry=watched,
            trusted_types=kind is Kind.CLASSIC and embedded.selector is not None,
        ),
    }
    if telemetry and not watched:
        out.note("telemetry.js reports on scripts; a document has its tag in its own head")
    if with_import_map and document["import_map_tag"] is None:
        out.note("An import map has hashes of the modules of an exact version: name one.")
    if embedded.style and embedded.selector is not None:
        out.note(
            "The two tags may get two releases around a move. A script that loads its stylesheet itself, as in "
            "new URL('style.css', import.meta.url), gets both from one."
        )
    before = [document["import_map_tag"], document["style_tag"], *document["preload_tags"], document["telemetry_tag"]]
    lines = [line for line in (*before, document["html"]) if line is not None]
    if csp:
        lines.insert(0, f"Content-Security-Policy: {document['csp']}")
    out.result(document, [plain(line) for line in lines])
