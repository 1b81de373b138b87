"""Bringing a move of 500 changed files to the copies under `latest` and to the CDNs, by edgeship and by a shell script.

A round is: edgeship's channel is moved to the next release, and the propagation function runs until its verification;
then the script syncs the same files into a folder of its own, invalidates it and waits for that. The releases were
published
before. After each, every copy is held against the files, by size and MD5.

The propagation function waits, on purpose, until every copy of the edge's function knows of the move, before it purges
the second CDN: `waiting` is the time from the last copy to that purge. The script has no second CDN and checks nothing.

Requests and bytes are counted in a last round of their own, with a function that has just been started.
"""

from __future__ import annotations

import hashlib
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version as version_of
from pathlib import Path
from typing import TypeVar

from edgeship.bootstrap import operator
from edgeship.bootstrap.operator import Operator
from edgeship.domain.events import Occasion
from edgeship.domain.naming import LATEST, MANIFEST_NAME, copies_prefix
from edgeship.domain.propagation.deployment import Verification
from edgeship.domain.version import Version
from edgeship.local.cloud import LocalCloud
from tests.bench import generated_bundle
from tests.bench.contenders import SCRIPTS, client_environment
from tests.bench.processes import Command, run
from tests.bench.report import Report, Row
from tests.bench.request_meter import RequestMeter
from tests.bench.steps import send_through
from tests.support.bundles import tar_gz

OURS, THEIRS = "bench", "peer"
"""The folders in the site bucket; the first is the widget's name, too."""
LOOK_SECONDS = 0.05
PATIENCE_SECONDS = 60.0
MIB = 1024**2

INVALIDATE = """\
id=$("$1" cloudfront create-invalidation --distribution-id "$2" --paths "$3" --query Invalidation.Id --output text)
"$1" cloudfront wait invalidation-completed --distribution-id "$2" --id "$id"
"""

Progress = Callable[[str], None]
_T = TypeVar("_T")


class NeverHappened(RuntimeError):
    """A propagation did not come so far in time, or its verification is bad."""


@dataclass(frozen=True)
class Traffic:
    """Requests to AWS by kind, such as `s3 PUT`, and bytes to it and from it."""

    requests: Mapping[str, int]
    sent: int
    received: int

    @property
    def in_all(self) -> int:
        return sum(self.requests.values())


@dataclass(frozen=True)
class Run:
    """Seconds from the commit of the move, or from the start of the script."""

    copied_seconds: float
    done_seconds: float
    waiting_seconds: float = 0.0
    looks: int = 0
    traffic: Traffic | None = None


