from dataclasses import replace

import pytest

from edgeship.domain.channel import Channel, Lock
from edgeship.domain.policy import Policy, decide_upload
from edgeship.domain.release import Quarantine
from edgeship.domain.version import Version
from tests.domain.test_channel import release

LOCK = Lock("2026-11-23T10:00:00.000Z", "ann", "rollback")


@pytest.mark.parametrize(
    ("live", "uploaded", "first", "locked", "promoted", "says"),
    [
        (None, "1.0.0", "1.0.0", False, True, "first release"),
        (None, "2.0.0-beta.1", "2.0.0-beta.1", False, True, "first release"),
        (None, "1.1.0", "1.0.0", False, False, "has not gone live"),
        ("1.0.0", "1.0.1", "1.0.0", False, True, "patch"),
        ("1.0.0", "1.1.0", "1.0.0", False, True, "minor"),
        ("1.0.0", "2.0.0", "1.0.0", False, False, "a major release waits"),
        ("1.0.0", "1.1.0-rc.1", "1.0.0", False, False, "a prerelease release waits"),
        ("1.1.0", "1.0.1", "1.0.0", False, False, "not older"),
        ("1.1.0", "1.1.0", "1.0.0", False, False, "not older"),
        ("1.0.0", "1.0.1", "1.0.0", True, False, "is locked"),
    ],
)
def test_what_an_upload_does(
    live: str | None, uploaded: str, first: str, locked: bool, promoted: bool, says: str
) -> None:
    channel = Channel("checkout", "latest", Version.parse(live) if live else None, lock=LOCK if locked else None)
    decision = decide_upload(Policy(), channel, release(uploaded), Version.parse(first))
    assert decision.promote is promoted
    assert says in decision.reason


def test_a_quarantined_release_never_goes_live_by_itself() -> None:
    bad = replace(release("1.0.0"), quarantine=Quarantine("2026-11-23T10:00:00.000Z", "ann", "bad"))
    assert not decide_upload(Policy(), Channel("checkout", "latest"), bad, bad.version).promote


def test_a_policy_may_let_major_releases_through() -> None:
    channel = Channel("checkout", "latest", Version.parse("1.0.0"))
    policy = Policy(auto=frozenset({"major"}))
    assert decide_upload(policy, channel, release("2.0.0"), Version.parse("1.0.0")).promote
    assert not decide_upload(policy, channel, release("1.0.1"), Version.parse("1.0.0")).promote
