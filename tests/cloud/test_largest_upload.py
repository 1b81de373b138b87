"""A bundle at the limits on the local cloud: 5,000 files, one of 100 MiB, from a folder to browsers and back."""

from __future__ import annotations

import hashlib
import random
import resource
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from edgeship.application.releases.pack_bundle import BundleFacts
from edgeship.application.releases.publish_bundle import Published
from edgeship.bootstrap.operator import Operator
from edgeship.domain.channels.rollout import Step
from edgeship.domain.naming import LATEST
from edgeship.domain.propagation.deployment import Verification
from edgeship.domain.releases.limits import DEFAULT_LIMITS, MIB
from edgeship.domain.version import Version
from edgeship.local.cloud import LocalCloud
from tests.support.local_cloud.visitors import ann, eventually, get

pytestmark = [pytest.mark.cloud, pytest.mark.nightly, pytest.mark.xdist_group("cloud")]

WIDGET = "largest"
PATIENCE = 300.0
"""Seconds for one stage, on a machine that has other work."""


@contextmanager
def stage(name: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    print(f"{name}: {time.monotonic() - began:.1f} s")


def fill(folder: Path, version: str) -> str:
    """As many files as a bundle may have, with paths that are long; returns the SHA-256 of the largest."""
    drawn = random.Random(version)
    folder.mkdir()
    (folder / "widget.js").write_text(f"window.version = '{version}';\n")
    large = drawn.randbytes(MIB) * (DEFAULT_LIMITS.file_bytes // MIB)
    (folder / "model.bin").write_bytes(large)
    names = folder / ("assets/" + "/".join(["a-folder-with-a-long-name"] * 8))
    names.mkdir(parents=True)
    for number in range(DEFAULT_LIMITS.files - 2):
        (names / f"chunk-{number:05}-{'x' * 60}.js").write_text(f"window.chunk = '{version} {number}';\n")
    return hashlib.sha256(large).hexdigest()


def publish(tools: Operator, folder: Path, version: str) -> Published:
    with stage(f"{version}, packed and uploaded"):
        published = tools.publish(folder, WIDGET, Version.parse(version), BundleFacts(), lambda _: None)
    assert (published.files, published.limits_known) == (DEFAULT_LIMITS.files, True)
    with stage(f"{version}, checked, written and served"):
        followed = tools.follow(published, timedelta(seconds=PATIENCE), lambda _: None)
    assert followed.stage == "served"
    return published


def verification(tools: Operator) -> Verification:
    def look() -> Verification | None:
        deployment = tools.state.deployment(WIDGET, LATEST)
        channel = tools.state.channel(WIDGET, LATEST)
        return deployment.verification if deployment.sequence == channel.sequence else None

    with stage("copied to latest, and verified"):
        return eventually(look, PATIENCE)


def sha256_at(cloud: LocalCloud, path: str) -> str:
    with urllib.request.urlopen(cloud.edge_url + path, timeout=60) as answer:
        return hashlib.file_digest(answer, "sha256").hexdigest()


@pytest.mark.timeout(1_500)
def test_it_is_published_moved_verified_and_rolled_back(cloud: LocalCloud, tools: Operator, tmp_path: Path) -> None:
    tools.policy(WIDGET, lambda before: replace(before, steps=(Step(100, 0),)), ann())
    digests = {version: fill(tmp_path / version, version) for version in ("1.0.0", "1.0.1")}
    for version, digest in digests.items():
        publish(tools, tmp_path / version, version)
        found = verification(tools)
        assert (found.verified, found.mismatches) == (True, ())
        assert found.checked > DEFAULT_LIMITS.files
        assert sha256_at(cloud, f"/{WIDGET}/v{version}/model.bin") == digest
    status, _, manifest = get(cloud, f"/{WIDGET}/v1.0.1/manifest.json")
    assert (status, len(manifest) > 2 * MIB) == (200, True)
    release = tools.state.release(WIDGET, Version.parse("1.0.1"))
    assert release is not None
    assert (release.files, release.total_bytes > DEFAULT_LIMITS.file_bytes) == (DEFAULT_LIMITS.files, True)
    tools.roll_back(WIDGET, LATEST, None, ann())
    assert verification(tools).verified
    print(f"peak of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")
