"""What every `SourceMaps` promises: held against moto and against the fake."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeship.adapters.s3.source_maps import S3SourceMaps
from edgeship.application.releases.ports import SourceMaps
from edgeship.domain.version import Version
from tests.fakes.archives import described
from tests.fakes.releases import FakeSourceMaps
from tests.support.moto.aws import NAMES

V1, V2 = Version(1, 0, 0), Version(2, 0, 0)


@pytest.fixture(params=["moto", "fake"])
def maps(request: pytest.FixtureRequest) -> SourceMaps:
    if request.param == "fake":
        return FakeSourceMaps()
    return S3SourceMaps(request.getfixturevalue("aws").s3, NAMES.inbox_bucket)


def test_what_is_written_is_read_of_its_release_alone(maps: SourceMaps, tmp_path: Path) -> None:
    (tmp_path / "map").write_bytes(b'{"version":3}')
    for _ in range(2):
        maps.put("checkout", V1, [described("assets/ä.js.map", tmp_path / "map")])
    assert maps.read("checkout", V1, "assets/ä.js.map") == b'{"version":3}'
    assert maps.read("checkout", V2, "assets/ä.js.map") is None
    assert maps.read("checkout", V1, "widget.js.map") is None
