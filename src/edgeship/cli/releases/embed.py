"""edgeship embed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from edgeship.cli import context
from edgeship.cli.errors import Trouble
from edgeship.cli.options import EnvOption, JsonOption, WidgetArgument
from edgeship.cli.output import Output, plain
from edgeship.cli.releases.tags import entry_tag, preload_tag, stylesheet_tag, telemetry_tag
from edgeship.domain.errors import Refused
from edgeship.domain.naming import LATEST, check_widget, release_prefix
from edgeship.domain.releases.entry import Kind, kind_of
from edgeship.domain.version import Version

if TYPE_CHECKING:
    from edgeship.domain.releases.manifest import Manifest
    from edgeship.domain.releases.release import Release


def embed(
    ctx: typer.Context,
    widget: WidgetArgument,
    version: Annotated[
        str | None, typer.Argument(metavar="[VERSION]", help="An exact version; what latest points at when left out.")
    ] = None,
    classic: Annotated[
        bool,
        typer.Option("--classic", help="For a release whose kind is not known: its entrypoint is a classic script."),
    ] = False,
    telemetry: Annotated[
        bool, typer.Option("--telemetry", help="Also print the tag that reports the widget's health, to go before it.")
    ] = False,
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
    kind = _kind(release, classic, out)
    manifest = operator.site.manifest(widget, live) if wanted is not None else None
    # A registered release has its manifest: it is written first.
    assert manifest is not None or wanted is None
    bundle = _Bundle(f"{target.site_url}/{folder}", manifest)
    style = release.entry.style if release.entry else None
    document: dict[str, Any] = {
        "widget": widget,
        "version": str(live),
        "kind": kind,
        "url": bundle.url(release.entrypoint),
        "integrity": bundle.integrity(release.entrypoint),
        "html": entry_tag(kind, bundle.url(release.entrypoint), bundle.integrity(release.entrypoint), widget),
        "style_tag": stylesheet_tag(bundle.url(style), bundle.integrity(style)) if style else None,
        "preload_tags": bundle.preload_tags() if kind is Kind.MODULE else [],
        "telemetry_tag": telemetry_tag(target.site_url, widget, wanted, kind) if telemetry and kind.is_script else None,
    }
    if telemetry and not kind.is_script:
        out.note("telemetry.js reports on scripts; a document has its tag in its own head")
    if style and wanted is None:
        out.note(
            "The two tags may get two releases around a move. A script that loads its stylesheet itself, as in "
            "new URL('style.css', import.meta.url), gets both from one."
        )
    before = [document["style_tag"], *document["preload_tags"], document["telemetry_tag"]]
    out.result(document, [plain(line) for line in (*before, document["html"]) if line is not None])


@dataclass(frozen=True)
class _Bundle:
    """Where the files of a release are; the manifest only for an exact path, whose bytes never change."""

    prefix: str
    manifest: Manifest | None

    def url(self, path: str) -> str:
        return self.prefix + quote(path)

    def integrity(self, path: str) -> str | None:
        return self.manifest.files[path].sri if self.manifest else None

    def preload_tags(self) -> list[str]:
        if self.manifest is None:
            return []
        return [preload_tag(self.url(path), self.manifest.files[path].sri) for path in self.manifest.imports]


def _kind(release: Release, classic: bool, out: Output) -> Kind:
    if release.entry is not None:
        if classic and release.entry.kind is not Kind.CLASSIC:
            out.note(f"--classic is ignored: {release.version} is of the kind {release.entry.kind}")
        return release.entry.kind
    kind = kind_of(release.entrypoint, None, None)
    # Before kinds were known, a script was a module unless its user said otherwise.
    return Kind.MODULE if kind is Kind.CLASSIC and not classic else kind
