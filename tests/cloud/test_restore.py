"""The table is restored by the blocks of docs/setup.md, as a person pastes them, on a local cloud of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from edgeship.bootstrap import operator
from edgeship.domain.version import Version
from edgeship.local.cloud import LocalCloud
from edgeship.local.state_path import STATE_PATH
from localcloud.sandbox import child_environment
from tests.support.local_cloud.visitors import PATIENCE, answered, eventually, served
from tests.support.repository import ROOT

pytestmark = [pytest.mark.cloud, pytest.mark.nightly, pytest.mark.xdist_group("cloud"), pytest.mark.timeout(600)]

WIDGET = "shop"
BLOCK = r"<!-- restore: {} -->\n +```\n(.+?)```"


class Person:
    """Somebody at a shell in a folder in which the local cloud runs; variables last from one block to the next."""

    def __init__(self, cloud: LocalCloud, folder: Path) -> None:
        self._cloud = cloud
        self._folder = folder
        self._before = "set -eo pipefail\n"
        self.time = ""

    def pastes(self, name: str) -> str:
        """A block of the page, with its words filled in."""
        (block,) = re.findall(BLOCK.format(name), (ROOT / "docs" / "setup.md").read_text(), flags=re.DOTALL)
        for word, value in {
            "-ENV": "-local",
            "--env ENV": "--env local",
            "ACCOUNT": self._cloud.names.account,
            "TIME": self.time,
            "NAME": WIDGET,
            "DAY": "2026-11-28 --yes",
            " --cli-binary-format raw-in-base64-out": "",  # of the AWS CLI's version 2; the tests have 1
            "edgeship doctor --env local": "(edgeship doctor --env local || true)",  # the first minutes have an alarm
        }.items():
            block = block.replace(word, value)
        return self.types(block)

    def types(self, script: str) -> str:
        tools = str(Path(sys.executable).parent)
        given = child_environment(os.environ, self._cloud.endpoint_url)
        done = subprocess.run(
            ["bash", "-c", self._before + script],
            cwd=self._folder,
            env={**given, "PATH": f"{tools}:{os.environ['PATH']}", "XDG_STATE_HOME": str(self._folder / "state")},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}"
        return done.stdout

    def publishes(self, version: str) -> dict[str, Any]:
        build = self._folder / f"build-{version}"
        build.mkdir(exist_ok=True)
        (build / "widget.js").write_bytes(body(version))
        said = self.types(f"edgeship publish {build} --widget {WIDGET} --version {version} --wait --json")
        found: dict[str, Any] = json.loads(said)
        return found


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def body(version: str) -> bytes:
    return f"export const version = '{version}';\n".encode()


@contextmanager
def local_cloud(folder: Path) -> Iterator[LocalCloud]:
    with LocalCloud(state_path=folder / STATE_PATH, edge_freshness_seconds=0.5, store_delay_seconds=0.5) as running:
        yield running


def test_a_damaged_table_is_restored(tmp_path: Path) -> None:
    with local_cloud(tmp_path) as cloud:
        tools = operator.build(cloud.names, cloud.session(), cloud.edge_url)
        person = Person(cloud, tmp_path)
        person.types(f"edgeship policy set {WIDGET} --steps 100")
        for version in ("1.0.0", "1.1.0"):
            assert person.publishes(version)["stage"] == "served"
        moving = f"/{WIDGET}/latest/widget.js"
        served(cloud, moving, body("1.1.0"))

        # The emulator's point in time is now; on AWS it is TIME.
        person.time = now()
        assert '"RELEASE#1.1.0"' in person.pastes("beside")

        # Somebody's script damages the table: a release is gone, and latest points at the wrong one. The edge follows.
        assert person.publishes("1.2.0")["stage"] == "served"
        dynamodb = cloud.session().client("dynamodb")
        for version in ("1.0.0", "1.1.0"):
            key = {"pk": {"S": f"WIDGET#{WIDGET}"}, "sk": {"S": f"RELEASE#{version}"}}
            dynamodb.delete_item(TableName=cloud.names.table, Key=key)
        served(cloud, moving, body("1.2.0"))
        assert tools.state.release(WIDGET, Version.parse("1.1.0")) is None

        before = stream(dynamodb, cloud)
        for block in ("in place", "settings", "deploy", "edge"):
            person.pastes(block)

        # What a new stack's table has, and the relay follows it.
        description = dynamodb.describe_table(TableName=cloud.names.table)["Table"]
        assert description["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
        assert stream(dynamodb, cloud) != before
        mappings = cloud.session().client("lambda").list_event_source_mappings(FunctionName="edgeship-local-relay")
        assert [each["EventSourceArn"] for each in mappings["EventSourceMappings"]] == [stream(dynamodb, cloud)]
        expiry = dynamodb.describe_time_to_live(TableName=cloud.names.table)["TimeToLiveDescription"]
        assert (expiry["TimeToLiveStatus"], expiry["AttributeName"]) == ("ENABLED", "expires_at")

        # The edge is back at the restored state, exact paths of later releases stay, and everything works.
        served(cloud, moving, body("1.1.0"))
        served(cloud, f"/{WIDGET}/v1.2.0/widget.js", body("1.2.0"))
        status = json.loads(person.types(f"edgeship status {WIDGET} --json"))
        assert status["widgets"][0]["channels"][0]["version"] == "1.1.0"
        person.types(f"edgeship rollback {WIDGET} --yes --reason 'after the restore'")
        served(cloud, moving, body("1.0.0"))
        person.types(f"edgeship unlock {WIDGET}")
        # A release of after the time is taken again from its archive.
        person.pastes("uploads")
        served(cloud, moving, body("1.2.0"))
        events = [event.cause for event in tools.state.events(WIDGET, 100)]
        assert "after the restore" in events
        healthy = eventually(lambda: diagnosis(person), 3 * PATIENCE)
        assert healthy["healthy"] or {each["check"] for each in healthy["findings"]} <= {"telemetry"}


def diagnosis(person: Person) -> dict[str, Any] | None:
    said: dict[str, Any] = json.loads(person.types("edgeship doctor --json || true"))
    return said if not [each for each in said["findings"] if each["level"] == "error"] else None


def stream(dynamodb: Any, cloud: LocalCloud) -> str:
    found: str = dynamodb.describe_table(TableName=cloud.names.table)["Table"]["LatestStreamArn"]
    return found


def test_pages_are_served_while_there_is_no_table(tmp_path: Path) -> None:
    with local_cloud(tmp_path) as cloud:
        person = Person(cloud, tmp_path)
        assert person.publishes("1.0.0")["stage"] == "served"
        dynamodb = cloud.session().client("dynamodb")
        person.types(
            "aws dynamodb create-backup --table-name edgeship-local --backup-name kept\n"
            "aws dynamodb update-table --table-name edgeship-local --no-deletion-protection-enabled\n"
            "aws dynamodb delete-table --table-name edgeship-local\n"
        )
        served(cloud, f"/{WIDGET}/latest/widget.js", body("1.0.0"))
        assert answered(f"{cloud.edge_url}/{WIDGET}/~1/widget.js")[0] == 200
        # On AWS it is the system backup of a deleted table.
        person.types(
            "backup=$(aws dynamodb list-backups --table-name edgeship-local "
            "--query 'BackupSummaries[-1].BackupArn' --output text)\n"
            'aws dynamodb restore-table-from-backup --target-table-name edgeship-local --backup-arn "$backup"\n'
        )
        for block in ("settings", "deploy", "edge"):
            person.pastes(block)
        assert dynamodb.describe_table(TableName=cloud.names.table)["Table"]["DeletionProtectionEnabled"]
        person.types(f"edgeship policy set {WIDGET} --steps 100")
        assert person.publishes("1.1.0")["stage"] == "served"
        served(cloud, f"/{WIDGET}/latest/widget.js", body("1.1.0"))
