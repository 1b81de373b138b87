"""The chapter about the last mile: a second CDN in front of the first, a changed byte, and a notification."""

from __future__ import annotations

import hashlib
import time

from edgeship.adapters.http.web import UrllibWeb
from edgeship.domain.naming import LATEST, MANIFEST_NAME, copies_prefix
from edgeship.domain.propagation.deployment import LATEST_COPIES, MismatchKind, Verification
from edgeship.domain.version import Version
from edgeship.local.demo.chat_room import ChatRoom, chat_room
from edgeship.local.demo.example_widget import ENTRYPOINT, WIDGET, public_files
from edgeship.local.demo.story import Story, expect

BEFORE, AFTER = "1.1.0", "1.2.0"
PLANTED_IN = "assets/cart.svg"
SECRET = "/edgeship/local/chat-room"  # noqa: S105  where it is kept
PROPAGATED_SECONDS = 60.0


def last_mile(story: Story) -> None:
    story.say(f"A second CDN is in front of the first, and caches answers by URL: {story.cloud.second_cdn_url}")
    second = UrllibWeb(story.cloud.second_cdn_url)
    path = f"/{WIDGET}/{LATEST}/{ENTRYPOINT}"
    with chat_room() as room:
        _notify_the_room(story, room)
        with story.step(f"the second CDN caches {AFTER}") as step:

            def caches() -> bool:
                # A purge of the move before may come between two requests.
                second.get(path)
                kept = second.get(path).headers
                return (kept.get("cf-cache-status"), kept.get("x-amz-meta-version")) == ("HIT", AFTER)

            story.until(caches, PROPAGATED_SECONDS, f"it does not cache {AFTER}")
            step.note(f"GET {path}: cf-cache-status: HIT, x-amz-meta-version: {AFTER}")
        with story.step(f"latest moves to {BEFORE}, and the second CDN is purged") as step:
            began, purged_before = time.monotonic(), len(story.cloud.second_cdn.purges)
            _move(story, BEFORE)
            wanted = hashlib.sha256(public_files(story, BEFORE)[ENTRYPOINT]).hexdigest()

            def purged_there() -> bool:
                return second.get(path).sha256 == wanted

            story.until(purged_there, PROPAGATED_SECONDS, f"the second CDN does not serve {BEFORE}")
            story.timings["move to a second CDN's purge"] = time.monotonic() - began
            purged = story.cloud.second_cdn.purges[purged_before:]
            step.note("purged: " + ", ".join(sorted({prefix.partition("/")[2] for prefix in purged})))
        with story.step("both CDNs are probed, file by file") as step:
            verification = _verification(story)
            expect(verification.verified, f"{verification.mismatches}")
            story.timings["move to its verification"] = time.monotonic() - began
            step.note(f"{verification.checked} probes at {' and '.join(verification.cdns)}: SHA-256 and version match")
        story.say("The purge API answers 429 from now on. At the same time, another script writes to the bucket.")
        story.cloud.second_cdn.busy = True
        with story.step(f"latest moves to {AFTER}; the purge waits for the busy CDN") as step:
            _move(story, AFTER)
            story.until(lambda: _copied(story) == AFTER, PROPAGATED_SECONDS, "there are no copies")
            _plant(story)
            step.note(f"planted: one byte of latest/{PLANTED_IN}")
            story.cloud.second_cdn.busy = False
        with story.step("the mismatch is found, with its file") as step:
            verification = _verification(story)
            (mismatch,) = verification.mismatches or (None,)
            expect(
                mismatch is not None and mismatch.where == LATEST_COPIES,
                f"the mismatches are {verification.mismatches}",
            )
            assert mismatch is not None
            expect((mismatch.kind, mismatch.path) == (MismatchKind.BYTES, f"/{WIDGET}/{LATEST}/{PLANTED_IN}"), "not it")
            where, differs = mismatch.where.replace("_", " "), f"{mismatch.got:.12}…, not {mismatch.expected:.12}…"
            step.note(f"{where}: {mismatch.path}: SHA-256 {differs}")
        with story.step("the chat room is notified") as step:
            story.until(
                lambda: bool(_notified(room, "not served everywhere")), PROPAGATED_SECONDS, "there is no notification"
            )
            step.note(_notified(room, "not served everywhere"))
        with story.step(f"edgeship propagate {WIDGET}: the file is fixed, and verified again") as step:
            story.operator.request_deployment(WIDGET, LATEST, story.occasion("a byte was changed"))
            verification = _verification(story)
            expect(verification.verified, f"{verification.mismatches}")
            month = verification.at[:7]
            paths = story.operator.state.invalidation_paths(month)
            step.note(f"invalidation paths in {month} so far: {paths}")


def _notify_the_room(story: Story, room: ChatRoom) -> None:
    """Failed deployments go to the room, whose webhook's URL is a secret."""
    story.cloud.session().client("ssm").put_parameter(Name=SECRET, Value=room.url, Type="SecureString", Overwrite=True)
    document = {
        "destinations": {"room": {"type": "slack", "secret": f"ssm:{SECRET}"}},
        "rules": [{"to": ["room"], "events": ["Deployment Failed"]}],
    }
    story.operator.notifications(document, story.occasion("the demo listens"), dry_run=False)


def _notified(room: ChatRoom, words: str) -> str:
    """The message with these words, as its readers see it."""
    return next((str(message["text"]) for message in room.messages if words in str(message["text"])), "")


def _move(story: Story, version: str) -> None:
    story.operator.promote(WIDGET, Version.parse(version), LATEST, story.occasion("the demo goes on"))


def _verification(story: Story) -> Verification:
    """How the propagation of the last move, or of the last request, ends."""
    found: list[Verification] = []

    def is_concluded() -> bool:
        channel = story.operator.state.channel(WIDGET, LATEST)
        deployment = story.operator.state.deployment(WIDGET, LATEST)
        if deployment.sequence == channel.sequence and deployment.verification is not None:
            found.append(deployment.verification)
        return bool(found)

    story.until(is_concluded, PROPAGATED_SECONDS, "there is no verification")
    return found[0]


def _copied(story: Story) -> str | None:
    """The version of the copies under latest; the file that is copied last names it."""
    bucket, key = story.cloud.names.site_bucket, copies_prefix(WIDGET) + MANIFEST_NAME
    version: str | None = story.cloud.session().client("s3").head_object(Bucket=bucket, Key=key)["Metadata"]["version"]
    return version


def _plant(story: Story) -> None:
    """Change one byte of a copy."""
    s3, bucket, key = (
        story.cloud.session().client("s3"),
        story.cloud.names.site_bucket,
        copies_prefix(WIDGET) + PLANTED_IN,
    )
    body = bytearray(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    body[len(body) // 2] ^= 1
    s3.put_object(Bucket=bucket, Key=key, Body=bytes(body), ContentType="image/svg+xml", Metadata={"version": AFTER})
