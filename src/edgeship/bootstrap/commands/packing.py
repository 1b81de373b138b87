"""Composes what packs a folder on this machine, and needs nothing of AWS."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from edgeship.adapters.archives.packer import TarPacker
from edgeship.adapters.archives.reader import ArchiveReader
from edgeship.adapters.documents.manifests import dump_manifest
from edgeship.adapters.documents.path_patterns import GitignorePatterns
from edgeship.adapters.javascript.parser import JavaScriptParser
from edgeship.application.releases.inspect_archive import InspectArchive
from edgeship.application.releases.pack_bundle import PackBundle
from edgeship.application.releases.unpack_build import unpack_build
from edgeship.domain.releases.limits import LARGEST_LIMITS, Limits


def build(limits: Limits) -> PackBundle:
    """The use case, by the limits of an environment."""
    return PackBundle(
        inspect=InspectArchive(ArchiveReader(), JavaScriptParser(), limits),
        packer=TarPacker(),
        patterns=GitignorePatterns(),
        dump=dump_manifest,
    )


@contextmanager
def opened(build: Path) -> Iterator[Path]:
    """The folder of a build: the build, or what its archive holds, for as long as the context lasts. The limits of the
    environment count when it is packed.

    Raises:
        Refused: the archive would be refused.
    """
    if build.is_dir():
        yield build
        return
    with TemporaryDirectory(prefix="edgeship-") as scratch:
        yield unpack_build(build, ArchiveReader(), LARGEST_LIMITS, Path(scratch))
