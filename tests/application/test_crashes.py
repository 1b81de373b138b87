"""Every function dies at every AWS call, is started again by its event, and leaves what an undisturbed run leaves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from edgeship.adapters.lambda_events.inbound import ObjectCreated, stream_records
from edgeship.application.flags.change_flags import FlagsFile
from edgeship.bootstrap import artifact_upload, operator, promotion, relay
from edgeship.domain.channels.rollout import Step
from edgeship.domain.errors import Refused
from edgeship.domain.events import Occasion
from edgeship.domain.version import Version
from edgeship.resource_names import SNAPSHOT_KEY
from tests.support.aws import NAMES, Aws, empty_again, function_env
from tests.support.bundles import WIDGET, tar_gz
from tests.support.crash import Death, process, run

NOW = datetime(2026, 11, 23, 10, 0, 5, tzinfo=UTC)
LATER = datetime(2026, 11, 23, 11, 0, 0, tzinfo=UTC)
ANN = Occasion("test", "arn:aws:iam::123456789012:user/ann", "it blinks", LATER)

NOTIFICATIONS = {"destinations": {"mail": {"type": "sns"}}, "rules": [{"to": ["mail"]}]}

Scene = Callable[[Aws], Callable[[], None]]
"""Sets the scene in an empty environment and returns what one delivery of the event runs."""


def accept(aws: Aws, event: dict[str, Any], threads: int = 1) -> None:
    env = {**function_env("artifact_upload", aws), "EDGESHIP_UPLOAD_THREADS": str(threads)}
    use_case = replace(artifact_upload.build(env), clock=lambda: NOW)
    use_case(ObjectCreated.model_validate(event).to_upload())


def promote(aws: Aws, version: str) -> None:
    use_case = replace(promotion.build(function_env("promotion", aws)), pause=lambda _: None)
    use_case("checkout", Version.parse(version), Occasion("test", "aws:123456789012", "upload", NOW))


def upload_of(files: dict[str, bytes], key: str = "incoming/checkout/1.0.0.tar.gz") -> Scene:
    def scene(aws: Aws) -> Callable[[], None]:
        event = aws.upload_event(key, tar_gz(files))
        return lambda: accept(aws, event)

    return scene


def other_bytes(aws: Aws) -> Callable[[], None]:
    accept(aws, aws.upload_event("incoming/checkout/1.0.0.tar.gz", tar_gz(WIDGET)))
    event = aws.upload_event("incoming/checkout/1.0.0.tgz", tar_gz({"widget.js": b"other"}))
    return lambda: accept(aws, event)


def releases(aws: Aws, *versions: str) -> None:
    for version in versions:
        body = tar_gz({"widget.js": f"// {version}".encode()})
        accept(aws, aws.upload_event(f"incoming/checkout/{version}.tar.gz", body))


def make_live(version: str, at: datetime = NOW) -> None:
    """Move the channel at once, as an operator may."""
    tools = operator.build(NAMES, boto3.DEFAULT_SESSION or boto3.Session(), None)
    tools.promote("checkout", Version.parse(version), "latest", replace(ANN, at=at))


def first_promotion(aws: Aws) -> Callable[[], None]:
    releases(aws, "1.0.0")
    return lambda: promote(aws, "1.0.0")


def promotion_at_once(aws: Aws) -> Callable[[], None]:
    releases(aws, "1.0.0", "1.1.0")
    make_live("1.0.0")
    tools = operator.build(NAMES, boto3.DEFAULT_SESSION or boto3.Session(), None)
    tools.policy("checkout", lambda policy: replace(policy, steps=(Step(100, 0),)), ANN)
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
        tools = operator.build(NAMES, boto3.DEFAULT_SESSION or boto3.Session(), None)
        if tools.state.channel("checkout", "latest").version == Version.parse("1.1.0"):
            tools.roll_back("checkout", "latest", None, ANN)

    return deliver


def apply_flags(aws: Aws, count: int = 45) -> Callable[[], None]:
    """More flags than one transaction holds; whoever was cut off applies the file again."""
    flags = {
        f"flag-{n:02}": {"key": f"flag-{n:02}", "variants": {"on": True, "off": False}, "default_variant": "off"}
        for n in range(count)
    }

    def deliver() -> None:
        tools = operator.build(NAMES, boto3.DEFAULT_SESSION or boto3.Session(), None)
        tools.flags.apply(FlagsFile(flags, {}), ANN, prune=False, dry_run=False)

    return deliver


def operator_acts(act: Callable[[operator.Operator], None]) -> Scene:
    """1.1.0 was rolled back to 1.0.0; then an operator does something, and looks before doing it again."""

    def scene(aws: Aws) -> Callable[[], None]:
        releases(aws, "1.0.0", "1.1.0", "2.0.0")
        make_live("1.0.0")
        make_live("1.1.0")
        tools = operator.build(NAMES, boto3.DEFAULT_SESSION or boto3.Session(), None)
        tools.roll_back("checkout", "latest", None, ANN)
        versions = {"variants": {"old": "1.0.0", "new": "2.0.0"}, "default_variant": "old"}
        tools.flags.edit("ab", lambda _: {"key": "ab", **versions}, ANN)

        def deliver() -> None:
            try:
                act(operator.build(NAMES, boto3.DEFAULT_SESSION or boto3.Session(), None))
            except Refused as refused:
                if refused.code not in ("already_live", "not_locked", "not_quarantined", "already_routed"):
                    raise

        return deliver

    return scene


def relay_flags(aws: Aws) -> Callable[[], None]:
    """More than one batch of the bus holds."""
    with process(Death()):
        apply_flags(aws, 12)()
    return relayed(aws, aws.stream_event())


def relayed(aws: Aws, event: dict[str, Any]) -> Callable[[], None]:
    def deliver() -> None:
        replace(relay.build(function_env("relay", aws)), clock=lambda: NOW, pause=lambda _: None)(stream_records(event))

    return deliver


def relay_all(aws: Aws) -> Callable[[], None]:
    releases(aws, "1.0.0", "1.1.0")
    make_live("1.0.0")
    make_live("1.1.0")
    accept(aws, aws.upload_event("incoming/checkout/nonsense.zip", b"PK"))
    event = aws.stream_event()
    event["Records"].insert(1, {"eventName": "INSERT", "dynamodb": {"SequenceNumber": "1", "NewImage": {}}})

    def deliver() -> None:
        pending = event["Records"]
        while pending:
            use_case = replace(relay.build(function_env("relay", aws)), clock=lambda: NOW, pause=lambda _: None)
            again = use_case(stream_records({"Records": pending}))
            pending = pending[[r["dynamodb"]["SequenceNumber"] for r in pending].index(again) :] if again else []

    return deliver


def relay_over_garbage(aws: Aws) -> Callable[[], None]:
    releases(aws, "1.0.0")
    make_live("1.0.0")
    aws.s3.put_object(Bucket=NAMES.config_bucket, Key=SNAPSHOT_KEY, Body=b"garbage")
    return relayed(aws, aws.stream_event())


def ignore(_: object) -> None:
    """What an operator is told counts for nothing when the process dies."""


SCENES: dict[str, Scene] = {
    "accepted upload": upload_of(WIDGET),
    "refused upload": upload_of({"../evil.js": b"x"}),
    "refused key": upload_of(WIDGET, "incoming/checkout/v1.tar.gz"),
    "other bytes": other_bytes,
    "first promotion": first_promotion,
    "promotion at once": promotion_at_once,
    "late first promotion": late_first_promotion,
    "rollback": roll_back,
    "flags applied by an operator": apply_flags,
    "relay of flags": relay_flags,
    "promoted by an operator": operator_acts(
        lambda tools: ignore(tools.promote("checkout", Version.parse("2.0.0"), "latest", ANN))
    ),
    "unlocked by an operator": operator_acts(lambda tools: tools.hold.unlock("checkout", "latest", ANN)),
    "unquarantined by an operator": operator_acts(
        lambda tools: tools.hold.unquarantine("checkout", Version.parse("1.1.0"), ANN)
    ),
    "routed by an operator": operator_acts(lambda tools: ignore(tools.route("checkout", "latest", "ab", ANN))),
    "notifications applied by an operator": operator_acts(
        lambda tools: ignore(tools.notifications(NOTIFICATIONS, ANN))
    ),
    "notifications tested by an operator": operator_acts(
        lambda tools: ignore(tools.test_notification(("email",), ANN))
    ),
    "relay": relay_all,
    "relay over a snapshot that is none": relay_over_garbage,
}


def outcome(aws: Aws) -> dict[str, Any]:
    """All that the world can see: the table with its events, the buckets, the events on the bus, the alarms."""
    return {
        "items": aws.items(),
        "site": aws.objects(NAMES.site_bucket),
        "inbox": aws.objects(NAMES.inbox_bucket),
        "snapshot": aws.snapshot(),
        "listed health pages": sorted(aws.health_pages.published().subjects),
        "bus": sorted({(e["detail-type"], e["detail"]["event_id"]) for e in aws.bus_events()}),
        "poison": {message["reason"] for message in aws.poisoned()},
        "alarms": aws.alarms(),
    }


def play(scene: Scene, deaths: list[Death]) -> dict[str, Any]:
    aws = empty_again()
    with process(Death()):
        deliver = scene(aws)
    for death in deaths:
        run(deliver, death)
    return comparable(outcome(aws))


def dies_anywhere(scene: Scene) -> None:
    """Just before and just after each call; the next delivery brings about what an undisturbed one does.

    Nothing but its calls outlives a process, so just before a call is just after the one before it.
    """
    count = Death()
    undisturbed = play(scene, [count])
    assert count.calls > 0
    for death in [Death(0, "before"), *(Death(call, "after") for call in range(count.calls))]:
        assert play(scene, [death, Death()]) == undisturbed, f"died {death.when} call {death.call} of {count.calls}"
        assert death.dead


def dies_again_and_again(scene: Scene) -> None:
    """Each delivery gets one call further than the one before it."""
    count = Death()
    undisturbed = play(scene, [count])
    deaths = [Death(call, "after") for call in range(count.calls)]
    assert play(scene, [*deaths, Death()]) == undisturbed


def comparable(seen: dict[str, Any]) -> dict[str, Any]:
    """S3 makes up version ids, and ours derive from them: number them in the order they appear."""
    names: dict[str, str] = {}
    text = repr(seen)
    for item in seen["items"]:
        if item["sk"].startswith("UPLOAD#"):
            names.setdefault(item["upload_id"], f"upload-{len(names)}")
    for item in seen["items"]:
        if item["sk"].startswith("EVENT#") and item["detail_type"] == "Release Rejected":
            names.setdefault(item["sk"].split("#")[2], f"event-{len(names)}")
    for found, name in names.items():
        text = text.replace(found, name)
    return {"text": text}


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("name", SCENES)
def test_dies_anywhere_and_ends_the_same(name: str) -> None:
    dies_anywhere(SCENES[name])


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("name", SCENES)
def test_dies_again_and_again_and_ends_the_same(name: str) -> None:
    dies_again_and_again(SCENES[name])


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("name", [name for name in SCENES if name != "rollback"])
def test_a_repeated_event_changes_nothing(name: str) -> None:
    scene = SCENES[name]
    assert play(scene, [Death(), Death(), Death()]) == play(scene, [Death()])


def test_a_rollback_that_took_effect_is_not_repeated_by_fencing(aws: Aws) -> None:
    """The second of two that meant the same step is told so, and takes no second step."""
    releases(aws, "1.0.0", "1.1.0", "1.2.0")
    for version in ("1.0.0", "1.1.0", "1.2.0"):
        make_live(version)
    first = operator.build(NAMES, boto3.Session(), None)
    second = operator.build(NAMES, boto3.Session(), None)
    channel = second.state.channel("checkout", "latest")
    first.roll_back("checkout", "latest", None, ANN)

    class Stale:
        """The second operator read the channel before the first wrote it."""

        def __init__(self) -> None:
            self.reads = 0

        def __getattr__(self, name: str) -> Any:
            return getattr(second.state, name)

        def channel(self, widget: str, name: str) -> Any:
            self.reads += 1
            return channel if self.reads == 1 else second.state.channel(widget, name)

    stale = replace(second.roll_back, state=Stale())
    with pytest.raises(Refused) as refused:
        stale("checkout", "latest", None, ANN)
    assert refused.value.code == "moved_meanwhile"
    assert "user/ann has it at 1.1.0" in refused.value.reason
    assert str(aws.state.channel("checkout", "latest").version) == "1.1.0"
