"""Composes what packs a folder on this machine, and needs nothing of AWS."""

from __future__ import annotations

from edgeship.adapters.archives.packer import TarPacker
from edgeship.adapters.archives.reader import ArchiveReader
from edgeship.adapters.documents.manifests import dump_manifest
from edgeship.adapters.documents.path_patterns import GitignorePatterns
from edgeship.adapters.javascript.parser import JavaScriptParser
from edgeship.application.releases.inspect_archive import InspectArchive
from edgeship.application.releases.pack_bundle import PackBundle
from edgeship.domain.releases.limits import Limits


def build(limits: Limits) -> PackBundle:
    """The use case, by the limits of an environment."""
    return PackBundle(
        inspect=InspectArchive(ArchiveReader(), JavaScriptParser(), limits),
        packer=TarPacker(),
        patterns=GitignorePatterns(),
        dump=dump_manifest,
    )
