"""Probes of a deployment: what is asked for at each CDN, and what in an answer is a mismatch."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from edgeship.domain.channels.channel import Channel
from edgeship.domain.naming import release_prefix
from edgeship.domain.propagation.deployment import Mismatch, MismatchKind, selector
from edgeship.domain.releases.contents.siblings import Sibling, served, siblings
from edgeship.domain.releases.manifest import Manifest

SAMPLE = 20
"""Files that are probed through each CDN, besides the entrypoint."""
ENCODED_SAMPLE = 6
"""Files under a content coding that are probed through each CDN."""


@dataclass(frozen=True)
class Probe:
    """A path to ask a CDN for, and the file of a release that it stands for. `sibling` is what a viewer gets instead
    that takes the content codings `taken`."""

    path: str
    file: str
    taken: str = ""
    sibling: Sibling | None = None


def probes_of(channel: Channel, manifest: Manifest, ranges: Mapping[str, str]) -> tuple[Probe, ...]:
    """Probes of the entrypoint under every path that serves the channel's version, of a sample of the channel's files,
    and of a sample of what is served by `Accept-Encoding` under exact paths.

    `ranges` is the version of each of the widget's ranges now.
    """
    here = f"/{channel.widget}/{selector(channel.name)}/"
    same = [f"/{channel.widget}/~{name}/" for name, version in ranges.items() if version == str(channel.version)]
    exact = f"/{release_prefix(manifest.widget, manifest.version)}"
    entrypoints = [Probe(folder + manifest.entrypoint, manifest.entrypoint) for folder in (here, *same, exact)]
    files = [Probe(here + file, file) for file in sample(manifest, f"{channel.name}/{channel.sequence}")]
    return (*entrypoints, *files, *_encoded(manifest, exact, f"{channel.name}/{channel.sequence}"))


def sample(manifest: Manifest, salt: str) -> list[str]:
    """Up to SAMPLE files besides the entrypoint. Another salt chooses other files, so over time all are probed."""
    files = manifest.files.keys() - {manifest.entrypoint}
    return sorted(sorted(files, key=lambda file: _order(salt, file))[:SAMPLE])


def _encoded(manifest: Manifest, exact: str, salt: str) -> list[Probe]:
    sizes = {path: entry.size for path, entry in manifest.files.items()}
    every = [Probe(exact + one.original, one.original, taken, one) for taken, one in served(siblings(sizes), sizes)]
    return sorted(every, key=lambda probe: _order(salt, f"{probe.taken} {probe.file}"))[:ENCODED_SAMPLE]


def _order(salt: str, text: str) -> bytes:
    return hashlib.sha256(f"{salt}\0{text}".encode()).digest()


@dataclass(frozen=True)
class Decision:
    """What a moving path answered instead of a file: a redirect, or a script that leads to the exact one.

    `version` is the one that it names, `location` the path that it leads to, decoded; `script` is the text of the
    script. The rest are its headers.
    """

    version: str
    location: str
    allow_origin: str
    cache_control: str
    script: str | None = None


@dataclass(frozen=True)
class Answer:
    """A CDN's answer: its status, the version that it names, and the SHA-256 of its bytes in hex, which are under the
    content coding `encoding`, if it has one. `decision` is what led to it, if it lies elsewhere."""

    status: int
    version: str
    sha256: str
    decision: Decision | None = None
    encoding: str = ""

    @property
    def chosen(self) -> str:
        """The version that the moving path chose; "" when nothing names one."""
        return self.version if self.decision is None else self.decision.version


def mismatch_of(
    where: str,
    probe: Probe,
    answer: Answer,
    manifest: Manifest,
    also_served: Iterable[Manifest],
    cache_control: str | None = None,
) -> Mismatch | None:
    """The mismatch of an answer, if any; `also_served` are the manifests of other versions that may be served there,
    `cache_control` is the header that redirects have (None: any)."""

    def mismatch(kind: MismatchKind, expected: object, got: object) -> Mismatch:
        return Mismatch(where, probe.path, kind, str(expected), str(got))

    permitted = {str(manifest.version): manifest}
    for other in also_served if answer.status != 200 or answer.chosen != str(manifest.version) else ():
        permitted[str(other.version)] = other
    if answer.decision is not None:
        chosen = permitted.get(answer.decision.version)
        if chosen is None:
            return mismatch(MismatchKind.VERSION, " or ".join(permitted), answer.decision.version or "none")
        permitted = {str(chosen.version): chosen}
        found = _fault_of(answer.decision, probe, chosen, cache_control)
        if found is not None:
            return mismatch(*found)
    if answer.status != 200:
        may_lack = any(probe.file not in one.files for one in permitted.values())
        return None if answer.status == 404 and may_lack else mismatch(MismatchKind.STATUS, 200, answer.status)
    named = permitted.get(answer.version)
    if named is None or probe.file not in named.files:
        return mismatch(MismatchKind.VERSION, " or ".join(permitted), answer.version or "none")
    if probe.sibling is not None:
        # No kind that may roll back: a CDN may compress by itself what the build has compressed.
        served_as = _served_as(probe.sibling.encoding, named.files[probe.sibling.path].sha256)
        got = _served_as(answer.encoding, answer.sha256)
        return None if got == served_as else mismatch(MismatchKind.HEADERS, served_as, got)
    expected = named.files[probe.file].sha256
    return None if answer.sha256 == expected else mismatch(MismatchKind.BYTES, expected, answer.sha256)


def _served_as(encoding: str, sha256: str) -> str:
    return f"content-encoding: {encoding or 'none'}, SHA-256 {sha256}"


def _fault_of(
    decision: Decision, probe: Probe, manifest: Manifest, cache_control: str | None
) -> tuple[MismatchKind, str, str] | None:
    """What is wrong with a decision for a release: the kind, what was expected, and what came instead."""
    exact = f"/{release_prefix(manifest.widget, manifest.version)}{probe.file}"
    if decision.location != exact:
        return MismatchKind.VERSION, exact, decision.location
    if decision.allow_origin != "*":
        return MismatchKind.HEADERS, "access-control-allow-origin: *", decision.allow_origin or "none"
    if cache_control is not None and decision.cache_control != cache_control:
        return MismatchKind.HEADERS, f"cache-control: {cache_control}", decision.cache_control or "none"
    if decision.script is not None and probe.file in manifest.files:
        expected, text = _expected_in_script(manifest, probe.file)
        if text not in decision.script:
            return MismatchKind.BYTES, expected, "another script"
    return None


def _expected_in_script(manifest: Manifest, file: str) -> tuple[str, str]:
    """What a script must do that leads to this file, and the text by which it does."""
    if manifest.imported and file == manifest.entrypoint:
        exact = quote(f"/{release_prefix(manifest.widget, manifest.version)}{file}")
        names = "{ default }" if manifest.default_export else "*"
        return f"a module that exports {names} from {exact}", f'export {names} from "{exact}";'
    digest = b64encode(bytes.fromhex(manifest.files[file].sha256)).decode()
    return f"a script that inserts sha256-{digest}", f'"sha256-{digest}"'
