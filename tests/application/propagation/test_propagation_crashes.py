"""The propagation of a move, and the reaction to one that failed: each dies at every AWS call, repeats, comes late."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import boto3
import pytest

from edgeship.adapters.documents.manifests import dump_manifest
from edgeship.application.ports import WebAnswer
from edgeship.application.propagation.propagate_move import End, PropagateMove
from edgeship.bootstrap import propagation, rollback
from edgeship.domain.events import EventType
from edgeship.domain.naming import LATEST, MANIFEST_NAME, release_prefix
from edgeship.domain.releases.manifest import FileEntry, Manifest
from edgeship.domain.version import Version
from tests.application.channels.test_rollout_crashes import on, registered, tools
from tests.application.test_crashes import (
    ANN,
    Scene,
    dies_again_and_again,
    dies_anywhere,
    make_live,
    play,
)
from tests.fakes.propagation import FakeTime
from tests.support.aws import NAMES, Aws, create_distribution, empty_again, function_env
from tests.support.crash import Death, process, run

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
FILES = {
    "1.0.0": {"widget.js": b"one", "chunk-a.js": b"a"},
    "1.1.0": {"widget.js": b"two", "chunk-b.js": b"b"},
}


@dataclass(frozen=True)
class EdgeOnS3:
    """The CDN as a browser sees it, by what the table and the bucket hold. It is no part of the process that dies."""

    aws: Aws

    def get(self, path: str, query: str = "") -> WebAnswer:
        widget, folder, file = path.removeprefix("/").split("/", 2)
        version = folder[1:] if folder.startswith("v") else self.aws.state.channel(widget, LATEST).version
        key = f"{widget}/v{version}/{file}"
        try:
            answer = self.aws.s3.get_object(Bucket=NAMES.site_bucket, Key=key)
        except self.aws.s3.exceptions.NoSuchKey:
            return WebAnswer(404, {}, b"")
        return WebAnswer(200, {"x-amz-meta-version": answer["Metadata"]["version"]}, answer["Body"].read())


def published(aws: Aws) -> None:
    """Two registered releases, with their files and their manifests."""
    registered(aws, *FILES)
    for version, files in FILES.items():
        entries = {
            path: FileEntry(len(body), hashlib.sha256(body).hexdigest(), "sha384-", "text/javascript")
            for path, body in files.items()
        }
        manifest = Manifest("checkout", Version.parse(version), "", None, "widget.js", entries)
        for path, body in {**files, MANIFEST_NAME: dump_manifest(manifest)}.items():
            aws.s3.put_object(
                Bucket=NAMES.site_bucket,
                Key=release_prefix("checkout", Version.parse(version)) + path,
                Body=body,
                Metadata={"version": version},
            )


def use_case(aws: Aws) -> PropagateMove:
    """As the function composes it, but for one thread, so that the calls have an order, and a clock of its own."""
    time = FakeTime(NOW)
    made = propagation.build({**function_env("propagation", aws), "EDGESHIP_COPY_THREADS": "1"})
    verify = replace(made.verify, webs={"cloudfront": EdgeOnS3(aws)}, clock=time, sleep=time.sleep)
    refresh = replace(made.refresh, clock=time, sleep=time.sleep, pause=lambda _: None)
    return replace(made, refresh=refresh, verify=verify, clock=time, pause=lambda _: None)


def deliver(aws: Aws, sequence: int) -> End:
    """One delivery of the event of a move."""
    return use_case(aws)("checkout", LATEST, sequence, f"move-{sequence}", on(NOW)).end


def propagation_of_a_move(aws: Aws) -> Callable[[], None]:
    """1.1.0 takes the place of 1.0.0, of which one file goes."""
    published(aws)
    make_live("1.0.0")
    make_live("1.1.0")
    use_case(aws).copies.copy("checkout", Version.parse("1.0.0"), dict.fromkeys(FILES["1.0.0"], "text/javascript"))

    def run_once() -> None:
        deliver(aws, 2)

    return run_once


def late_propagation(aws: Aws) -> Callable[[], None]:
    """The event of a move that was overtaken, and whose first run died with copies of its own among the newer ones."""
    published(aws)
    make_live("1.0.0")
    make_live("1.1.0")
    latest_copies = use_case(aws).copies
    latest_copies.copy("checkout", Version.parse("1.1.0"), dict.fromkeys(FILES["1.1.0"], "text/javascript"))
    latest_copies.copy("checkout", Version.parse("1.0.0"), {"widget.js": "text/javascript"})

    def run_once() -> None:
        deliver(aws, 1)

    return run_once


def failed_deployment(aws: Aws) -> Callable[[], None]:
    """A CDN serves other bytes than 1.1.0's, and the policy says to roll back."""
    published(aws)
    make_live("1.0.0")
    make_live("1.1.0")
    tools().policy("checkout", lambda before: replace(before, on_failed_verification="rollback"), ANN)

    def run_once() -> None:
        react = replace(rollback.build(function_env("rollback", aws))[1], pause=lambda _: None)
        react("checkout", LATEST, 2, on(NOW).because("widget.js has other bytes"))

    return run_once


