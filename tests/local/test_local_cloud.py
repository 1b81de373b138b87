"""edgeship's own part of its local cloud: names, and what its functions are told of where they run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edgeship import resource_names
from edgeship.local.cloud import LocalCloud
from localcloud.account import ACCOUNT, REGION
from localcloud.cloudflare.local_cloudflare import ZONE
from tests.localcloud.handmade import write_assembly

pytestmark = [pytest.mark.cloud, pytest.mark.xdist_group("cloud-local")]


def function(name: str) -> dict[str, Any]:
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "FunctionName": f"edgeship-local-{name}",
            "Runtime": "python3.13",
            "Handler": "index.handler",
            "Role": f"arn:aws:iam::{ACCOUNT}:role/handmade",
            "Code": {"ZipFile": "import os\n\ndef handler(event, context):\n    return dict(os.environ)\n"},
            "Environment": {"Variables": {"EDGESHIP_ENVIRONMENT": "local", "EDGESHIP_SITE_URL": "https://d.example"}},
        },
    }


def variables(cloud: LocalCloud, name: str) -> dict[str, str]:
    configuration = cloud.session().client("lambda").get_function_configuration(FunctionName=f"edgeship-local-{name}")
    found: dict[str, str] = configuration["Environment"]["Variables"]
    return found


def test_its_minutes_are_short_and_its_functions_know_where_they_are(tmp_path: Path) -> None:
    assembly = write_assembly(
        tmp_path / "assembly", {"Rollout": function("rollout"), "Propagation": function("propagation")}
    )
    with LocalCloud(state_path=None, assembly=assembly, speed=30) as cloud:
        cloudwatch = cloud.cloudwatch
        assert cloudwatch.runs
        assert (cloud.speed, cloudwatch.speed) == (30, 30)
        assert variables(cloud, "rollout")["EDGESHIP_PERIOD_SECONDS"] == "2"
        assert variables(cloud, "propagation") == {
            "EDGESHIP_ENVIRONMENT": "local",
            "EDGESHIP_SITE_URL": cloud.edge_url,
            "EDGESHIP_CLOUDFLARE_URL": cloud.second_cdn_url,
            "EDGESHIP_CLOUDFLARE_API": f"{cloud.second_cdn_url}/client/v4",
            "EDGESHIP_CLOUDFLARE_ZONE": ZONE,
            "EDGESHIP_STORE_SETTLE_SECONDS": "2",
            "EDGESHIP_CLOUDFLARE_TOKEN": "ssm:/edgeship/local/cloudflare",
        }
    assert not cloudwatch.runs
    with pytest.raises(RuntimeError, match="not been started"):
        _ = cloud.cloudwatch


def test_a_speed_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="speed 90"):
        LocalCloud(state_path=None, speed=90)


def test_it_is_in_the_region_of_the_template() -> None:
    assert REGION == resource_names.REGION
