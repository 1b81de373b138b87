"""What people and machines do with a running local cloud: upload by the stock AWS CLI, GET, and wait for an answer."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import Message
from pathlib import Path
from typing import TypeVar
from urllib.parse import urljoin

from edgeship.domain.events import Occasion
from edgeship.local.cloud import LocalCloud
from localcloud.sandbox import child_environment
from tests.support.bundles import WIDGET

T = TypeVar("T")
PATIENCE = 60.0
"""Seconds: how long a test waits for what it expects; a failed test is what takes this long."""


def ann() -> Occasion:
    return Occasion("local", "local:ann", "it blinks", datetime.now(UTC))


def eventually(look: Callable[[], T | None], patience: float = PATIENCE) -> T:
    deadline = time.monotonic() + patience
    while (found := look()) is None:
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.1)
    return found


def aws_cli(cloud: LocalCloud, *words: str) -> None:
    """The stock AWS CLI, with nothing but its own variables set, and no more rights than an uploader."""
    command = [str(Path(sys.executable).with_name("aws")), *words]
    environment = child_environment(os.environ, cloud.endpoint_url)
    del environment["AWS_SESSION_TOKEN"]
    environment |= cloud.principals["uploader"].variables()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def put(cloud: LocalCloud, folder: Path, widget: str, version: str, body: bytes) -> None:
    archive = folder / f"{widget}-{version}"
    archive.write_bytes(body)
    aws_cli(cloud, "s3", "cp", str(archive), f"s3://{cloud.names.inbox_bucket}/incoming/{widget}/{version}.tar.gz")


def get(cloud: LocalCloud, path: str) -> tuple[int, Message, bytes]:
    return fetch(f"{cloud.edge_url}{path}")


def fetch(url: str) -> tuple[int, Message, bytes]:
    """The answer that a page gets in the end: a redirect is followed, and so is a script that inserts another."""
    status, headers, body = answered(url)
    location = headers.get("Location") or headers.get("x-edgeship-location")
    return fetch(urljoin(url, location)) if location else (status, headers, body)


class _Unfollowed(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


_OPENER = urllib.request.build_opener(_Unfollowed)


def answered(url: str) -> tuple[int, Message, bytes]:
    """The first answer, whatever it is."""
    try:
        with _OPENER.open(url, timeout=20) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


def served(cloud: LocalCloud, path: str, body: bytes) -> Message:
    def look() -> Message | None:
        status, headers, found = get(cloud, path)
        return headers if status == 200 and found == body else None

    return eventually(look)


def bundle(mark: str) -> dict[str, bytes]:
    return {**WIDGET, "widget.js": f"console.log({mark!r});\n".encode()}
