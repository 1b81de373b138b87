"""Compare what an upload offers with what the stable release offers, within the bounds of an upload."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edgeship.application.releases.ports import CheckedUpload, KeptSurfaces, UnpackedFile
from edgeship.application.versioning.ports import StableReleases, Surfaces
from edgeship.domain.errors import Refused
from edgeship.domain.naming import LATEST
from edgeship.domain.plain_text import printable
from edgeship.domain.releases.contents.package_json import MAX_PACKAGE_BYTES, PACKAGE_NAME
from edgeship.domain.releases.contents.surface_check import (
    MAX_FINDING_LENGTH,
    MAX_FINDINGS,
    SurfaceCheck,
    break_text,
)
from edgeship.domain.releases.manifest import Manifest
from edgeship.domain.version import Version
from edgeship.domain.versioning.levels import Level, declared_level, raised
from edgeship.domain.versioning.surface.compare import Finding, compare_surfaces, smallest_bump
from edgeship.domain.versioning.surface.public_files import is_code
from edgeship.domain.versioning.surface.record import MAX_SURFACE_BYTES, dump_surface, load_surface
from edgeship.domain.versioning.surface.surface import Bundle, Surface, surface_of

MAX_SCRIPTS = 300
"""Of a bundle; with more, its surface is not read."""
MAX_SCRIPTS_BYTES = 16 * 1024 * 1024
"""Of all of them together."""


@dataclass(frozen=True)
class CheckUpload:
    """What can't be compared is no reason to refuse an upload: the result says why."""

    state: StableReleases
    surfaces: Surfaces
    kept: KeptSurfaces

    def __call__(self, files: Sequence[UnpackedFile], manifest: Manifest) -> CheckedUpload:
        """Read the surface, and compare it with that of the version that `latest` points at. It is refused with
        `breaking_change` if it breaks what that version offers and does not say so, and the widget's policy refuses
        such uploads."""
        stable = self.state.channel(manifest.widget, LATEST).version
        surface, why_not = self._read(files, manifest)
        content = dump_surface(surface) if surface is not None else None
        if content is not None and len(content) > MAX_SURFACE_BYTES:
            surface, content, why_not = None, None, f"its surface has more than {MAX_SURFACE_BYTES:,} bytes"
        if stable is None or stable == manifest.version:
            return CheckedUpload(content, None)
        check = self._compared(stable, manifest, surface, why_not)
        if check.undeclared_break and self.may_refuse(manifest.widget):
            return CheckedUpload(content, check, _breaks(manifest, check))
        return CheckedUpload(content, check)

    def may_refuse(self, widget: str) -> bool:
        return self.state.policy(widget).policy.on_breaking == "refuse"

    def compare(self, files: Sequence[UnpackedFile], manifest: Manifest) -> SurfaceCheck | None:
        """Compare a build that has no version of its own; None if nothing is stable. Nothing is refused."""
        stable = self.state.channel(manifest.widget, LATEST).version
        return self._findings(stable, None, manifest, *self._read(files, manifest)) if stable is not None else None

    def _compared(self, stable: Version, manifest: Manifest, new: Surface | None, why_not: str) -> SurfaceCheck:
        declared = declared_level(stable, manifest.version)
        if declared is None:
            return SurfaceCheck(stable, not_compared=f"it is older than {stable}, which is stable")
        return self._findings(stable, declared, manifest, new, why_not)

    def _findings(
        self, stable: Version, declared: Level | None, manifest: Manifest, new: Surface | None, why_not: str
    ) -> SurfaceCheck:
        if new is None:
            return SurfaceCheck(stable, not_compared=why_not)
        content = self.kept.read(manifest.widget, stable)
        if content is None:
            return SurfaceCheck(stable, not_compared=f"the surface of {stable} was not kept")
        findings = [each for each in compare_surfaces(load_surface(content), new) if each.level is not None]
        bump = smallest_bump(findings)
        shown = tuple(map(_text, findings[:MAX_FINDINGS]))
        return SurfaceCheck(stable, bump.word, declared.word if declared else None, shown, len(findings))

    def _read(self, files: Sequence[UnpackedFile], manifest: Manifest) -> tuple[Surface | None, str]:
        """The surface, or why there is none."""
        public = {file.path: file for file in files if file.path in manifest.files}
        code = {path: file for path, file in public.items() if is_code(path)}
        total = sum(file.size for file in code.values())
        if len(code) > MAX_SCRIPTS or total > MAX_SCRIPTS_BYTES:
            return None, f"it has {len(code):,} scripts of {total:,} bytes together, which is more than an upload reads"
        # The small ones first: what is over the limits then costs no other script its turn.
        places = {path: code[path].location for path in sorted(code, key=lambda path: (code[path].size, path))}
        scripts = self.surfaces.scripts(places)
        unread = sorted(path for path, script in scripts.items() if script is None)
        if unread:
            others = f" and {len(unread) - 1} more" if len(unread) > 1 else ""
            return None, f"{printable(unread[0])}{others} takes more than the limits of an upload to be read"
        bundle = Bundle(
            version=manifest.version,
            entrypoint=manifest.entrypoint,
            kind=manifest.kind,
            loaded=(manifest.entrypoint, *manifest.imports),
            sizes={path: entry.size for path, entry in manifest.files.items()},
            scripts=scripts,
            package=_package(public[PACKAGE_NAME].location) if PACKAGE_NAME in public else None,
        )
        try:
            return surface_of(bundle), ""
        except Refused as refused:
            return None, refused.reason


def _package(location: Path) -> bytes:
    with location.open("rb") as file:
        return file.read(MAX_PACKAGE_BYTES + 1)


def _text(finding: Finding) -> str:
    place = f"{finding.place.file}:{finding.place.line}" if finding.place.line else finding.place.file
    text = printable(f"{place}: {finding.text}")
    return text if len(text) <= MAX_FINDING_LENGTH else f"{text[: MAX_FINDING_LENGTH - 1]}…"


def _breaks(manifest: Manifest, check: SurfaceCheck) -> Refused:
    from_ = check.against
    smallest = f" as {raised(from_, Level.MAJOR)} or higher" if not from_.prerelease else " under a higher version"
    return Refused(
        "breaking_change",
        f"{manifest.widget} {break_text(manifest.version, check)}.",
        f"Publish it{smallest}, or keep what is there. To let such uploads wait for approval instead: "
        f"edgeship policy set {manifest.widget} --on-breaking hold.",
    )
