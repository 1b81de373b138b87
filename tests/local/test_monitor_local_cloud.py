"""The local cloud with its monitor, faster than real time."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeship.local.cloud import PERIOD_VARIABLE, LocalCloud
from tests.local.handmade import ACCOUNT, write_assembly

pytestmark = [pytest.mark.cloud, pytest.mark.xdist_group("cloud-local")]

ROLLOUT = {
    "Type": "AWS::Lambda::Function",
    "Properties": {
        "FunctionName": "edgeship-local-rollout",
        "Runtime": "python3.13",
        "Handler": "index.handler",
        "Role": f"arn:aws:iam::{ACCOUNT}:role/handmade",
        "Code": {"ZipFile": "import os\n\ndef handler(event, context):\n    return dict(os.environ)\n"},
        "Environment": {"Variables": {"EDGESHIP_ENVIRONMENT": "local"}},
    },
}


def test_its_minutes_are_short_everywhere(tmp_path: Path) -> None:
    assembly = write_assembly(tmp_path / "assembly", {"Rollout": ROLLOUT})
    with LocalCloud(state_path=None, assembly=assembly, speed=30) as cloud:
        monitor = cloud.monitor
        assert monitor.runs
        assert (cloud.speed, monitor.speed) == (30, 30)
        functions = cloud.session().client("lambda")
        variables = functions.get_function_configuration(FunctionName="edgeship-local-rollout")["Environment"]
        assert variables["Variables"] == {"EDGESHIP_ENVIRONMENT": "local", PERIOD_VARIABLE: "2"}
    assert not monitor.runs
    with pytest.raises(RuntimeError, match="not been started"):
        _ = cloud.monitor


def test_a_speed_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="speed 90"):
        LocalCloud(state_path=None, speed=90)
