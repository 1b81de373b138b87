"""A world in which everything that comes from outside is hostile: markup and script, in every text that takes one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from edgeship.application.notifications.ports import FailureQueue
from edgeship.application.transaction import Transaction
from edgeship.domain.events import timestamp
from edgeship.domain.flags.records.flag_record import FlagRecord
from edgeship.domain.propagation.deployment import Mismatch, MismatchKind
from edgeship.domain.releases.manifest import FileEntry, Manifest
from edgeship.domain.releases.rejection import Rejection
from edgeship.domain.telemetry.error_book import ErrorBook, KeptError
from edgeship.domain.version import Version
from tests.screens.scenes import verified
from tests.support.console import ConsoleWorld
from tests.support.world import World, just_live

SCRIPT = "<script>alert(1)</script>"
IMAGE = '"><img src=x onerror=alert(2)>'
QUOTES = "'-alert(3)-'{{7*7}}${7*7}</textarea></pre></title><b onclick='alert(4)'>"
CONTROL = "\x1b[31m\x00\u202e"
EVIL = " ".join((SCRIPT, IMAGE, QUOTES, CONTROL))
SURROGATE = "\ud800 lone"
FLAG = "<img src=x onerror=alert(5)>"
WIDGET = "script-alert-1-img-src-x-onerror-alert-2"
"""Its name's letters allow no more."""
FLAGS = {
    FLAG: {"key": FLAG, "variants": {IMAGE: SCRIPT, "off": EVIL}, "default_variant": "off", "description": EVIL},
    "dark": {
        "key": "dark",
        "variants": {"on": SCRIPT, "off": EVIL},
        "default_variant": "off",
        "rollout": {"variant": "on", "percentage": 50},
        "environments": [IMAGE],
    },
    "odd": {"key": "odd", "variants": EVIL, "default_variant": {"a": SCRIPT}, "rollout": EVIL, "environments": EVIL},
}
"""No validator of this version has seen the first and the last."""


def hostile() -> ConsoleWorld:
    """1.1.0 of checkout was rolled back. Its files, changelog and errors, flags, people and queues are hostile."""
    world = just_live()
    queue = FailureQueue("edgeship-test-Failures1", 2, "edgeship-test-Queue1", (EVIL, f'{{"a": "{SCRIPT}"}}'))
    found = ConsoleWorld(world, [queue])
    for version in ("1.0.0", "1.1.0"):
        _release(world, version)
        found.manifests[("checkout", version)] = _manifest(version)
        _errors(world, version)
    verified(world, mismatches=(Mismatch(IMAGE, f"/{SCRIPT}", MismatchKind.BYTES, QUOTES, CONTROL),))
    world.roll_back("checkout", "latest", None, world.occasion(IMAGE, EVIL))
    world.freeze.set("checkout", world.now + timedelta(hours=1), world.occasion(SCRIPT, QUOTES))
    world.freeze.set(None, world.now + timedelta(hours=1), world.occasion(SCRIPT, EVIL))
    world.upload("1.0.0", WIDGET)
    _delivery(found)
    _rejection(world)
    records = tuple(FlagRecord(key, flag, changed_at=timestamp(world.now)) for key, flag in FLAGS.items())
    world.state.commit(Transaction(puts=records, events=()))
    return found


def _release(world: World, version: str) -> None:
    release = world.state.release("checkout", Version.parse(version))
    assert release is not None
    evil = replace(release, git_commit=SCRIPT, registered_by=IMAGE, entrypoint=f"{SCRIPT}.js", digest=EVIL)
    world.state.commit(Transaction(puts=(evil,), events=()))


def _manifest(version: str) -> Manifest:
    entry = FileEntry(len(version), version, EVIL, EVIL)
    files = {f"{SCRIPT}.js": entry, f"{version}{IMAGE}": entry, f"{version}{QUOTES}": entry}
    changes = {"breaking": (EVIL, SCRIPT), "features": (IMAGE,), "fixes": (QUOTES, SURROGATE)}
    return Manifest("checkout", Version.parse(version), "", SCRIPT, f"{SCRIPT}.js", files, changes)


def _errors(world: World, version: str) -> None:
    at = timestamp(world.now)
    errors = tuple(
        KeptError(f"f{number}", text, 9 - number, 0, at, at, (f"{text}:1:2",))
        for number, text in enumerate((EVIL, SCRIPT, SURROGATE))
    )
    expires = int(world.now.timestamp()) + 86_400
    world.errors.stored[("checkout", Version.parse(version))] = ErrorBook(
        "checkout", Version.parse(version), errors, expires_at=expires
    )


def _delivery(found: ConsoleWorld) -> None:
    event, now = found.world.state.log[-1], found.world.now
    claim = found.deliveries.claim(event, IMAGE, SCRIPT, now, timedelta(minutes=1))
    found.deliveries.undelivered(event.event_id, IMAGE, claim, QUOTES, now)  # type: ignore[arg-type]


def _rejection(world: World) -> None:
    rejection = Rejection(
        upload_id="u1",
        widget="checkout",
        key=f"incoming/checkout/{IMAGE}.tar.gz",
        archive=SCRIPT,
        code="path_unsafe",
        reason=EVIL,
        remedy=QUOTES,
        uploaded_at=timestamp(world.now),
        uploaded_by=IMAGE,
        rejected_at=timestamp(world.now),
        etag=SCRIPT,
    )
    world.state.commit(Transaction(puts=(rejection,), events=()))
