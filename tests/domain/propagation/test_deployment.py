"""What is probed after a deployment, what counts as a mismatch, and how the verification is kept."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeship.domain.channels.channel import Channel
from edgeship.domain.events import Event, EventType, Occasion
from edgeship.domain.propagation.deployment import (
    MISMATCHES_KEPT,
    Deployment,
    Mismatch,
    MismatchKind,
    Verification,
    conclude,
    latest_copies_folders,
    moving_folders,
    versions_passed,
)
from edgeship.domain.propagation.probe import SAMPLE, Answer, Decision, Probe, mismatch_of, probes_of, sample
from edgeship.domain.releases.manifest import FileEntry, Manifest
from edgeship.domain.version import Version

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
WHO = Occasion("test", "edgeship:propagation", "moved", NOW)
V1, V2 = Version.parse("1.4.1"), Version.parse("1.4.2")


def manifest(version: Version, *files: str, sha256: str = "aa") -> Manifest:
    entries = {file: FileEntry(1, f"{sha256} {file}", "", "text/javascript") for file in ("widget.js", *files)}
    return Manifest("checkout", version, "", None, "widget.js", entries)


def channel(name: str = "latest", version: Version = V2, sequence: int = 12) -> Channel:
    return Channel("checkout", name, version, sequence=sequence)


def test_the_entrypoint_is_probed_wherever_it_is_the_version() -> None:
    probes = probes_of(channel(), manifest(V2, "a.css"), {"1": "1.4.2", "1.4": "1.4.2", "1.3": "1.3.9"})
    assert [probe.path for probe in probes] == [
        "/checkout/latest/widget.js",
        "/checkout/~1/widget.js",
        "/checkout/~1.4/widget.js",
        "/checkout/v1.4.2/widget.js",
        "/checkout/latest/a.css",
    ]
    assert probes[-1].file == "a.css"
    assert probes_of(channel("beta"), manifest(V2), {})[0].path == "/checkout/~beta/widget.js"


@given(count=st.integers(0, 60), salts=st.tuples(st.text(), st.text()))
def test_a_sample_is_the_same_for_the_same_move(count: int, salts: tuple[str, str]) -> None:
    files = [f"chunk-{number}.js" for number in range(count)]
    for salt in salts:
        chosen = sample(manifest(V2, *files), salt)
        assert chosen == sample(manifest(V2, *reversed(files)), salt)
        assert len(chosen) == len(set(chosen)) == min(count, SAMPLE)
        assert set(chosen) <= set(files)


def test_over_time_every_file_is_probed() -> None:
    release = manifest(V2, *(f"chunk-{number}.js" for number in range(100)))
    seen = {file for move in range(60) for file in sample(release, f"latest/{move}")}
    assert len(seen) == 100


PROBE = Probe("/checkout/latest/a.css", "a.css")


@pytest.mark.parametrize(
    ("answer", "also_served", "kind"),
    [
        (Answer(200, "1.4.2", "aa a.css"), [], None),
        (Answer(200, "1.4.2", "bb a.css"), [], MismatchKind.BYTES),
        (Answer(200, "1.4.1", "old a.css"), [], MismatchKind.VERSION),
        (Answer(200, "", "aa a.css"), [], MismatchKind.VERSION),
        (Answer(404, "", ""), [], MismatchKind.STATUS),
        (Answer(503, "", ""), [], MismatchKind.STATUS),
        # A rollout, or a flag, may serve another version: then its own bytes, or its own lack of the file, are right.
        (Answer(200, "1.4.1", "old a.css"), [manifest(V1, "a.css", sha256="old")], None),
        (Answer(200, "1.4.1", "aa a.css"), [manifest(V1, "a.css", sha256="old")], MismatchKind.BYTES),
        (Answer(404, "", ""), [manifest(V1)], None),
        (Answer(200, "1.4.1", "aa a.css"), [manifest(V1)], MismatchKind.VERSION),
        (Answer(503, "", ""), [manifest(V1)], MismatchKind.STATUS),
    ],
)
def test_what_counts_as_a_mismatch(answer: Answer, also_served: list[Manifest], kind: MismatchKind | None) -> None:
    found = mismatch_of("cloudfront", PROBE, answer, manifest(V2, "a.css"), also_served)
    assert (found.kind if found else None) == kind
    if found:
        assert (found.where, found.path) == ("cloudfront", PROBE.path)


def decision(version: str = "1.4.2", file: str = "a.css", **more: Any) -> Decision:
    location = f"/checkout/v{version}/{file}"
    return replace(Decision(version, location, "*", "public, max-age=300"), **more)


STUB = f'(()=>{{}})("https://cdn.example","/checkout/v1.4.2/a.css","sha256-{b64encode(bytes([0xAA] * 32)).decode()}")'
OLD = manifest(V1, "a.css", sha256="old")


@pytest.mark.parametrize(
    ("answer", "also_served", "kind", "got"),
    [
        (Answer(200, "1.4.2", "aa" * 32, decision()), [], None, ""),
        (Answer(200, "1.4.2", "aa" * 32, decision(script=STUB)), [], None, ""),
        (
            Answer(200, "1.4.2", "aa" * 32, decision(script=STUB[:-9] + '="),')),
            [],
            MismatchKind.BYTES,
            "another script",
        ),
        (Answer(200, "1.4.2", "bb", decision()), [], MismatchKind.BYTES, "bb"),
        (Answer(200, "1.4.1", "old a.css", decision("1.4.1")), [], MismatchKind.VERSION, "1.4.1"),
        (Answer(200, "1.4.1", "old a.css", decision("1.4.1")), [OLD], None, ""),
        # Its headers say one version, and it leads to another, or to another file.
        (
            Answer(200, "1.4.1", "old a.css", decision(location="/checkout/v1.4.1/a.css")),
            [OLD],
            MismatchKind.VERSION,
            "/checkout/v1.4.1/a.css",
        ),
        (
            Answer(200, "1.4.2", "aa", decision(file="b.css")),
            [],
            MismatchKind.VERSION,
            "/checkout/v1.4.2/b.css",
        ),
        (Answer(200, "1.4.2", "aa" * 32, decision(allow_origin="")), [], MismatchKind.HEADERS, "none"),
        (
            Answer(200, "1.4.2", "aa" * 32, decision(cache_control="max-age=14400")),
            [],
            MismatchKind.HEADERS,
            "max-age=14400",
        ),
        # Only the version that it chose may lack the file.
        (Answer(404, "", "", decision()), [manifest(V1)], MismatchKind.STATUS, "404"),
        (Answer(404, "", "", decision("1.4.1")), [manifest(V1)], None, ""),
    ],
)
def test_what_counts_as_a_mismatch_of_a_decision(
    answer: Answer, also_served: list[Manifest], kind: MismatchKind | None, got: str
) -> None:
    release = replace(manifest(V2, "a.css"), files={"a.css": FileEntry(1, "aa" * 32, "", "text/css")})
    found = mismatch_of("cloudfront", PROBE, answer, release, also_served, "public, max-age=300")
    assert (found.kind if found else None) == kind
    if found:
        assert found.got == got
        if kind is MismatchKind.VERSION:
            assert "1.4.2" in found.expected


@pytest.mark.parametrize(
    ("default", "script", "got"),
    [
        (False, 'export * from "/checkout/v1.4.2/my%20widget.js";\n', None),
        (False, 'export * from "/checkout/v1.4.1/my%20widget.js";\n', "another script"),
        (False, STUB, "another script"),
        (True, 'export * from "/checkout/v1.4.2/my%20widget.js";\n', "another script"),
        (
            True,
            'export * from "…";\nexport { default } from "/checkout/v1.4.2/my%20widget.js";\n',
            None,
        ),
        # A router that was deployed before redirects.
        (True, None, None),
    ],
)
def test_the_module_that_stands_for_an_entrypoint_that_is_imported(
    default: bool, script: str | None, got: str | None
) -> None:
    entries = {"my widget.js": FileEntry(1, "aa" * 32, "", "text/javascript")}
    release = replace(manifest(V2), entrypoint="my widget.js", files=entries, imported=True, default_export=default)
    answer = Answer(200, "1.4.2", "aa" * 32, decision(file="my widget.js", script=script))
    probe = Probe("/checkout/latest/my widget.js", "my widget.js")
    found = mismatch_of("cloudfront", probe, answer, release, [], "public, max-age=300")
    assert (found.got if found else None) == got


def test_the_folders_that_move() -> None:
    assert moving_folders(channel(), (), None) == ("/checkout/latest/",)
    assert moving_folders(channel("beta"), (V1, V2), None) == ("/checkout/~1/", "/checkout/~1.4/", "/checkout/~beta/")
    assert moving_folders(channel(), (V1,), "checkout") == (
        "/checkout/latest/",
        "/checkout/~1/",
        "/checkout/~1.4/",
        "/latest/",
        "/~1/",
        "/~1.4/",
    )
    assert latest_copies_folders(channel(), None) == ("/_latest/checkout/", "/checkout/latest/")
    assert latest_copies_folders(channel("beta"), None) == ()


def moved(number: int, old: str | None, new: str, name: str = "latest") -> Event:
    before = {"channel": name, "version": old, "sequence": number - 1}
    after = {"channel": name, "version": new, "sequence": number}
    return Event.of(EventType.POINTER_MOVED, WHO, "checkout", (name, number), before, after)


def test_the_versions_that_a_channel_has_passed() -> None:
    history = [
        moved(3, "2.0.0", "1.4.2"),
        moved(9, None, "0.1.0", name="beta"),
        moved(2, "1.4.1", "2.0.0"),
        moved(1, None, "1.4.1"),
    ]
    assert {str(v) for v in versions_passed(history, channel(), 2)} == {"2.0.0", "1.4.2"}
    assert {str(v) for v in versions_passed(history, channel(), 0)} == {"1.4.1", "2.0.0", "1.4.2"}
    assert list(versions_passed(history, channel(), 3)) == []


def verification(*mismatches: Mismatch) -> Verification:
    return Verification("2026-11-23T10:00:00.000Z", ("cloudfront", "cloudflare"), 14, mismatches)


def mismatch(number: int = 0, kind: MismatchKind = MismatchKind.BYTES) -> Mismatch:
    return Mismatch("latest_copies", f"/checkout/latest/{number}.js", kind, "aa", "bb")


def test_a_verification_and_its_event() -> None:
    start = Deployment("checkout", "latest", revision=4).of(channel())
    concluded, event = conclude(start, channel(), verification(), WHO)
    assert event.type is EventType.DEPLOYMENT_VERIFIED
    assert event.cause == "latest is 1.4.2 at cloudfront and cloudflare: 14 probes"
    assert (concluded.sequence, concluded.version, concluded.revision) == (12, V2, 4)
    failed, failure = conclude(start, channel(), verification(*(mismatch(n) for n in range(99))), WHO)
    assert failure.type is EventType.DEPLOYMENT_FAILED
    assert failure.cause == (
        "latest is not 1.4.2 everywhere: latest copies: /checkout/latest/0.js has bytes bb, not aa, and 98 more"
    )
    assert failed.verification is not None
    assert failure.new is not None
    assert len(failed.verification.mismatches) == len(failure.new["mismatches"]) == MISMATCHES_KEPT
    assert failure.event_id == conclude(start, channel(), verification(mismatch()), replace(WHO, at=NOW))[1].event_id


@pytest.mark.parametrize("kind", MismatchKind)
def test_a_verification_is_kept_whole_and_only_what_browsers_get_condemns(kind: MismatchKind) -> None:
    found = verification(mismatch(kind=kind))
    assert Verification.from_dict(found.to_dict()) == found
    assert found.mismatches[0].condemns == (kind in (MismatchKind.BYTES, MismatchKind.VERSION, MismatchKind.STATUS))


def test_a_deployment_of_the_next_move_remembers_the_last_that_was_verified() -> None:
    first = Deployment("checkout", "latest", 3, V1, counted=True, verification=verification(), revision=2)
    second = first.of(channel(sequence=4))
    assert (second.sequence, second.settled, second.counted, second.verification) == (4, 3, False, None)
    third = second.of(channel(sequence=5))
    assert (third.sequence, third.settled) == (5, 3)
    assert first.of(channel(sequence=3)) == first