def measure(progress: Progress, rounds: int) -> Report:
    """Run the rounds and report their medians."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="edgeship-bench-"))).resolve()
        progress("starting a local cloud")
        cloud = stack.enter_context(LocalCloud(state_path=None))
        tools = operator.build(cloud.names, cloud.session(), cloud.edge_url)
        tools.policy(OURS, lambda policy: replace(policy, auto=frozenset()), _now())
        # The first release of a widget goes live by itself.
        for number in range(rounds + 3):
            _publish(cloud, tools, number)
        progress(f"published {rounds + 3} releases")
        _settled(tools, sequence=1)

        def play(number: int, client: RequestMeter | None, function: RequestMeter | None) -> tuple[Run, Run]:
            ours = _metered(function, lambda: _move(cloud, tools, number))
            _check_copies(cloud, copies_prefix(OURS), number)
            progress(f"round {number}: edgeship is done after {ours.done_seconds:.1f} s")
            theirs = _metered(client, lambda: _script(cloud, folder, number, client))
            _check_copies(cloud, f"{THEIRS}/{LATEST}/", number)
            progress(f"round {number}: the script is done after {theirs.done_seconds:.1f} s")
            return ours, theirs

        play(1, None, None)  # from now on both have another release's copies in their folders
        timed = [play(number, None, None) for number in range(2, rounds + 2)]
        client = stack.enter_context(RequestMeter(cloud.endpoint_url))
        function = stack.enter_context(RequestMeter(cloud.endpoint_url))
        send_through(function.url, cloud, "propagation")
        progress("the last round counts requests")
        counted = play(rounds + 2, client, function)
    return _report(timed, counted)


def _publish(cloud: LocalCloud, tools: Operator, number: int) -> None:
    version = Version(1, 0, number)
    cloud.session().client("s3").put_object(
        Bucket=cloud.names.inbox_bucket,
        Key=f"incoming/{OURS}/{version}.tar.gz",
        Body=tar_gz(dict(generated_bundle.contents(number))),
    )
    _until(f"{version} is registered", lambda: tools.state.release(OURS, version))


def _settled(tools: Operator, sequence: int) -> Verification:
    def look() -> Verification | None:
        deployment = tools.state.deployment(OURS, LATEST)
        return deployment.verification if deployment.sequence == sequence else None

    verification = _until(f"move {sequence} has its verification", look)
    if not verification.verified:
        raise NeverHappened(f"the verification is bad: {verification.mismatches[0]}")
    return verification


def _move(cloud: LocalCloud, tools: Operator, number: int) -> Run:
    """Move the channel, and watch how far the function has got; the manifest is the last file that it copies."""
    s3 = cloud.session().client("s3")
    manifest = {"Bucket": cloud.names.site_bucket, "Key": f"{copies_prefix(OURS)}{MANIFEST_NAME}"}
    version = Version(1, 0, number)
    purges = len(cloud.second_cdn.purges)
    sequence = tools.promote(OURS, version, LATEST, _now()).sequence
    began = time.monotonic()
    _until("all is copied", lambda: s3.head_object(**manifest)["Metadata"].get("version") == str(version))
    copied = time.monotonic()
    _until("the second CDN is purged", lambda: len(cloud.second_cdn.purges) > purges)
    purged = time.monotonic()
    verification = _settled(tools, sequence)
    return Run(
        copied_seconds=copied - began,
        done_seconds=time.monotonic() - began,
        waiting_seconds=purged - copied,
        looks=verification.checked - generated_bundle.FILES,
    )


def _script(cloud: LocalCloud, folder: Path, number: int, meter: RequestMeter | None) -> Run:
    env = client_environment(cloud, meter.url if meter else cloud.endpoint_url, folder)
    dist = folder / f"v1.0.{number}"
    generated_bundle.write(dist, number)
    aws, target = str(SCRIPTS / "aws"), f"s3://{cloud.names.site_bucket}/{THEIRS}/{LATEST}/"
    sync: Command = [aws, "s3", "sync", "--delete", "--only-show-errors", str(dist), target]
    distribution, paths = cloud.stack.outputs["DistributionId"], f"/{THEIRS}/{LATEST}/*"
    synced = run(sync, env, folder)
    invalidated = run(["/bin/sh", "-ec", INVALIDATE, "sh", aws, distribution, paths], env, folder)
    return Run(copied_seconds=synced.seconds, done_seconds=synced.seconds + invalidated.seconds)


def _metered(meter: RequestMeter | None, body: Callable[[], Run]) -> Run:
    if meter is None:
        return body()
    before, (sent, received) = meter.counts(), meter.traffic()
    done = body()
    now_sent, now_received = meter.traffic()
    requests: Counter[str] = meter.counts() - before
    return replace(done, traffic=Traffic(dict(requests), now_sent - sent, now_received - received))


def _check_copies(cloud: LocalCloud, prefix: str, number: int) -> None:
    """Raises: NeverHappened: a file of the release is not there, or another than it."""
    pages = cloud.session().client("s3").get_paginator("list_objects_v2")
    there = {
        item["Key"].removeprefix(prefix): (item["Size"], item["ETag"].strip('"'))
        for page in pages.paginate(Bucket=cloud.names.site_bucket, Prefix=prefix)
        for item in page["Contents"]
    }
    for path, body in generated_bundle.contents(number):
        if there.get(path) != (len(body), hashlib.md5(body, usedforsecurity=False).hexdigest()):
            raise NeverHappened(f"{prefix}{path} is not that of 1.0.{number}")


def _until(what: str, look: Callable[[], _T | None]) -> _T:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (found := look()):
        if time.monotonic() > deadline:
            raise NeverHappened(f"it never came that {what}")
        time.sleep(LOOK_SECONDS)
    return found


def _now() -> Occasion:
    return Occasion("local", "local:bench", "a benchmark", datetime.now(UTC))


def _report(timed: list[tuple[Run, Run]], counted: tuple[Run, Run]) -> Report:
    def row(what: str, read: Callable[[Run], float], *, peer: bool = True) -> Row:
        ours, theirs = (statistics.median(read(each[n]) for each in timed) for n in (0, 1))
        return Row(what, "s", ours, theirs if peer else None)

    ours, theirs = counted[0].traffic, counted[1].traffic
    assert ours is not None
    assert theirs is not None
    return Report(
        name="propagate",
        title=f"a move of {generated_bundle.FILES} changed files to every CDN, on the local cloud, "
        f"medians of {len(timed)} rounds",
        peer="aws s3 sync + invalidation",
        rows=(
            row("every copy is there after", lambda run: run.copied_seconds),
            row("done after; edgeship: with a verification", lambda run: run.done_seconds),
            row("    of which waiting for the edge, on purpose", lambda run: run.waiting_seconds, peer=False),
            row("    without that", lambda run: run.done_seconds - run.waiting_seconds),
            Row("requests to AWS", "", ours.in_all, theirs.in_all, digits=0),
            Row("    bytes to AWS", "MiB", ours.sent / MIB, theirs.sent / MIB, digits=2),
            Row("    bytes from AWS", "MiB", ours.received / MIB, theirs.received / MIB, digits=2),
            Row("answers of the CDNs that were checked", "", counted[0].looks, digits=0),
        ),
        notes=(
            f"peer: aws-cli {version_of('awscli')}, sync --delete, create-invalidation, wait invalidation-completed",
            "edgeship copies inside S3, from the release; it purges a second CDN, too, and looks at both",
            "an invalidation is complete at once here, and after up to 25 s at CloudFront, which both wait for",
            f"edgeship's requests: {_kinds(ours)}; the peer's: {_kinds(theirs)}",
        ),
        samples=tuple(
            {"contender": name, **asdict(each[n])}
            for n, name in enumerate(("edgeship", "aws s3 sync"))
            for each in (*timed, counted)
        ),
    )


def _kinds(traffic: Traffic) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in sorted(traffic.requests.items()))
