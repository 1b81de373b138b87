"""A night on call, by commands alone: a bad release at 50 %, its automatic abort, the fix, and a wrong widget.

What befalls the environment meanwhile, such as an alarm, goes through the functions.
"""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from pathlib import Path

from edgeship.domain.version import Version
from tests.cli.command_line import CommandLine, Outcome
from tests.cli.pipeline import Pipeline
from tests.cli.releases.test_publish import site
from tests.support.crash.scenes import actors
from tests.support.moto.aws import Aws

__all__ = ["site"]


def test_a_night_on_call(edgeship: CommandLine, pipeline: Pipeline, aws: Aws, site: str, tmp_path: Path) -> None:
    build = tmp_path / "dist"
    build.mkdir()

    def published(widget: str, version: str, *more: str) -> Outcome:
        (build / "widget.js").write_text(f"console.log('{widget} {version}');\n")
        with pipeline.running():
            return edgeship("publish", str(build), "--widget", widget, "--version", version, "--wait", "--json", *more)

    def typed(command: str) -> Outcome:
        return edgeship(*shlex.split(command)[1:])

    def next_command() -> str:
        return edgeship("status").out.strip().splitlines()[-1].removeprefix("next: ")

    # 1.1.0 is at 50 %.
    assert edgeship("policy", "set", "checkout", "--steps", "50:1h,100").code == 0
    assert published("checkout", "1.0.0").document["stage"] == "served"
    assert published("checkout", "1.1.0").document["stage"] == "rolling_out"
    assert "1.0.0 → 1.1.0 at 50 %, step 1 of 2" in edgeship("status").out
    assert next_command() == "edgeship rollout watch checkout"

    # It fails, and nobody types anything.
    aws.witnessed("checkout", "1.1.0")
    now = datetime.now(UTC)
    actors.alarm(aws, Version.parse("1.1.0"), now, now)
    watched = typed("edgeship rollout watch checkout --json")
    assert (watched.code, watched.document["outcome"], watched.document["version"]) == (1, "aborted", "1.0.0")

    # What is going on?
    shown = edgeship("status").out
    assert "LOCKED" in shown
    assert "the CloudWatch alarm for error rate is on (limit 5 %)" in shown
    assert "Threshold Crossed" not in shown
    incident = edgeship("incident", "checkout", "--json").document
    assert (incident["subject"], [act["command"] for act in incident["acts"]]) == (
        "1.1.0",
        ["edgeship unlock checkout"],
    )
    assert "rollout to 1.1.0 aborted" in edgeship("history", "checkout").out

    # The fix waits, since the channel is locked; status says how it goes on.
    assert published("checkout", "1.1.1").document["stage"] == "waiting"
    assert next_command() == "edgeship promote checkout 1.1.1"
    assert typed(next_command()).code == 0
    assert edgeship("rollout", "hold", "checkout", "--reason", "until the dashboard is green").code == 0
    assert "held by" in edgeship("status", "checkout").out
    assert next_command() == "edgeship unlock checkout"
    assert "edgeship rollout resume checkout" in edgeship("status").out
    assert edgeship("rollout", "resume", "checkout").code == 0
    assert edgeship("rollout", "advance", "checkout").code == 0
    assert edgeship("rollout", "watch", "checkout", "--json").document["outcome"] == "completed"
    assert edgeship("unlock", "checkout").code == 0
    assert "1 widget, none needs a person" in edgeship("status").out

    # A rollback of the wrong widget: of one that does not exist, and of one that has moved since it was seen.
    assert edgeship("policy", "set", "chat", "--steps", "100").code == 0
    for version in ("0.1.0", "0.1.1"):
        published("chat", version)
    assert edgeship("status", "chat").code == 0
    pipeline.ship("chat", "0.1.2", {"widget.js": b"console.log('chat 0.1.2');"})
    before = aws.items()
    assert edgeship("rollback", "chekout", "--json").document["error"]["code"] == "widget_unknown"
    assert edgeship("rollback", "chat", "--json").document["error"]["code"] == "changed_since"
    assert aws.items() == before
    assert str(aws.state.channel("checkout", "latest").version) == "1.1.1"
