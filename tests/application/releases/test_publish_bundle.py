"""Publishing from a folder, and following the upload to where browsers get it."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from edgeship.adapters.lambda_events.s3_events import ObjectCreated
from edgeship.adapters.s3.inbox import S3Dropbox
from edgeship.application.channels.follow_upload import Followed, FollowUpload, Stage
from edgeship.application.ports import WebAnswer
from edgeship.application.releases.pack_bundle import BundleFacts
from edgeship.application.releases.publish_bundle import PublishBundle, Published
from edgeship.bootstrap import artifact_upload, operator, promotion
from edgeship.domain.errors import Refused
from edgeship.domain.events import EventType, Occasion
from edgeship.domain.releases.claim import Claim
from edgeship.domain.version import Version
from tests.fakes.web import answer_of
from tests.support.bundles import WIDGET
from tests.support.moto.aws import NAMES, Aws
from tests.support.moto.function_env import function_env
from tests.support.moto.sessions import kept_session

V1 = Version.parse("1.0.0")
KEY = "incoming/checkout/1.0.0.tar.gz"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, body in WIDGET.items():
        location = tmp_path / "bundle" / name
        location.parent.mkdir(parents=True, exist_ok=True)
        location.write_bytes(body)
    return tmp_path / "bundle"


@pytest.fixture
def tools(aws: Aws) -> operator.Operator:
    return operator.build(NAMES, kept_session(), None)


def publish(tools: operator.Operator, folder: Path, version: Version = V1, **facts: str) -> Published:
    sent: list[int] = []
    published = tools.publish(
        folder, "checkout", version, BundleFacts(**facts), lambda progress: sent.append(progress.sent)
    )
    assert not published.uploaded or sent[-1] == published.archive_bytes
    return published


def event_for(aws: Aws, published: Published) -> dict[str, Any]:
    """What S3 sends about the archive that was published."""
    body = aws.s3.get_object(Bucket=NAMES.inbox_bucket, Key=str(published.key))["Body"].read()
    event = aws.upload_event("incoming/shape/only.zip", b"x")
    event["detail"]["object"] |= {
        "key": str(published.key),
        "size": len(body),
        "etag": published.drop.etag,
        "version-id": aws.s3.head_object(Bucket=NAMES.inbox_bucket, Key=str(published.key))["VersionId"],
    }
    return event


def accept(aws: Aws, published: Published, **settings: str) -> None:
    use_case = artifact_upload.build(function_env("artifact_upload", aws) | settings).accept
    event = event_for(aws, published)
    if settings:
        del event["detail"]["object"]["version-id"]  # an emulator may not know it
    use_case(ObjectCreated.model_validate(event).to_upload())


def test_the_archive_is_accepted_as_it_was_described(aws: Aws, tools: operator.Operator, folder: Path) -> None:
    published = publish(tools, folder, git_commit="0123abcdef")
    accept(aws, published)
    release = aws.state.release("checkout", V1)
    assert release is not None
    assert release.digest == published.digest
    assert (release.entrypoint, release.files, release.git_commit) == ("widget.js", 3, "0123abcdef")
    assert str(published.key) == KEY


def test_publishing_a_release_again_uploads_nothing(aws: Aws, tools: operator.Operator, folder: Path) -> None:
    first = publish(tools, folder)
    accept(aws, first)
    os.utime(folder / "widget.js", (1, 1))
    again = publish(tools, folder)
    assert first.uploaded
    assert not again.uploaded
    assert again.drop == first.drop


def test_bytes_of_which_nothing_came_are_uploaded_again(aws: Aws, tools: operator.Operator, folder: Path) -> None:
    first = publish(tools, folder)
    lost = event_for(aws, first)
    again = publish(tools, folder)
    assert again.uploaded
    assert again.drop == first.drop
    assert event_for(aws, again)["detail"]["object"]["version-id"] != lost["detail"]["object"]["version-id"]
    accept(aws, again)
    registered = aws.state.release("checkout", V1)
    assert registered is not None

    # The first event comes after all: both are the same upload.
    late = artifact_upload.build(function_env("artifact_upload", aws)).accept
    assert late(ObjectCreated.model_validate(lost).to_upload()) == registered
    assert [event.type for event in aws.state.events("checkout", 10)] == [EventType.RELEASE_REGISTERED]


def test_other_bytes_under_the_same_version_are_refused(tools: operator.Operator, folder: Path) -> None:
    publish(tools, folder)
    (folder / "widget.js").write_text("other")
    with pytest.raises(Refused) as refused:
        publish(tools, folder)
    assert refused.value.code == "version_exists"


def test_what_was_refused_may_be_replaced(aws: Aws, tools: operator.Operator, folder: Path) -> None:
    event = aws.upload_event(KEY, b"not an archive")
    use_case = artifact_upload.build(function_env("artifact_upload", aws)).accept
    use_case(ObjectCreated.model_validate(event).to_upload())
    published = publish(tools, folder)
    assert published.uploaded
    accept(aws, published)
    assert aws.state.release("checkout", V1) is not None


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda folder: (folder / "link.js").symlink_to("/etc/passwd"), "entry_kind"),
        (lambda folder: os.mkfifo(folder / "pipe"), "entry_kind"),
        (lambda folder: (folder / "WIDGET.js").write_text("x"), "path_duplicate"),
        (lambda folder: (folder / "package.json").write_text("["), "package_invalid"),
        (lambda folder: (folder / "edgeship.json").write_text('{"widget": "other"}'), "declaration_mismatch"),
        (lambda folder: (folder / "edgeship.json").write_text('{"entrypoint": "x.js"}'), "entrypoint_missing"),
    ],
)
def test_what_would_be_refused_is_not_uploaded(
    aws: Aws, tools: operator.Operator, folder: Path, spoil: object, code: str
) -> None:
    spoil(folder)  # type: ignore[operator]
    with pytest.raises(Refused) as refused:
        publish(tools, folder)
    assert refused.value.code == code
    assert aws.objects(NAMES.inbox_bucket) == {}


def test_an_empty_or_missing_folder_is_refused(tools: operator.Operator, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for folder, code in ((tmp_path / "empty", "empty"), (tmp_path / "gone", "folder_missing")):
        with pytest.raises(Refused) as refused:
            publish(tools, folder)
        assert refused.value.code == code


@pytest.fixture
def uploader(aws: Aws, tools: operator.Operator) -> PublishBundle:
    """Of somebody who may put into the inbox, and read nothing there."""
    denied = ClientError({"Error": {"Code": "403"}, "ResponseMetadata": {"HTTPStatusCode": 403}}, "HeadObject")  # type: ignore[typeddict-item]

    class Denied:
        def __getattr__(self, name: str) -> Any:
            return getattr(aws.s3, name)

        def head_object(self, **_: str) -> None:
            raise denied

    return replace(tools.publish, dropbox=S3Dropbox(Denied(), NAMES.inbox_bucket))  # type: ignore[arg-type]


def test_an_uploader_who_may_not_read_learns_that_the_version_is_taken(
    tools: operator.Operator, uploader: PublishBundle, folder: Path
) -> None:
    publish(tools, folder)
    with pytest.raises(Refused, match="may not read it"):
        uploader(folder, "checkout", V1, BundleFacts(), lambda _: None)


def test_an_uploader_who_may_not_read_publishes_a_release_again_and_nothing_happens(
    aws: Aws, tools: operator.Operator, uploader: PublishBundle, folder: Path
) -> None:
    first = publish(tools, folder)
    accept(aws, first)
    again = uploader(folder, "checkout", V1, BundleFacts(), lambda _: None)
    assert (again.uploaded, again.drop) == (False, first.drop)
    (folder / "widget.js").write_text("other")
    with pytest.raises(Refused) as refused:
        uploader(folder, "checkout", V1, BundleFacts(), lambda _: None)
    assert refused.value.code == "version_exists"


class Cdn:
    """Serves the site bucket; `latest` is where the test says it points, and may lag behind."""

    def __init__(self, aws: Aws) -> None:
        self.aws = aws
        self.latest: str | None = None
        self.down = 2

    def get(self, path: str, query: str = "", taken: str = "") -> WebAnswer:
        if self.down:
            self.down -= 1
            raise ConnectionResetError("no answer")
        key = path.lstrip("/").replace("/latest/", f"/v{self.latest}/")
        found = self.aws.objects(NAMES.site_bucket).get(key)
        return answer_of(200, {}, found["body"]) if found else answer_of(404, {}, b"")


class World:
    """Advances by one step whenever the follower sleeps."""

    def __init__(self, *steps: object) -> None:
        self.steps = list(steps)
        self.now = datetime(2026, 11, 23, 10, tzinfo=UTC)

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        if self.steps:
            self.steps.pop(0)()  # type: ignore[operator]


def follow(
    tools: operator.Operator, published: Published, world: World, cdn: Cdn | None
) -> tuple[Followed, list[Stage]]:
    heard: list[Followed] = []
    use_case: FollowUpload = replace(tools.follow, web=cdn, clock=lambda: world.now, sleep=world.sleep)
    return use_case(published, timedelta(seconds=10), heard.append), [followed.stage for followed in heard]


def promote(aws: Aws, version: str) -> None:
    who = Occasion("test", "aws:123456789012", "upload", datetime(2026, 11, 23, 10, tzinfo=UTC))
    promotion.build(function_env("promotion", aws))("checkout", Version.parse(version), who)


def test_follows_an_upload_until_the_cdn_serves_it(aws: Aws, tools: operator.Operator, folder: Path) -> None:
    published, cdn = publish(tools, folder), Cdn(aws)
    world = World(
        lambda: accept(aws, published), lambda: promote(aws, "1.0.0"), lambda: setattr(cdn, "latest", "1.0.0")
    )
    followed, heard = follow(tools, published, world, cdn)
    assert followed.stage is Stage.SERVED
    assert heard == [Stage.UPLOADED, Stage.REGISTERED, Stage.PROMOTED, Stage.SERVED]


def test_a_release_that_waits_is_followed_no_further(aws: Aws, tools: operator.Operator, folder: Path) -> None:
    accept(aws, publish(tools, folder))
    promote(aws, "1.0.0")
    (folder / "widget.js").write_text("breaking")
    major = publish(tools, folder, Version.parse("2.0.0"))
    followed, _ = follow(tools, major, World(lambda: accept(aws, major)), None)
    assert followed.stage is Stage.WAITING
    assert "waits for approval" in followed.reason


def test_a_release_that_is_rolled_out_is_followed_to_its_own_path(
    aws: Aws, tools: operator.Operator, folder: Path
) -> None:
    accept(aws, publish(tools, folder))
    promote(aws, "1.0.0")
    with (folder / "widget.js").open("a") as widget:
        widget.write("\n// better")
    minor, cdn = publish(tools, folder, Version.parse("1.1.0")), Cdn(aws)
    cdn.latest = "1.0.0"
    followed, heard = follow(tools, minor, World(lambda: accept(aws, minor), lambda: promote(aws, "1.1.0")), cdn)
    assert (followed.stage, followed.reason) == (Stage.ROLLING_OUT, "at 1 %")
    assert heard == [Stage.UPLOADED, Stage.REGISTERED, Stage.PROMOTED, Stage.ROLLING_OUT]


def test_a_refusal_ends_it_with_its_reason(aws: Aws, tools: operator.Operator, folder: Path) -> None:
    aws.state.claim("checkout", V1, Claim("other bytes"))
    published = publish(tools, folder)
    with pytest.raises(Refused) as refused:
        follow(tools, published, World(lambda: accept(aws, published)), None)
    assert refused.value.code == "version_exists"


def test_the_same_bytes_may_be_tried_again_after_a_refusal(aws: Aws, tools: operator.Operator, folder: Path) -> None:
    """A limit was raised: the archive that was refused is good now, and its old refusal does not count."""
    first = publish(tools, folder)
    with pytest.raises(Refused, match="more than 2 files"):
        follow(tools, first, World(lambda: accept(aws, first, EDGESHIP_MAX_FILES="2")), None)
    again = publish(tools, folder)
    assert again.uploaded
    followed, _ = follow(tools, again, World(lambda: accept(aws, again), lambda: promote(aws, "1.0.0")), None)
    assert followed.stage is Stage.SERVED


def test_it_does_not_wait_for_ever(tools: operator.Operator, folder: Path) -> None:
    with pytest.raises(TimeoutError, match="uploaded but not served within 10 s"):
        follow(tools, publish(tools, folder), World(), None)


def test_the_uploaded_manifest_says_what_publish_knows(aws: Aws, tools: operator.Operator, folder: Path) -> None:
    (folder / "edgeship.json").write_text(json.dumps({"changes": {"fixes": ["blinking"]}, "entrypoint": "chunk.js"}))
    accept(aws, publish(tools, folder))
    manifest = aws.site.manifest("checkout", V1)
    assert manifest is not None
    assert manifest.entrypoint == "chunk.js"
    assert manifest.changes["fixes"] == ("blinking",)
    assert manifest.created_at == "2026-11-23T10:00:00.000Z"
