"""edgeship verify, and what status says of the CDNs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from edgeship.adapters.s3.latest_copies import S3LatestCopies
from edgeship.application.transaction import Transaction
from edgeship.domain.events import EventType, Occasion
from edgeship.domain.propagation.deployment import Deployment, Mismatch, MismatchKind, Verification, conclude
from edgeship.domain.releases.manifest import Manifest
from edgeship.domain.version import Version
from tests.cli.command_line import CommandLine
from tests.cli.documentation import assert_as_documented
from tests.cli.loopback import cdn, serving, version_of
from tests.cli.pipeline import Pipeline
from tests.support.bundles import WIDGET
from tests.support.moto.aws import NAMES, Aws


@pytest.fixture
def shipped(
    edgeship: CommandLine, pipeline: Pipeline, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> Iterator[CommandLine]:
    """checkout 1.0.0 is live, its copies are made, and two CDNs serve it."""
    pipeline.ship("checkout", "1.0.0")
    manifest = released(aws)
    types = {path: entry.content_type for path, entry in manifest.files.items()}
    S3LatestCopies(aws.s3, NAMES.site_bucket, 300, 2).copy("checkout", manifest.version, types)
    with (
        serving(cdn(aws), version_of(aws)) as first,
        serving(cdn(aws), lambda _: {"x-amz-meta-version": "0.9.0"}) as stale,
        serving(cdn(aws), version_of(aws)) as second,
    ):
        monkeypatch.setenv("EDGESHIP_URL", first)
        monkeypatch.setenv("EDGESHIP_SECOND_URL", second)
        monkeypatch.setenv("STALE_URL", stale)
        yield edgeship


def released(aws: Aws) -> Manifest:
    version = aws.state.channel("checkout", "latest").version
    assert version is not None
    manifest = aws.site.manifest("checkout", version)
    assert manifest is not None
    return manifest


def test_all_is_right(shipped: CommandLine) -> None:
    done = shipped("verify", "checkout", "--json")
    assert done.code == 0
    assert_as_documented(done.document, "edgeship verify")
    assert list(done.document["cdns"]) == ["cloudfront", "cloudflare"]
    assert done.document["mismatches"] == []
    assert done.document["checked"] > 2 * len(WIDGET)
    shown = shipped("verify", "checkout")
    assert (shown.code, shown.out.startswith("latest of checkout is 1.0.0 at cloudfront and cloudflare: ")) == (0, True)


def test_a_mismatch_in_a_copy_is_named(shipped: CommandLine, aws: Aws) -> None:
    manifest = released(aws)
    path = next(iter(manifest.files))
    aws.s3.put_object(Bucket=NAMES.site_bucket, Key=f"_latest/checkout/{path}", Body=b"planted")
    done = shipped("verify", "checkout", "--json")
    assert done.code == 1
    (mismatch,) = done.document["mismatches"]
    assert mismatch["expected"] == manifest.files[path].sha256
    assert (mismatch["where"], mismatch["path"], mismatch["kind"]) == (
        "latest_copies",
        f"/checkout/latest/{path}",
        "bytes",
    )
    shown = shipped("verify", "checkout")
    assert shown.code == 1
    assert f"/checkout/latest/{path}" in shown.out


def test_a_cdn_that_serves_another_version_is_named(shipped: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGESHIP_SECOND_URL", os.environ["STALE_URL"])
    done = shipped("verify", "checkout", "--json")
    assert done.code == 1
    assert {(d["where"], d["kind"], d["got"]) for d in done.document["mismatches"]} == {
        ("cloudflare", "version", "0.9.0")
    }


def test_what_can_not_be_verified(edgeship: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGESHIP_SECOND_URL", "https://widgets.example.org")
    done = edgeship("verify", "checkout")
    assert (done.code, "There is no widget 'checkout'" in done.err) == (1, True)


def concluded(aws: Aws, *mismatches: Mismatch) -> None:
    channel = aws.state.channel("checkout", "latest")
    verification = Verification("2026-11-23T10:00:09.000Z", ("cloudfront",), 14, mismatches)
    occasion = Occasion("test", "edgeship:propagation", "moved", datetime.now(UTC))
    deployment, event = conclude(Deployment("checkout", "latest").of(channel), channel, verification, occasion)
    month = occasion.at.strftime("%Y-%m")
    aws.state.commit(Transaction(puts=(deployment,), events=(event,), paths=(month, 2)))


def test_status_says_how_far_a_move_has_got(shipped: CommandLine, aws: Aws) -> None:
    def deployment() -> dict[str, object]:
        done = shipped("status", "checkout", "--json")
        assert_as_documented(done.document, "edgeship status")
        found: dict[str, object] = done.document["widgets"][0]["channels"][0]["deployment"]
        return found

    assert deployment()["state"] == "propagating"
    assert "on the CDNs: on its way" in shipped("status", "checkout").out
    concluded(aws)
    assert (deployment()["state"], deployment()["checked"]) == ("verified", 14)
    assert "on the CDNs: verified " in shipped("status", "checkout").out
    assert shipped("status", "--json").document["invalidation_paths"]["count"] == 2
    assert "that are free" not in shipped("status").out
    month = datetime.now(UTC).strftime("%Y-%m")
    other = Deployment("other", "latest", 1, Version(1, 0, 0))
    aws.state.commit(Transaction(puts=(other,), events=(), paths=(month, 600)))
    assert "602 of the 1,000 that are free" in shipped("status").out


def test_a_move_is_brought_there_again(shipped: CommandLine, aws: Aws) -> None:
    concluded(aws)
    done = shipped("propagate", "checkout", "--reason", "the token had expired", "--json")
    assert done.code == 0
    assert_as_documented(done.document, "edgeship propagate")
    again = aws.state.deployment("checkout", "latest")
    assert (again.sequence, again.attempt, again.verification, again.counted) == (1, 2, None, False)
    (requested,) = (e for e in aws.state.events("checkout", 5) if e.type is EventType.DEPLOYMENT_REQUESTED)
    assert requested.cause == "the token had expired"
    assert "on the CDNs: on its way" in shipped("status", "checkout").out
    assert "There is no widget 'menu'" in shipped("propagate", "menu").err


def test_status_begins_with_the_mismatches(shipped: CommandLine, aws: Aws) -> None:
    found = [Mismatch("latest_copies", f"/checkout/latest/{n}.js", MismatchKind.BYTES, "aa", "bb") for n in range(7)]
    concluded(aws, *found)
    for shown in (shipped("status").out, shipped("status", "checkout").out):
        assert "MISMATCH  1.0.0 is not served everywhere: 7 mismatches in 14 probes" in shown
        assert "latest copies: /checkout/latest/0.js has bytes bb, not aa" in shown
        assert "next: edgeship propagate checkout" in shown
    assert "and 2 more" in shown
