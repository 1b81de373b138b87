"""The widget that the demo ships, examples/checkout-button: its releases on disk and what the CDN serves of it."""

from __future__ import annotations

import hashlib
import http.client
import time
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from edgeship.application.channels.follow_upload import Stage
from edgeship.application.releases.pack_bundle import BundleFacts
from edgeship.domain.releases.contents.withheld import is_public
from edgeship.domain.version import Version
from edgeship.local.demo.story import Step, Story, expect

WIDGET = "checkout-button"
ENTRYPOINT = "widget.js"
SERVED_SECONDS = 30.0


def publish(story: Story, step: Step, version: str, expected: Stage = Stage.SERVED) -> None:
    """Publish a release as `edgeship publish --wait` does, and hold it to where it should get to."""
    began = time.monotonic()
    published = story.operator.publish(
        folder_of(story, version), WIDGET, Version.parse(version), BundleFacts(), lambda _: None
    )
    uploaded = time.monotonic() - began
    followed = story.operator.follow(published, timedelta(seconds=SERVED_SECONDS), lambda _: None)
    expect(followed.stage is expected, f"{version} is {followed.stage}: {followed.reason}")
    story.timings[f"publish {version}, to browsers"] = time.monotonic() - began
    became = "promoted" if expected is Stage.SERVED else f"being rolled out {followed.reason}"
    step.note(
        f"{published.files} files, {published.archive_bytes:,} bytes packed and uploaded after {uploaded:.2f} s; "
        f"checked, unpacked, registered, {became}"
    )


def served(story: Story, folder: str, query: str = "") -> str:
    """The version whose entrypoint the CDN serves from a folder, by its bytes."""
    path = f"/{WIDGET}/{folder}/{ENTRYPOINT}"
    answer = story.get(path, query)
    expect(answer.status == 200, f"{path} answers {answer.status}")
    for release in sorted((story.examples / WIDGET).glob("v*")):
        if hashlib.sha256((release / ENTRYPOINT).read_bytes()).hexdigest() == answer.sha256:
            version = release.name.removeprefix("v")
            named = answer.headers.get("x-amz-meta-version")
            expect(named == version, f"the bytes of {version} come named as {named}")
            return version
    expect(False, f"{path} has the bytes of no release")
    raise AssertionError


def first_answer(story: Story, folder: str) -> tuple[int, dict[str, str]]:
    """Status and headers, in lower case, of the entrypoint's answer in a folder; a redirect is not followed."""
    cdn = http.client.HTTPConnection(urlsplit(story.cloud.edge_url).netloc, timeout=10)
    try:
        cdn.request("GET", f"/{WIDGET}/{folder}/{ENTRYPOINT}")
        answer = cdn.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}
    finally:
        cdn.close()


def public_files(story: Story, version: str) -> dict[str, bytes]:
    """The files of a release that browsers may get."""
    folder = folder_of(story, version)
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return {name: content for name, content in files.items() if is_public(name)}


def folder_of(story: Story, version: str) -> Path:
    return story.examples / WIDGET / f"v{version}"
