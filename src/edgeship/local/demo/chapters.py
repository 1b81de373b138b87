"""The chapters of `edgeship local demo`: a small widget, examples/checkout-button, from its first release on."""

from __future__ import annotations

import io
import tarfile
import time
from dataclasses import replace

from edgeship.domain.channels.rollout import Step
from edgeship.domain.events import EventType
from edgeship.domain.naming import LATEST
from edgeship.domain.releases.rejection import Rejection
from edgeship.local.demo.example_widget import (
    ENTRYPOINT,
    SERVED_SECONDS,
    WIDGET,
    first_answer,
    public_files,
    publish,
    served,
)
from edgeship.local.demo.propagation_chapter import last_mile
from edgeship.local.demo.rollout_chapters import (
    bad_candidate,
    bad_release,
    good_candidate,
    little_worse,
    outage,
)
from edgeship.local.demo.story import Chapter, Story, expect

FIRST, SECOND, BAD = "1.0.0", "1.1.0", "1.1.1"
HOSTILE = "9.9.9"


def first_release(story: Story) -> None:
    story.say(f"edgeship policy set {WIDGET} --steps 100 --networks 0, since all browsers here have one address")
    story.operator.policy(
        WIDGET,
        lambda before: replace(before, steps=(Step(100, 0),), thresholds=replace(before.thresholds, networks=0)),
        story.occasion("no rollouts yet, and one address"),
    )
    with story.step(f"{WIDGET} {FIRST}: from a folder on disk to browsers") as step:
        publish(story, step, FIRST)
    with story.step("browsers get the bytes of the build, under an immutable path and under latest") as step:
        files = public_files(story, FIRST)
        for name, body in files.items():
            for folder in (f"v{FIRST}", LATEST):
                answer = story.get(f"/{WIDGET}/{folder}/{name}")
                expect(answer.status == 200, f"{folder}/{name} answers {answer.status}")
                expect(answer.body == body, f"{folder}/{name} has other bytes than the build")
        step.note(f"{len(files)} files, {2 * len(files)} GETs, every byte compared")
        headers = story.get(f"/{WIDGET}/v{FIRST}/{ENTRYPOINT}").headers
        step.note(f"v{FIRST}: cache-control: {headers.get('cache-control')}")
        status, headers = first_answer(story, LATEST)
        expect(headers.get("location") == f"/{WIDGET}/v{FIRST}/{ENTRYPOINT}", f"latest leads to {headers}")
        step.note(f"latest: {status} to {headers['location']}, cache-control: {headers['cache-control']}")
    with story.step("its source map is not public") as step:
        status = story.get(f"/{WIDGET}/v{FIRST}/{ENTRYPOINT}.map").status
        expect(status == 404, f"{ENTRYPOINT}.map answers {status}")
        step.note(f"GET {ENTRYPOINT}.map: 404")
    for folder in (f"v{FIRST}", LATEST, "~1"):
        story.urls[folder] = f"{story.cloud.edge_url}/{WIDGET}/{folder}/{ENTRYPOINT}"


def latest_moves(story: Story) -> None:
    for version, before in ((SECOND, FIRST), (BAD, SECOND)):
        with story.step(f"{version} goes live automatically: latest moves from {before} to {version}") as step:
            publish(story, step, version)
            expect(served(story, LATEST) == version, f"latest does not serve {version}")
    with story.step("ranges follow, and every release stays where it is") as step:
        for folder, version in (("~1", BAD), ("~1.0", FIRST), ("~1.1", BAD), (f"v{FIRST}", FIRST)):
            got = served(story, folder)
            expect(got == version, f"/{WIDGET}/{folder}/ serves {got}, not {version}")
        step.note(f"~1 is {BAD}, ~1.0 is {FIRST}, ~1.1 is {BAD}, v{FIRST} is {FIRST}")


