"""The propagation of a move, and the reaction to one that failed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from edgeship.adapters.documents.manifests import dump_manifest
from edgeship.application.ports import WebAnswer
from edgeship.application.propagation.propagate_move import End, PropagateMove
from edgeship.bootstrap import propagation, rollback
from edgeship.domain.naming import LATEST, MANIFEST_NAME, release_prefix
from edgeship.domain.releases.manifest import FileEntry, Manifest
from edgeship.domain.version import Version
from tests.fakes.clock import FakeClock
from tests.fakes.web import answer_of
from tests.support.crash.scenes.actors import ANN, make_live, on, registered, tools
from tests.support.crash.search import Scene
from tests.support.moto.aws import NAMES, Aws
from tests.support.moto.function_env import function_env

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
FILES = {
    "1.0.0": {"widget.js": b"one", "chunk-a.js": b"a"},
    "1.1.0": {"widget.js": b"two", "chunk-b.js": b"b"},
}


@dataclass(frozen=True)
class EdgeOnS3:
    """The CDN as a browser sees it, by what the table and the bucket hold. It is no part of the process that dies."""

    aws: Aws

    def get(self, path: str, query: str = "", taken: str = "") -> WebAnswer:
        widget, folder, file = path.removeprefix("/").split("/", 2)
        version = folder[1:] if folder.startswith("v") else self.aws.state.channel(widget, LATEST).version
        key = f"{widget}/v{version}/{file}"
        try:
            answer = self.aws.s3.get_object(Bucket=NAMES.site_bucket, Key=key)
        except self.aws.s3.exceptions.NoSuchKey:
            return answer_of(404, {}, b"")
        return answer_of(200, {"x-amz-meta-version": answer["Metadata"]["version"]}, answer["Body"].read())


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
    time = FakeClock(NOW)
    made = propagation.build({**function_env("propagation", aws), "EDGESHIP_COPY_THREADS": "1"}).propagate
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
        react = replace(rollback.build(function_env("rollback", aws)).react_to_failed_deployment, pause=lambda _: None)
        react("checkout", LATEST, 2, on(NOW).because("widget.js has other bytes"))

    return run_once


SCENES: dict[str, Scene] = {
    "propagation of a move": propagation_of_a_move,
    "propagation, late": late_propagation,
    "alarm of a failed deployment": failed_deployment,
}
