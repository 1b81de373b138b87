"""What a page embeds: a release by its exact path, or what a moving path means now."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from edgeship.domain.edge.live_versions import newest_in_ranges
from edgeship.domain.embeds.tags import preload_tag, stylesheet_tag
from edgeship.domain.naming import LATEST, release_prefix
from edgeship.domain.releases.entry import SCRIPTS, Kind
from edgeship.domain.releases.manifest import Manifest
from edgeship.domain.releases.release import Release
from edgeship.domain.version import Version


@dataclass(frozen=True)
class Embedded:
    """`selector` is the moving path's (`latest`, `~1`, `~next`); None for the exact path of a release, whose bytes
    never change: it has its `manifest`, so that a page can hold it to the bytes. `site` is the CDN's origin."""

    release: Release
    kind: Kind
    site: str
    selector: str | None
    manifest: Manifest | None

    @property
    def widget(self) -> str:
        return self.release.widget

    @property
    def version(self) -> Version:
        return self.release.version

    @property
    def name(self) -> str:
        """Of what is embedded: the version, or the selector."""
        return self.selector or str(self.version)

    @property
    def prefix(self) -> str:
        """The URL of the folder, with its trailing slash."""
        folder = f"{self.widget}/{self.selector}/" if self.selector else release_prefix(self.widget, self.version)
        return f"{self.site}/{folder}"

    @property
    def style(self) -> str | None:
        """The path of a stylesheet that belongs beside a script."""
        return self.release.entry.style if self.release.entry else None

    def url(self, path: str) -> str:
        return self.prefix + quote(path)

    def integrity(self, path: str) -> str | None:
        return self.manifest.files[path].sri if self.manifest else None

    def preload_tags(self) -> list[str]:
        """Of the modules that the entrypoint imports: an import can't give a hash."""
        if self.manifest is None or self.kind is not Kind.MODULE:
            return []
        return [preload_tag(self.url(path), self.manifest.files[path].sri) for path in self.manifest.imports]

    def style_tag(self) -> str | None:
        return stylesheet_tag(self.url(self.style), self.integrity(self.style)) if self.style else None

    def modules(self) -> dict[str, str]:
        """The hash of each script of a module's release, by URL: also of those that are imported later."""
        if self.manifest is None or self.kind is not Kind.MODULE:
            return {}
        scripts = sorted(path for path in self.manifest.files if path.endswith(SCRIPTS))
        return {self.url(path): self.manifest.files[path].sri for path in scripts}


def version_of_range(name: str, live: dict[str, str]) -> Version | None:
    """The newest live version of `1` or `1.4`."""
    return newest_in_ranges(live).get(name)


def channel_of(selector: str) -> str:
    """The channel of a selector that is no range."""
    return LATEST if selector == LATEST else selector.removeprefix("~")
