from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from tests.adapters.archives.fuzz_archives import FILES, READERS, TARS, ZIPS, by_bsdtar, by_tarfile, fuzz
from tests.support.pytest_plugins.fuzz import examples
from tests.support.pytest_plugins.tools import BSDTAR, ZIP


@pytest.mark.fuzz
def test_mutated_archives_are_refused_or_read_as_others_read_them() -> None:
    ZIP.require()
    BSDTAR.require()
    endings = fuzz(examples(600, 50_000), seed=20261127, every=examples(5, 1))
    assert endings["accepted"] > endings.total() / 50
    assert endings["archive_invalid"] > endings.total() / 4


def test_the_other_readers_read_what_is_not_mutated(tmp_path: Path) -> None:
    assert all(READERS[".zip"](packed) == FILES for packed in ZIPS)
    assert len(TARS) == 3
    BSDTAR.require()
    assert all(by_bsdtar(packed, ".zip", tmp_path) == FILES for packed in ZIPS)
    assert all(by_bsdtar(tar, ".tar.gz", tmp_path) == by_tarfile(tar) for tar in map(gzip.compress, TARS))
