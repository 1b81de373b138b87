"""The function is really killed at an upload, in each attempt: the uploader learns it all the same.

The emulator's EventBridge neither tries a failed invocation again nor sends it to a destination, as Lambda does; an
asynchronous invocation by Lambda's own API does both. So the test hands the event of the upload, which died once, to
the function itself.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import pytest

from edgeship.application.releases.publish_bundle import BundleFacts, Published
from edgeship.bootstrap.operator import Operator
from edgeship.domain.errors import Refused
from edgeship.domain.version import Version
from edgeship.local.cloud import LocalCloud
from tests.support.local_cloud.visitors import eventually, get
from tests.support.repository import ROOT

pytestmark = [pytest.mark.cloud, pytest.mark.nightly, pytest.mark.xdist_group("cloud")]

COSTLY = b"import './a.js';\n" + b"{}" * 400_000
"""Its parse takes a second, in a process of its own, by which the killer finds the function."""


@contextmanager
def killing_whoever_parses(function: str) -> Iterator[list[int]]:
    """Kills each process of the function that waits for a parse; yields those that it killed."""
    killed: list[int] = []
    over = Event()

    def kill() -> None:
        while not over.wait(0.02):
            for process in Path("/proc").glob("[0-9]*"):
                with suppress(OSError):
                    if b"edgeship.adapters.javascript.parse_process" in (process / "cmdline").read_bytes():
                        parent = int((process / "stat").read_text().rpartition(") ")[2].split()[1])
                        environment = Path(f"/proc/{parent}/environ").read_bytes()
                        if parent not in killed and f"AWS_LAMBDA_FUNCTION_NAME={function}\0".encode() in environment:
                            os.kill(parent, signal.SIGKILL)
                            killed.append(parent)

    thread = Thread(target=kill)
    thread.start()
    try:
        yield killed
    finally:
        over.set()
        thread.join()


def invoke(cloud: LocalCloud, published: Published) -> None:
    """What EventBridge does with S3's event about the upload."""
    head = cloud.session().client("s3").head_object(Bucket=cloud.names.inbox_bucket, Key=str(published.key))
    event = json.loads((ROOT / "events/aws.s3.object-created.json").read_text())
    event["detail"]["bucket"]["name"] = cloud.names.inbox_bucket
    event["detail"]["object"] |= {
        "key": str(published.key),
        "size": head["ContentLength"],
        "etag": published.drop.etag,
        "version-id": head["VersionId"],
    }
    event["time"] = datetime.now(UTC).isoformat()
    function = cloud.names.function("artifact_upload")
    cloud.session().client("lambda").invoke(
        FunctionName=function, InvocationType="Event", Payload=json.dumps(event).encode()
    )


def test_an_upload_that_kills_the_function_is_refused(cloud: LocalCloud, tools: Operator, tmp_path: Path) -> None:
    (tmp_path / "widget.js").write_bytes(COSTLY)
    with killing_whoever_parses(cloud.names.function("artifact_upload")) as killed:
        published = tools.publish(tmp_path, "killer", Version.parse("1.0.0"), BundleFacts(), lambda _: None)
        eventually(lambda: killed or None)
        invoke(cloud, published)
        with pytest.raises(Refused, match="3 times in a row") as refused:
            tools.follow(published, timedelta(seconds=90), lambda _: None)
    assert refused.value.code == "unprocessable"
    assert len(killed) == 4
    (rejection,) = tools.status("killer").rejections
    assert rejection.code == "unprocessable"
    assert tools.state.release("killer", Version.parse("1.0.0")) is None
    assert get(cloud, "/killer/v1.0.0/widget.js")[0] == 404