def bad_release_rolls_back(story: Story) -> None:
    story.say(f"{BAD} shows ¥2400 as ¥24. The person on call types: edgeship rollback {WIDGET}")
    answers = 0

    def shows_the_good_one() -> bool:
        nonlocal answers
        answers += 1
        return served(story, LATEST) == SECOND

    with story.step(f"latest rolls back to {SECOND}, and browsers get its bytes") as step:
        began = time.monotonic()
        moved = story.operator.roll_back(WIDGET, LATEST, None, story.occasion("prices are wrong in Japan"))
        story.timings["rollback, written"] = time.monotonic() - began
        expect(str(moved.channel.version) == SECOND, f"latest went to {moved.channel.version}")
        story.until(shows_the_good_one, story.pace.in_browsers, f"latest does not serve {SECOND} again")
        story.timings["rollback, in browsers"] = time.monotonic() - began
        step.note(f"one conditional write, after {story.timings['rollback, written'] * 1000:.0f} ms")
        step.note(f"{answers} GETs of latest in this time, each answered with one whole release; no invalidation")
    with story.step(f"{BAD} is quarantined, and latest is locked: uploads don't move it") as step:
        (widget,) = story.operator.status(WIDGET).widgets
        (channel,) = widget.channels
        expect([str(r.version) for r in widget.quarantined] == [BAD], f"{BAD} is not quarantined")
        expect(channel.lock is not None, "latest is not locked")
        story.until(lambda: served(story, "~1") == SECOND, story.pace.in_browsers, f"~1 does not serve {SECOND} again")
        step.note(f"~1 is {SECOND} again; v{BAD} stays for pages that name it")
    with story.step("the history says who, when and why") as step:
        moves = [e for e in story.operator.state.events(WIDGET, 20) if e.type is EventType.POINTER_MOVED]
        expect(len(moves) == 4, f"there are {len(moves)} moves in the history, not 4")
        for move in reversed(moves):
            old, new = (move.old or {}).get("version") or "(nothing)", (move.new or {})["version"]
            step.note(f"{move.occurred_at}  latest {old} → {new}  {move.actor}: {move.cause}")


def hostile_archive(story: Story) -> None:
    story.say(f"Somebody puts an archive into the inbox that would write to ../../{WIDGET}/latest/{ENTRYPOINT}")
    key = f"incoming/{WIDGET}/{HOSTILE}.tar.gz"
    s3 = story.cloud.session().client("s3")
    refused: list[Rejection] = []

    def is_refused() -> bool:
        refused[:] = [r for r in story.operator.status(WIDGET).rejections if r.key == key]
        return bool(refused)

    with story.step("it is refused with a reason, and kept for analysis") as step:
        s3.put_object(Bucket=story.cloud.names.inbox_bucket, Key=key, Body=_hostile_archive())
        story.timings["refusal of a hostile archive"] = story.until(is_refused, SERVED_SECONDS, "it is not refused")
        rejection = refused[0]
        expect(rejection.code == "path_unsafe", f"it is refused as {rejection.code}")
        step.note(f"{rejection.code}: {rejection.reason} {rejection.remedy}")
        for kept in (rejection.archive, f"{rejection.archive}.reason.json"):
            s3.head_object(Bucket=story.cloud.names.inbox_bucket, Key=kept)
        step.note(f"kept at s3://{story.cloud.names.inbox_bucket}/{rejection.archive}")
    with story.step("nothing of it reached the CDN"):
        status = story.get(f"/{WIDGET}/v{HOSTILE}/{ENTRYPOINT}").status
        expect(status == 404, f"v{HOSTILE}/{ENTRYPOINT} answers {status}")
        story.until(lambda: served(story, LATEST) == SECOND, story.pace.in_browsers, f"latest is not {SECOND}")


CHAPTERS = (
    Chapter("From a folder to browsers", first_release),
    Chapter("New versions, and latest moves", latest_moves),
    Chapter("A bad release is rolled back", bad_release_rolls_back),
    Chapter("A hostile archive", hostile_archive),
    Chapter("A good release goes from 1 % to everybody", good_candidate),
    Chapter("A broken release is rolled back automatically", bad_candidate),
    Chapter("A release breaks when everybody has it, and is rolled back automatically", bad_release),
    Chapter("A release that fails a little more often is stopped by comparison", little_worse, needs_hundreds=True),
    Chapter("A backend fails for everybody, and no release is blamed", outage, needs_hundreds=True),
    Chapter("The last mile: two CDNs, a changed byte, and a notification", last_mile),
)


def _hostile_archive() -> bytes:
    out, body = io.BytesIO(), b"alert('not yours')\n"
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name in (ENTRYPOINT, f"../../{WIDGET}/latest/{ENTRYPOINT}"):
            entry = tarfile.TarInfo(name)
            entry.size = len(body)
            tar.addfile(entry, io.BytesIO(body))
    return out.getvalue()
