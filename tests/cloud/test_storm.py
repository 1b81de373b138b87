"""Many moves in a row: the copies, both CDNs and the last notification end as the table does.

The gate has a dozen, the nightly run a hundred; tests/application/propagation/test_storm.py makes 200 on fakes.
"""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest

from edgeship.bootstrap.operator import Operator
from edgeship.domain.channels.rollout import Step
from edgeship.domain.events import EventType
from edgeship.domain.notifications.rules_record import to_document
from edgeship.domain.propagation.deployment import Verification
from edgeship.domain.version import Version
from edgeship.local.cloud import LocalCloud
from tests.support.bundles import tar_gz
from tests.support.local_cloud.visitors import ann, bundle, eventually, fetch, get
from tests.support.receiver import receiver

pytestmark = [pytest.mark.cloud, pytest.mark.xdist_group("cloud")]

KEY = f"whsec_{base64.b64encode(bytes(range(32))).decode()}"


@pytest.mark.parametrize("moves", [12, pytest.param(100, marks=pytest.mark.nightly)])
def test_a_storm_of_moves_ends_with_everything_agreeing(moves: int, cloud: LocalCloud, tools: Operator) -> None:
    widget = f"storm-{moves}"
    versions = [Version.parse(text) for text in ("1.0.0", "1.1.0", "1.2.0")]
    tools.policy(widget, lambda before: replace(before, steps=(Step(100, 0),), auto=frozenset()), ann())
    s3 = cloud.session().client("s3")
    for version in versions:
        key, body = f"incoming/{widget}/{version}.tar.gz", tar_gz(bundle(str(version)))
        s3.put_object(Bucket=cloud.names.inbox_bucket, Key=key, Body=body)
    eventually(lambda: len(tools.state.releases(widget)) == len(versions) or None)
    # The first to be registered is live: which of the three, the uploads race for.
    first = versions.index(eventually(lambda: tools.state.channel(widget, "latest").version))
    cloud.session().client("ssm").put_parameter(
        Name="/edgeship/local/storm", Value=KEY, Type="SecureString", Overwrite=True
    )
    before = to_document(tools.state.notifications().notifications)
    with receiver() as hook:
        url = f"http://127.0.0.1:{hook.port}/hook"
        destination = {"type": "webhook", "url": url, "secret": "ssm:/edgeship/local/storm"}
        rule = {"to": ["hook"], "events": ["Pointer Moved"], "widgets": [widget]}
        tools.notifications({"destinations": {"hook": destination}, "rules": [rule]}, ann(), loopback=True)
        for number in range(moves):
            tools.promote(widget, versions[(first + number + 1) % len(versions)], "latest", ann())
        channel = tools.state.channel(widget, "latest")

        def verification() -> Verification | None:
            deployment = tools.state.deployment(widget, "latest")
            return deployment.verification if deployment.sequence == channel.sequence else None

        found = eventually(verification, 180)
        events = {e.event_id for e in tools.state.events(widget, 1_000) if e.type is EventType.POINTER_MOVED}
        eventually(lambda: len({r.headers["webhook-id"] for r in hook.received}) >= moves or None, 180)
        tools.notifications(before, ann())
        told = [json.loads(request.body)["data"] for request in hook.received]
    assert found.verified, found.mismatches
    assert len(told) == len({each["event_id"] for each in told}), "each once"
    assert {each["event_id"] for each in told} <= events
    assert f"latest is at {channel.version} now" in told[-1]["now"]
    wanted = bundle(str(channel.version))["widget.js"]
    path = f"/{widget}/latest/widget.js"
    assert get(cloud, path)[2] == fetch(cloud.second_cdn_url + path)[2] == wanted
    bucket = cloud.names.site_bucket
    assert channel.version is not None
    manifest = tools.site.manifest(widget, channel.version)
    assert manifest is not None
    for name in manifest.files:
        body = bundle(str(channel.version))[name]
        copy = s3.get_object(Bucket=bucket, Key=f"_latest/{widget}/{name}")
        assert (copy["Body"].read(), copy["Metadata"]) == (body, {"version": str(channel.version)})
