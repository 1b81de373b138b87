"""A widget whose entrypoint is a document, and an archive that goes in parts, on the local cloud."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path

import pytest

from edgeship.adapters.s3.multipart import PART_BYTES
from edgeship.application.releases.publish_bundle import BundleFacts
from edgeship.bootstrap.operator import Operator
from edgeship.domain.version import Version
from edgeship.local.cloud import LocalCloud
from tests.support.bundles import tar_gz
from tests.support.local_cloud.visitors import answered, get, put, served

pytestmark = [pytest.mark.cloud, pytest.mark.xdist_group("cloud")]


def test_a_document_is_served_by_its_folder(cloud: LocalCloud, tmp_path: Path) -> None:
    page = b"<!doctype html><title>form</title><link rel=stylesheet href=style.css>"
    put(cloud, tmp_path, "form", "1.0.0", tar_gz({"page.html": page, "style.css": b"a{}"}))
    served(cloud, "/form/latest/", page)
    status, moving, _ = answered(f"{cloud.edge_url}/form/latest/")
    assert (status, moving["Location"]) == (302, "/form/v1.0.0/")
    _, exact, body = answered(f"{cloud.edge_url}/form/v1.0.0/")
    assert (exact["Content-Type"], body) == ("text/html; charset=utf-8", page)
    assert exact["Cache-Control"] == "public, max-age=31536000, immutable"
    assert get(cloud, "/form/v1.0.0")[0] == 404


@pytest.mark.nightly
def test_a_large_archive_goes_in_parts(cloud: LocalCloud, tools: Operator, tmp_path: Path) -> None:
    (tmp_path / "widget.js").write_text("window.large = 1;")
    (tmp_path / "model.bin").write_bytes(random.Random(1).randbytes(2 * PART_BYTES + 5))
    version = Version.parse("1.0.0")
    published = tools.publish(tmp_path, "large", version, BundleFacts(), lambda _: None)
    assert published.drop.etag.endswith("-3")
    assert not tools.publish(tmp_path, "large", version, BundleFacts(), lambda _: None).uploaded
    tools.follow(published, timedelta(seconds=60), lambda _: None)
    assert get(cloud, "/large/v1.0.0/model.bin")[2] == (tmp_path / "model.bin").read_bytes()
