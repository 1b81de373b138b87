"""Uploads, promotions at once, what operators do with a channel, and the relay."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from edgeship.application.flags.change_flags import FlagsFile
from edgeship.bootstrap import operator
from edgeship.domain.channels.rollout import Step
from edgeship.domain.errors import Refused
from edgeship.domain.releases.claim import Claim
from edgeship.domain.version import Version
from edgeship.resource_names import SNAPSHOT_KEY
from tests.support.bundles import WIDGET, tar_gz
from tests.support.crash.death import process
from tests.support.crash.scenes.actors import (
    ANN,
    NOW,
    accept,
    make_live,
    promote,
    reject_failed,
    relayed,
    releases,
    repaired,
    tools,
)
from tests.support.crash.search import Scene
from tests.support.moto.aws import NAMES, Aws
from tests.support.moto.key_value_store import stored_routes
from tests.support.signing import CI

NOTIFICATIONS = {"destinations": {"mail": {"type": "sns"}}, "rules": [{"to": ["mail"]}]}


def upload_of(files: dict[str, bytes], key: str = "incoming/checkout/1.0.0.tar.gz") -> Scene:
    def scene(aws: Aws) -> Callable[[], None]:
        event = aws.upload_event(key, tar_gz(files))
        return lambda: accept(aws, event)

    return scene


def other_bytes(aws: Aws) -> Callable[[], None]:
    accept(aws, aws.upload_event("incoming/checkout/1.0.0.tar.gz", tar_gz(WIDGET)))
    event = aws.upload_event("incoming/checkout/1.0.0.tgz", tar_gz({"widget.js": b"other"}))
    return lambda: accept(aws, event)


def signed_upload(aws: Aws) -> Callable[[], None]:
    tools().identities.add(CI.identity("ci", "checkout"), ANN)
    body = tar_gz(WIDGET)
    event = aws.upload_event("incoming/checkout/1.0.0.tar.gz", body, CI.signature(body, "checkout", "1.0.0"))
    return lambda: accept(aws, event)


def identity_added_by_an_operator(_: Aws) -> Callable[[], None]:
    def deliver() -> None:
        try:
            tools().identities.add(CI.identity("ci", "checkout"), ANN)
        except Refused as refused:
            if refused.code != "identity_exists":
                raise

    return deliver


def over_a_claim(aws: Aws) -> Callable[[], None]:
    """Another upload claimed the version an hour ago, and died before anything was public."""
    aws.state.claim("checkout", Version.parse("1.0.0"), Claim("another digest", NOW - timedelta(hours=1)))
    event = aws.upload_event("incoming/checkout/1.0.0.tar.gz", tar_gz(WIDGET))
    return lambda: accept(aws, event)


def failed_upload(aws: Aws) -> Callable[[], None]:
    event = aws.upload_event("incoming/checkout/1.0.0.tar.gz", tar_gz(WIDGET))
    return lambda: reject_failed(aws, event)


def failed_after_registration(aws: Aws) -> Callable[[], None]:
    event = aws.upload_event("incoming/checkout/1.0.0.tar.gz", tar_gz(WIDGET))
    accept(aws, event)
    return lambda: reject_failed(aws, event)


def first_promotion(aws: Aws) -> Callable[[], None]:
    releases(aws, "1.0.0")
    return lambda: promote(aws, "1.0.0")


def promotion_at_once(aws: Aws) -> Callable[[], None]:
    releases(aws, "1.0.0", "1.1.0")
    make_live("1.0.0")
    tools().policy("checkout", lambda policy: replace(policy, steps=(Step(100, 0),)), ANN)
    return lambda: promote(aws, "1.1.0")


def late_first_promotion(aws: Aws) -> Callable[[], None]:
    releases(aws, "1.0.0", "2.0.0")
    return lambda: promote(aws, "2.0.0")


def roll_back(aws: Aws) -> Callable[[], None]:
    releases(aws, "1.0.0", "1.1.0")
    make_live("1.0.0")
    make_live("1.1.0")

    def deliver() -> None:
        """An operator who lost the connection looks at the status, and rolls back if that is still needed."""
        each = tools()
        if each.state.channel("checkout", "latest").version == Version.parse("1.1.0"):
            each.roll_back("checkout", "latest", None, ANN)

    return deliver


def apply_flags(aws: Aws, count: int = 45) -> Callable[[], None]:
    """More flags than one transaction holds; whoever was cut off applies the file again."""
    flags = {
        f"flag-{n:02}": {"key": f"flag-{n:02}", "variants": {"on": True, "off": False}, "default_variant": "off"}
        for n in range(count)
    }

    def deliver() -> None:
        tools().flags.apply(FlagsFile(flags, {}), ANN, prune=False, dry_run=False)

    return deliver


def operator_acts(act: Callable[[operator.Operator], object]) -> Scene:
    """1.1.0 was rolled back to 1.0.0; then an operator does something, and looks before doing it again."""

    def scene(aws: Aws) -> Callable[[], None]:
        releases(aws, "1.0.0", "1.1.0", "2.0.0")
        make_live("1.0.0")
        make_live("1.1.0")
        tools().roll_back("checkout", "latest", None, ANN)
        versions = {"variants": {"old": "1.0.0", "new": "2.0.0"}, "default_variant": "old"}
        tools().flags.edit("ab", lambda _: {"key": "ab", **versions}, ANN)

        def deliver() -> None:
            try:
                act(tools())
            except Refused as refused:
                if refused.code not in ("already_live", "not_locked", "not_quarantined", "already_routed"):
                    raise

        return deliver

    return scene


def relay_flags(aws: Aws) -> Callable[[], None]:
    """More than one batch of the bus holds."""
    with process():
        apply_flags(aws, 12)()
    event = aws.stream_event()

    def deliver() -> None:
        relayed(aws, event)

    return deliver


def relay_all(aws: Aws) -> Callable[[], None]:
    """The stream hands what was not done to the relay again, within one delivery. The edge has the first release."""
    releases(aws, "1.0.0", "1.1.0")
    make_live("1.0.0")
    with process():
        relayed(aws, aws.stream_event())
    make_live("1.1.0")
    accept(aws, aws.upload_event("incoming/checkout/nonsense.zip", b"PK"))
    event = aws.stream_event()
    event["Records"].insert(1, {"eventName": "INSERT", "dynamodb": {"SequenceNumber": "1", "NewImage": {}}})

    def deliver() -> None:
        pending: list[dict[str, Any]] = event["Records"]
        while pending:
            again = relayed(aws, {"Records": pending})
            pending = pending[[r["dynamodb"]["SequenceNumber"] for r in pending].index(again) :] if again else []

    return deliver


def relay_over_garbage(aws: Aws) -> Callable[[], None]:
    releases(aws, "1.0.0")
    make_live("1.0.0")
    aws.s3.put_object(Bucket=NAMES.config_bucket, Key=SNAPSHOT_KEY, Body=b"garbage")
    event = aws.stream_event()

    def deliver() -> None:
        relayed(aws, event)

    return deliver


def repair_of_everything(aws: Aws) -> Callable[[], None]:
    """Neither snapshot is there, and the store has keys of nobody."""
    with process():
        releases(aws, "1.0.0")
        make_live("1.0.0")
        apply_flags(aws, 3)()
        stored_routes().by_hand({"nobody": "{}", "checkout": "{}"})
    return lambda: repaired(aws)


def upload_breaks_what_is_live(aws: Aws) -> Callable[[], None]:
    """Its surface is compared with that of 1.0.0, and it says patch."""
    accept(aws, aws.upload_event("incoming/checkout/1.0.0.tar.gz", tar_gz({"widget.js": b"export const open = 1;"})))
    make_live("1.0.0")
    event = aws.upload_event("incoming/checkout/1.0.1.tar.gz", tar_gz({"widget.js": b"export const close = 1;"}))
    return lambda: accept(aws, event)


def pruned(aws: Aws) -> Callable[[], None]:
    """1.0.0 has not been live for a year, and nothing needs it."""
    versions = ("1.0.0", "1.0.1", "1.0.2")
    releases(aws, *versions)
    for version in versions:
        make_live(version)
    later = replace(ANN, at=datetime.now(UTC) + timedelta(days=365))

    def deliver() -> None:
        use_case = replace(tools().prune, pause=lambda _: None)
        facts = use_case.facts("checkout", timedelta(days=90), 1, (), later.at)
        planned = [release.version for release in use_case.plan("checkout", facts).prunable]
        for version in [*(release.version for release in use_case.left("checkout")), *planned]:
            use_case("checkout", version, facts, later)

    return deliver


SCENES: dict[str, Scene] = {
    "releases pruned by a pruner": pruned,
    "upload that breaks what is live": upload_breaks_what_is_live,
    "accepted upload": upload_of(WIDGET),
    "upload compressed ahead": upload_of({**WIDGET, "widget.js.gz": gzip.compress(WIDGET["widget.js"], mtime=0)}),
    "refused upload": upload_of({"../evil.js": b"x"}),
    "refused key": upload_of(WIDGET, "incoming/checkout/v1.tar.gz"),
    "other bytes": other_bytes,
    "upload over a claim of nobody": over_a_claim,
    "signed upload": signed_upload,
    "identity added by an operator": identity_added_by_an_operator,
    "failed upload": failed_upload,
    "upload that failed when it was registered": failed_after_registration,
    "first promotion": first_promotion,
    "promotion at once": promotion_at_once,
    "late first promotion": late_first_promotion,
    "rollback": roll_back,
    "flags applied by an operator": apply_flags,
    "relay of flags": relay_flags,
    "promoted by an operator": operator_acts(
        lambda each: each.promote("checkout", Version.parse("2.0.0"), "latest", ANN)
    ),
    "unlocked by an operator": operator_acts(lambda each: each.unlock("checkout", "latest", ANN)),
    "unquarantined by an operator": operator_acts(
        lambda each: each.unquarantine("checkout", Version.parse("1.1.0"), ANN)
    ),
    "routed by an operator": operator_acts(lambda each: each.route("checkout", "latest", "ab", ANN)),
    "notifications applied by an operator": operator_acts(lambda each: each.notifications(NOTIFICATIONS, ANN)),
    "notifications tested by an operator": operator_acts(lambda each: each.test_notification(("email",), ANN)),
    "relay": relay_all,
    "relay over a snapshot that is none": relay_over_garbage,
    "repair by the relay": repair_of_everything,
}
