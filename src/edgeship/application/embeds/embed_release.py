"""Find what a page embeds, and make the document of an MCP App of it."""

from __future__ import annotations

from dataclasses import dataclass

from edgeship.application.embeds.ports import ChannelState, PublishedFiles, Site
from edgeship.domain.edge.live_versions import live_versions
from edgeship.domain.embeds.embedded import Embedded, channel_of, version_of_range
from edgeship.domain.embeds.mcp_app import Body, McpApp, Wishes, default_body, inline_app, linked_app, refuse_body
from edgeship.domain.errors import Refused
from edgeship.domain.naming import LATEST, check_channel, check_widget
from edgeship.domain.plain_text import quoted
from edgeship.domain.releases.entry import Kind, kind_of
from edgeship.domain.releases.release import Release
from edgeship.domain.version import Version


@dataclass(frozen=True)
class EmbedRelease:
    state: ChannelState
    site: Site
    files: PublishedFiles

    def __call__(self, widget: str, wanted: str, site_url: str, *, classic: bool = False) -> Embedded:
        """What a version, `latest`, a range (`~1`, `~1.4`) or a channel (`~next`) leads to.

        Args:
            classic: the entrypoint of a release from before kinds were known is a classic script.

        Raises:
            Refused: `widget_invalid`, `version_invalid`, `channel_invalid`, `nothing_live`, `not_registered` or
                `quarantined`.
        """
        check_widget(widget)
        # Only `latest` has a path without the tilde, and none with it.
        wanted = LATEST if wanted == f"~{LATEST}" else wanted
        moves = wanted == LATEST or wanted.startswith("~")
        version = self._meant(widget, wanted) if moves else Version.parse(wanted)
        release = self.state.release(widget, version)
        if release is None:
            raise Refused(
                "not_registered", f"{widget} {version} is not a registered release.", "See edgeship releases."
            )
        if release.quarantine is not None:
            raise Refused(
                "quarantined",
                f"{widget} {version} is quarantined since {release.quarantine.since} ({release.quarantine.cause}).",
                "Embed another version, or latest.",
            )
        # A registered release has its manifest: it is written first.
        manifest = None if moves else self.site.manifest(widget, version)
        assert moves or manifest is not None
        return Embedded(release, _kind(release, classic=classic), site_url, wanted if moves else None, manifest)

    def mcp_app(self, embedded: Embedded, body: Body | None, wishes: Wishes) -> McpApp:
        """
        Raises:
            Refused: `body_invalid`, or `files_gone`: the release's bytes are not in the site bucket any more.
        """
        chosen = body or default_body(embedded)
        refuse_body(embedded, chosen)
        if chosen is Body.LINKED:
            return linked_app(embedded, wishes)
        style = self._text(embedded, embedded.style) if embedded.style else None
        return inline_app(embedded, self._text(embedded, embedded.release.entrypoint), style, wishes)

    def _meant(self, widget: str, selector: str) -> Version:
        name = channel_of(selector)
        if name[:1].isdigit():
            version = version_of_range(name, dict(live_versions(self.state.releases(widget))))
            what = f"{quoted(selector)} of {widget} has no live version."
        else:
            version = self.state.channel(widget, check_channel(name)).version
            what = f"{name} of {widget} points at no version."
        if version is None:
            raise Refused("nothing_live", what, f"Promote one: edgeship promote {widget} VERSION.")
        return version

    def _text(self, embedded: Embedded, path: str) -> str:
        content = self.files.read(embedded.widget, embedded.version, path)
        if content is None:
            raise Refused(
                "files_gone",
                f"{path} of {embedded.widget} {embedded.version} is not in the site bucket any more.",
                "Publish a new version.",
            )
        return content.decode("utf-8-sig", errors="replace")


def _kind(release: Release, *, classic: bool) -> Kind:
    if release.entry is not None:
        return release.entry.kind
    kind = kind_of(release.entrypoint, None, None)
    # Before kinds were known, a script was a module unless its user said otherwise.
    return Kind.MODULE if kind is Kind.CLASSIC and not classic else kind
