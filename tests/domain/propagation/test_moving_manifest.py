from __future__ import annotations

import json
from dataclasses import replace

from edgeship.domain.channels.channel import Channel
from edgeship.domain.propagation.moving_manifest import moving_manifests
from edgeship.domain.releases.release import Quarantine
from edgeship.domain.version import Version
from tests.support.releases import a_live_release, a_release

V = Version.parse
SITE = "https://widgets.example.com/"


def test_what_is_true_of_each_release_that_was_live() -> None:
    bad = replace(a_live_release("1.1.0"), quarantine=Quarantine("x", "ann", "bad"))
    releases = [a_live_release("1.2.0"), bad, a_live_release("1.0.0"), a_release("2.0.0")]
    latest = Channel(
        "checkout", "latest", V("1.2.0"), 3, trail=(V("1.0.0"), V("1.1.0")), moved_at="2026-11-28T01:00:00.000Z"
    )
    beta = Channel("checkout", "beta", V("1.0.0"), 1, moved_at="2026-11-27T01:00:00.000Z")
    found = moving_manifests([beta, latest, Channel("checkout", "empty")], releases, "production", SITE)
    read = {str(version): json.loads(body) for version, body in found.items()}
    assert list(read) == ["1.2.0", "1.1.0", "1.0.0"]
    assert read["1.2.0"] == {
        "schema": 1,
        "widget": "checkout",
        "version": "1.2.0",
        "environment": "production",
        "urls": {
            "entrypoint": "https://widgets.example.com/checkout/v1.2.0/widget.js",
            "manifest": "https://widgets.example.com/checkout/v1.2.0/manifest.json",
            "moving": ["https://widgets.example.com/checkout/latest/widget.js"],
        },
        "channels": [{"channel": "latest", "since": "2026-11-28T01:00:00.000Z", "sequence": 3, "rollback_to": "1.0.0"}],
        "quarantined": False,
        "rollback_available": True,
        "rollback_to": "1.0.0",
        "rollback_target": ["beta"],
    }
    assert (read["1.1.0"]["channels"], read["1.1.0"]["quarantined"], read["1.1.0"]["rollback_target"]) == ([], True, [])
    assert read["1.0.0"]["urls"]["moving"] == ["https://widgets.example.com/checkout/~beta/widget.js"]
    assert (read["1.0.0"]["rollback_available"], read["1.0.0"]["rollback_to"]) == (False, None)
    assert read["1.0.0"]["rollback_target"] == ["latest"]
