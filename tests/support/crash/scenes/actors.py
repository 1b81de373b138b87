"""Who acts in the scenes: the functions and the operator, composed as they are deployed, on moto, at a scene's time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import boto3

from edgeship.adapters.cloudwatch.alarm_definitions import alarm_name
from edgeship.adapters.lambda_events.dynamodb_stream import stream_records
from edgeship.adapters.lambda_events.s3_events import ObjectCreated
from edgeship.application.transaction import Transaction
from edgeship.bootstrap import artifact_upload, operator, promotion, relay, rollback, rollout
from edgeship.domain.events import Occasion, timestamp
from edgeship.domain.health.alarms import HealthAlarm
from edgeship.domain.health.breach import Breach
from edgeship.domain.health.thresholds import Check
from edgeship.domain.releases.release import Release
from edgeship.domain.requirements.requirement import Requirement
from edgeship.domain.version import Version
from tests.fakes.health import FakeHealthPages
from tests.fakes.telemetry import FakeErrorBooks
from tests.support.bundles import tar_gz
from tests.support.moto.aws import ALARM_REASON, NAMES, Aws
from tests.support.moto.function_env import function_env
from tests.support.moto.key_value_store import PREVIEW_STORE_ARN

NOW = datetime(2026, 11, 23, 10, 0, 5, tzinfo=UTC)
LATER = datetime(2026, 11, 23, 11, 0, 0, tzinfo=UTC)
UNHEALTHY_SINCE = datetime(2026, 11, 23, 10, 9, 30, tzinfo=UTC)
ANN = Occasion("test", "arn:aws:iam::123456789012:user/ann", "it blinks", LATER)
LIMIT = 5.0


def on(at: datetime) -> Occasion:
    """Both paths to a rollback act on the same occasion, so what they leave does not say which of them it was."""
    return Occasion(NAMES.environment, "edgeship", "something happened", at)


def tools() -> operator.Operator:
    return operator.build(NAMES, boto3.DEFAULT_SESSION or boto3.Session(), None)


def accept(aws: Aws, event: dict[str, Any], threads: int = 1, at: datetime = NOW) -> None:
    """One delivery of S3's event about an upload."""
    env = {**function_env("artifact_upload", aws), "EDGESHIP_UPLOAD_THREADS": str(threads)}
    accept = artifact_upload.build(env).accept
    accept = replace(accept, clock=lambda: at, reject=replace(accept.reject, clock=lambda: at))
    accept(ObjectCreated.model_validate(event).to_upload())


def accept_preview(aws: Aws, event: dict[str, Any], at: datetime = NOW) -> None:
    """One delivery of S3's event about an upload of a preview."""
    env = {"EDGESHIP_UPLOAD_THREADS": "1", "EDGESHIP_PREVIEWS_BUCKET": NAMES.previews_bucket}
    use_case = artifact_upload.build({**function_env("artifact_upload", aws), **env}).accept_preview
    reject = replace(use_case.reject, clock=lambda: at)
    use_case = replace(use_case, clock=lambda: at, reject=reject, pause=lambda _: None)
    use_case(ObjectCreated.model_validate(event).to_upload())


def expire_previews(aws: Aws, at: datetime) -> None:
    """The part of a minute tick that ends previews."""
    replace(rollout.build(function_env("rollout", aws)).expire_previews, pause=lambda _: None)(on(at))


def reject_failed(aws: Aws, event: dict[str, Any]) -> None:
    """One delivery of the message that every attempt at an upload failed."""
    reject_failed = artifact_upload.build(function_env("artifact_upload", aws)).reject_failed
    reject_failed = replace(reject_failed, reject=replace(reject_failed.reject, clock=lambda: NOW))
    reject_failed(ObjectCreated.model_validate(event).to_upload(), 3, "Sandbox.Timedout")


def promote(aws: Aws, version: str) -> None:
    """One delivery of the event that a release was registered."""
    use_case = replace(promotion.build(function_env("promotion", aws)), pause=lambda _: None)
    use_case("checkout", Version.parse(version), Occasion("test", "aws:123456789012", "upload", NOW))


