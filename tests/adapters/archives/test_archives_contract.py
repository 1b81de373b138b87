"""What every pair of `Packer` and `Archives` promises: held to it are tar over files, and the fakes."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path

import pytest

from edgeship.adapters.archives.packer import TarPacker
from edgeship.adapters.archives.reader import ArchiveReader
from edgeship.application.releases.ports import Archives, Packer, UnpackedFile
from edgeship.domain.errors import Refused
from edgeship.domain.releases.bundle import EntryCheck
from edgeship.domain.releases.limits import Limits
from edgeship.domain.releases.manifest import Declaration
from tests.fakes.archives import FakeArchives, FakePacker

FILES = {"widget.js": b"import './a/b.js';\n", "a/b.js": b"export {};\n", "empty.css": b""}


@dataclass
class Pair:
    packer: Packer
    archives: Archives
    folder: Path

    def pack(self, files: dict[str, bytes], name: str = "archive", **extra: bytes) -> Path:
        sources = {}
        for number, (path, body) in enumerate(files.items()):
            sources[path] = self.folder / f"{name}-{number}"
            sources[path].write_bytes(body)
        into = self.folder / name
        self.packer.pack(sources, extra, into)
        return into

    def unpack(self, archive: Path, limits: Limits | None = None) -> list[UnpackedFile]:
        into = self.folder / f"{archive.name}-unpacked"
        into.mkdir()
        check = EntryCheck(limits or Limits(), packed_bytes=archive.stat().st_size)
        return self.archives.unpack(archive, ".tar.gz", into, check)


@pytest.fixture(params=["real", "fake"])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Pair:
    if request.param == "real":
        return Pair(TarPacker(), ArchiveReader(), tmp_path)
    return Pair(FakePacker(), FakeArchives(), tmp_path)


def test_what_is_packed_is_unpacked_with_sizes_and_hashes(pair: Pair) -> None:
    files = pair.unpack(pair.pack(FILES))
    assert {file.path: file.location.read_bytes() for file in files} == FILES
    for file in files:
        body = FILES[file.path]
        assert (file.size, file.sha256) == (len(body), hashlib.sha256(body).hexdigest())
        assert file.sri == "sha384-" + base64.b64encode(hashlib.sha384(body).digest()).decode()


def test_a_file_is_described_in_place_as_it_is_when_unpacked(pair: Pair) -> None:
    unpacked = {file.path: file for file in pair.unpack(pair.pack(FILES))}
    location = pair.folder / "here"
    location.write_bytes(FILES["a/b.js"])
    here = pair.packer.describe("a/b.js", location)
    there = unpacked["a/b.js"]
    assert (here.size, here.sha256, here.sri) == (there.size, there.sha256, there.sri)


def test_the_bytes_of_an_archive_depend_on_nothing_but_names_and_contents(pair: Pair) -> None:
    reordered = dict(reversed(FILES.items()))
    assert pair.pack(FILES, "one").read_bytes() == pair.pack(reordered, "two").read_bytes()


def test_what_the_check_refuses_is_refused(pair: Pair) -> None:
    with pytest.raises(Refused) as refused:
        pair.unpack(pair.pack({"../out.js": b"x"}))
    assert refused.value.code == "path_unsafe"
    with pytest.raises(Refused) as refused:
        pair.unpack(pair.pack(FILES, "three"), Limits(files=2))
    assert refused.value.code == "too_many_files"


def test_what_is_no_archive_is_refused(pair: Pair) -> None:
    broken = pair.folder / "broken"
    broken.write_bytes(b"not an archive")
    with pytest.raises(Refused) as refused:
        pair.unpack(broken)
    assert refused.value.code == "archive_invalid"


def test_a_declaration_is_read_where_there_is_one(pair: Pair) -> None:
    assert pair.archives.declaration(pair.unpack(pair.pack(FILES)), 1_000) == Declaration()
    archive = pair.pack({**FILES, "edgeship.json": b'{"entrypoint": "a/b.js"}'}, "declared")
    assert pair.archives.declaration(pair.unpack(archive), 1_000).entrypoint == "a/b.js"