SCENES: dict[str, Scene] = {
    "propagation of a move": propagation_of_a_move,
    "propagation, late": late_propagation,
    "alarm of a failed deployment": failed_deployment,
}


def invalidations() -> list[tuple[str, list[str]]]:
    cloudfront, distribution_id = boto3.client("cloudfront"), create_distribution()
    listed = cloudfront.list_invalidations(DistributionId=distribution_id)["InvalidationList"].get("Items", [])
    found = [
        cloudfront.get_invalidation(DistributionId=distribution_id, Id=each["Id"])["Invalidation"]["InvalidationBatch"]
        for each in listed
    ]
    return [(batch["CallerReference"], batch["Paths"]["Items"]) for batch in found]


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("name", SCENES)
def test_dies_anywhere_and_ends_the_same(name: str) -> None:
    dies_anywhere(SCENES[name])


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("name", SCENES)
def test_dies_again_and_again_and_ends_the_same(name: str) -> None:
    dies_again_and_again(SCENES[name])


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("name", SCENES)
def test_a_repeated_event_changes_nothing(name: str) -> None:
    assert play(SCENES[name], [Death(), Death(), Death()]) == play(SCENES[name], [Death()])


@pytest.mark.usefixtures("aws")
def test_an_invalidation_that_died_before_it_was_counted_is_the_same_one() -> None:
    aws = empty_again()
    with process(Death()):
        run_once = propagation_of_a_move(aws)
    count = Death()
    run(run_once, count)
    expected = invalidations()
    assert [reference for reference, _ in expected] == ["move-2"]
    for call in range(0, count.calls, 3):
        aws = empty_again()
        with process(Death()):
            run_once = propagation_of_a_move(aws)
        run(run_once, Death(call, "after"))
        run(run_once, Death())
        assert invalidations() == expected
        assert aws.state.invalidation_paths("2026-11") == 1


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1), (3, 1, 3, 2, 1)])
def test_in_whatever_order_the_events_come(order: tuple[int, ...]) -> None:
    aws = empty_again()
    published(aws)
    for version in ("1.0.0", "1.1.0", "1.0.0"):
        make_live(version)
    for sequence in order:
        deliver(aws, sequence)
    copies = {
        key.removeprefix("checkout/latest/"): stored
        for key, stored in aws.objects(NAMES.site_bucket).items()
        if key.startswith("checkout/latest/")
    }
    assert {path: copies[path]["body"] for path in FILES["1.0.0"]} == FILES["1.0.0"]
    concluded = aws.state.deployment("checkout", LATEST)
    assert (concluded.sequence, concluded.verification is not None) == (3, True)
    events = [item["detail_type"] for item in aws.outbox() if item["detail_type"].startswith("Deployment")]
    assert events == ["Deployment Verified"]


@pytest.mark.usefixtures("aws")
def test_a_failed_deployment_moves_nothing_unless_the_policy_says_so_and_never_a_locked_channel() -> None:
    aws = empty_again()
    published(aws)
    make_live("1.0.0")
    make_live("1.1.0")
    react = replace(rollback.build(function_env("rollback", aws))[1], pause=lambda _: None)
    assert react("checkout", LATEST, 2, on(NOW)).event is None
    tools().policy("checkout", lambda before: replace(before, on_failed_verification="rollback"), ANN)
    assert react("checkout", LATEST, 1, on(NOW)).event is None, "the channel has moved on"
    assert react("checkout", LATEST, 2, on(NOW)).event is EventType.POINTER_MOVED
    channel = aws.state.channel("checkout", LATEST)
    assert (str(channel.version), channel.lock is not None) == ("1.0.0", True)
    assert react("checkout", LATEST, 3, on(NOW)).event is None, "it has been rolled back once"


@pytest.mark.usefixtures("aws")
def test_with_nothing_to_go_back_to_the_channel_is_frozen() -> None:
    aws = empty_again()
    published(aws)
    make_live("1.0.0")
    tools().policy("checkout", lambda before: replace(before, on_failed_verification="rollback"), ANN)
    react = replace(rollback.build(function_env("rollback", aws))[1], pause=lambda _: None)
    assert react("checkout", LATEST, 1, on(NOW)).event is EventType.CHANNEL_FROZEN
    assert react("checkout", LATEST, 1, on(NOW)).event is None
    assert str(aws.state.channel("checkout", LATEST).version) == "1.0.0"