def relayed(aws: Aws, event: dict[str, Any], *, previews: bool = False) -> str | None:
    """One delivery of a batch of the table's stream; where to begin again, if it was not done."""

    def fail(what: str, fault: Exception) -> None:
        raise AssertionError(what) from fault

    use_case = relay.build(_env_of_the_relay(aws, previews), fail).relay
    flags = replace(use_case.refresh_flags, clock=lambda: NOW, pause=lambda _: None)
    bring = replace(use_case.refresh_routes.bring, pause=lambda _: None)
    routes = replace(use_case.refresh_routes, bring=bring, clock=lambda: NOW, pause=lambda _: None)
    return replace(use_case, refresh_routes=routes, refresh_flags=flags)(stream_records(event))


def repaired(aws: Aws, *, previews: bool = False) -> None:
    """One minute of the relay's own."""

    def fail(what: str, fault: Exception) -> None:
        raise AssertionError(what) from fault

    use_case = relay.build(_env_of_the_relay(aws, previews), fail).repair
    bring = replace(use_case.bring, pause=lambda _: None)
    routes = replace(use_case.refresh_routes, bring=bring, clock=lambda: NOW, pause=lambda _: None)
    flags = replace(use_case.refresh_flags, clock=lambda: NOW, pause=lambda _: None)
    replace(use_case, refresh_routes=routes, bring=bring, refresh_flags=flags)(0)


def _env_of_the_relay(aws: Aws, previews: bool) -> dict[str, str]:
    more = {"EDGESHIP_PREVIEW_STORE_ARN": PREVIEW_STORE_ARN} if previews else {}
    return {**function_env("relay", aws), **more}


def tick(aws: Aws, at: datetime, *, pages: bool = True) -> None:
    """Without `pages`, those and the errors on them are elsewhere: they are many calls."""
    function = rollout.build(function_env("rollout", aws))
    assert function.environment == NAMES.environment
    watch, publish = function.watch, function.watch.publish
    if not pages:
        publish = replace(publish, pages=FakeHealthPages(), errors=FakeErrorBooks(lambda: at))
    done = replace(watch, react=replace(watch.react, pause=lambda _: None), publish=publish)(on(at))
    assert not done.faults, done.faults


def alarm(aws: Aws, version: Version, at: datetime, since: datetime = UNHEALTHY_SINCE) -> None:
    """One delivery of the event that an alarm on a version's error rate sends."""
    use_case = replace(rollback.build(function_env("rollback", aws)).react_to_breach, pause=lambda _: None)
    breach = Breach.by_alarm(("checkout", version), Check.ERROR_RATE, LIMIT, alarm_on(version), ALARM_REASON, since)
    use_case(breach, on(at))


def alarm_on(version: Version) -> str:
    return alarm_name(NAMES.environment, HealthAlarm("checkout", version, Check.ERROR_RATE, LIMIT, 100))


def make_live(version: str, at: datetime = NOW) -> None:
    """Move the channel at once, as an operator may."""
    tools().promote("checkout", Version.parse(version), "latest", replace(ANN, at=at))


def releases(aws: Aws, *versions: str) -> None:
    """Uploaded and accepted, each with its files and its manifest."""
    for version in versions:
        body = tar_gz({"widget.js": f"// {version}".encode()})
        accept(aws, aws.upload_event(f"incoming/checkout/{version}.tar.gz", body))


def registered(aws: Aws, *versions: str, requires: tuple[Requirement, ...] = ()) -> None:
    """Releases without their files, of which no rollout knows anything."""
    for version in versions:
        release = Release(
            widget="checkout",
            version=Version.parse(version),
            digest="0" * 64,
            entrypoint="widget.js",
            files=1,
            total_bytes=3,
            created_at=timestamp(NOW),
            git_commit=None,
            registered_at=timestamp(NOW),
            registered_by="test",
            requires=requires,
        )
        aws.publish(release)
        aws.witnessed("checkout", version)
        aws.state.commit(Transaction(puts=(release,), events=(), registers=release))
