"""What becomes of an upload: the bytes and headers that are served, or the reason that is kept."""

from __future__ import annotations

import base64
import hashlib
import json
import tarfile
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from edgeship.adapters.lambda_events.s3_events import ObjectCreated
from edgeship.bootstrap import artifact_upload
from edgeship.domain.events import timestamp
from edgeship.domain.releases.claim import LEASE, Claim
from edgeship.domain.releases.entry import Kind
from edgeship.domain.releases.rejection import Rejection
from edgeship.domain.releases.release import Release
from edgeship.domain.version import Version
from tests.support.bundles import WIDGET, member, tar_gz, tar_members, zipped
from tests.support.moto.aws import NAMES, Aws
from tests.support.moto.function_env import function_env

KEY = "incoming/checkout/1.0.0.tar.gz"
IMMUTABLE = "public, max-age=31536000, immutable"


def accept(aws: Aws, event: dict[str, Any], **limits: int) -> Release | Rejection:
    env = function_env("artifact_upload", aws) | {f"EDGESHIP_{k.upper()}": str(v) for k, v in limits.items()}
    return artifact_upload.build(env).accept(ObjectCreated.model_validate(event).to_upload())


@pytest.mark.parametrize(
    ("suffix", "archive"), [(".tar.gz", tar_gz(WIDGET)), (".tgz", tar_gz(WIDGET)), (".zip", zipped(WIDGET))]
)
def test_an_upload_becomes_a_release(aws: Aws, suffix: str, archive: bytes) -> None:
    release = accept(aws, aws.upload_event(f"incoming/checkout/1.0.0{suffix}", archive))
    assert isinstance(release, Release)
    site = aws.objects(NAMES.site_bucket)
    assert set(site) == {
        "checkout/v1.0.0/widget.js",
        "checkout/v1.0.0/chunk.js",
        "checkout/v1.0.0/assets/style.css",
        "checkout/v1.0.0/manifest.json",
    }
    assert site["checkout/v1.0.0/widget.js"] == {
        "body": WIDGET["widget.js"],
        "type": "text/javascript; charset=utf-8",
        "cache": IMMUTABLE,
        "metadata": {"version": "1.0.0"},
        "tags": {},
    }
    assert {o["cache"] for o in site.values()} == {IMMUTABLE}
    assert {o["metadata"]["version"] for o in site.values()} == {"1.0.0"}
    manifest = json.loads(site["checkout/v1.0.0/manifest.json"]["body"])
    assert manifest["entrypoint"] == "widget.js"
    assert manifest["created_at"] == "2026-11-23T10:00:00.000Z"
    assert manifest["files"]["chunk.js"]["sha256"] == hashlib.sha256(WIDGET["chunk.js"]).hexdigest()
    assert set(manifest["files"]) == {"widget.js", "chunk.js", "assets/style.css"}
    inbox = aws.objects(NAMES.inbox_bucket)
    assert set(inbox) == {
        f"incoming/checkout/1.0.0{suffix}",
        f"accepted/checkout/1.0.0{suffix}",
        "maps/checkout/v1.0.0/widget.js.map",
        "surfaces/checkout/v1.0.0/surface.json",
    }
    assert inbox["maps/checkout/v1.0.0/widget.js.map"]["body"] == WIDGET["widget.js.map"]
    assert inbox[f"accepted/checkout/1.0.0{suffix}"]["body"] == archive
    stored = aws.state.release("checkout", Version.parse("1.0.0"))
    assert stored is not None
    assert (stored.files, stored.entrypoint, stored.promoted_at) == (3, "widget.js", None)
    assert [item["detail_type"] for item in aws.outbox()] == ["Release Registered"]


@pytest.mark.parametrize(
    ("suffix", "archive"),
    [
        (".tgz", tar_gz({f"package/{path}": body for path, body in WIDGET.items()})),
        (
            ".zip",
            zipped({**{f"dist/{path}": body for path, body in WIDGET.items()}, "__MACOSX/dist/._widget.js": b"\0"}),
        ),
        (".zip", zipped({f"dist/{path}": body for path, body in WIDGET.items()}, None)),
    ],
)
def test_a_single_top_folder_is_taken_off(aws: Aws, suffix: str, archive: bytes) -> None:
    release = accept(aws, aws.upload_event(f"incoming/checkout/1.0.0{suffix}", archive))
    assert isinstance(release, Release)
    packed_without = accept(aws, aws.upload_event("incoming/checkout/1.0.0.tar.gz", tar_gz(WIDGET)))
    assert isinstance(packed_without, Release)
    assert packed_without.digest == release.digest


def test_same_bytes_again_are_accepted_silently(aws: Aws) -> None:
    accept(aws, aws.upload_event(KEY, tar_gz(WIDGET)))
    before = aws.items(), aws.objects(NAMES.site_bucket)
    # Packed at another time, in another format: other archive bytes, the same release.
    again = accept(aws, aws.upload_event("incoming/checkout/1.0.0.zip", zipped(WIDGET)))
    later = accept(aws, aws.upload_event(KEY, tar_gz(WIDGET, mtime=1_700_000_000)))
    assert isinstance(again, Release)
    assert isinstance(later, Release)
    assert (aws.items(), aws.objects(NAMES.site_bucket)) == before
    assert "accepted/checkout/1.0.0.zip" in aws.objects(NAMES.inbox_bucket)


def test_same_version_with_other_bytes_touches_nothing(aws: Aws) -> None:
    accept(aws, aws.upload_event(KEY, tar_gz(WIDGET)))
    before = aws.objects(NAMES.site_bucket)
    outcome = accept(aws, aws.upload_event(KEY, tar_gz({**WIDGET, "chunk.js": b"other"})))
    assert isinstance(outcome, Rejection)
    assert outcome.code == "version_exists"
    assert aws.objects(NAMES.site_bucket) == before
    assert "rejected/checkout/1.0.0.tar.gz" in aws.objects(NAMES.inbox_bucket)


def test_a_version_begun_with_other_bytes_is_not_mixed_with_these(aws: Aws) -> None:
    began = datetime.now(UTC)
    aws.state.claim("checkout", Version.parse("1.0.0"), Claim("another digest", began))
    outcome = accept(aws, aws.upload_event(KEY, tar_gz(WIDGET)))
    assert isinstance(outcome, Rejection)
    assert "started by another upload" in outcome.reason
    assert f"again after {timestamp(began + LEASE)}" in outcome.remedy
    assert aws.objects(NAMES.site_bucket) == {}


def test_a_version_begun_with_other_bytes_of_which_nothing_became_public_is_free_after_a_time(aws: Aws) -> None:
    aws.state.claim("checkout", Version.parse("1.0.0"), Claim("another digest", datetime.now(UTC) - LEASE))
    release = accept(aws, aws.upload_event(KEY, tar_gz(WIDGET)))
    assert isinstance(release, Release)
    late = aws.state.claim("checkout", release.version, Claim("another digest", datetime.now(UTC)))
    assert late.digest == release.digest


def test_a_version_with_a_public_file_never_changes_its_bytes(aws: Aws) -> None:
    aws.state.claim("checkout", Version.parse("1.0.0"), Claim("another digest", datetime.now(UTC) - LEASE))
    aws.s3.put_object(Bucket=NAMES.site_bucket, Key="checkout/v1.0.0/chunk.js", Body=b"other")
    outcome = accept(aws, aws.upload_event(KEY, tar_gz(WIDGET)))
    assert isinstance(outcome, Rejection)
    assert (outcome.code, outcome.remedy) == ("version_exists", "Publish these files under a new version.")
    assert set(aws.objects(NAMES.site_bucket)) == {"checkout/v1.0.0/chunk.js"}


@pytest.mark.parametrize(
    ("key", "archive", "code"),
    [
        ("incoming/checkout/v1.0.0.tar.gz", tar_gz(WIDGET), "version_invalid"),
        ("incoming/Checkout/1.0.0.tar.gz", tar_gz(WIDGET), "widget_invalid"),
        ("incoming/checkout/1.0.0.exe", b"MZ", "key_invalid"),
        ("incoming/readme.txt", b"hello", "key_invalid"),
        (KEY, b"not an archive", "archive_invalid"),
        (KEY, tar_gz({"../evil.js": b"x"}), "path_unsafe"),
        (KEY, tar_gz({"a.svg": b"x"}), "entrypoint_missing"),
        (KEY, tar_gz(WIDGET, {"entrypoint": "gone.js"}), "entrypoint_missing"),
        (KEY, tar_gz(WIDGET, {"entrypoint": "widget.js.map"}), "entrypoint_missing"),
        (KEY, tar_gz(WIDGET, {"widget": "other"}), "declaration_mismatch"),
        (KEY, tar_gz(WIDGET, {"version": "1.0.1"}), "declaration_mismatch"),
        (KEY, tar_gz(WIDGET, {"files": {"widget.js": {}}}), "declaration_mismatch"),
        (KEY, tar_gz(WIDGET, {"kind": "classic"}), "declaration_mismatch"),
        (KEY, tar_gz(WIDGET, {"kind": "script"}), "declaration_invalid"),
        (KEY, tar_gz(WIDGET, {"schema": 2}), "declaration_invalid"),
        (KEY, tar_gz(WIDGET, {"git_commit": "not hex"}), "declaration_invalid"),
        (KEY, tar_gz(WIDGET, {"created_at": "yesterday"}), "declaration_invalid"),
        (KEY, tar_gz({**WIDGET, "edgeship.json": b"{"}), "declaration_invalid"),
        (KEY, tar_gz(WIDGET, {"a_later_field": True}), "declaration_invalid"),
        (KEY, tar_gz(WIDGET, {"widget": "a" * 450_000}), "declaration_invalid"),
        (KEY, tar_gz(WIDGET, {"created_at": "2026-01-01T00:00:00." + "0" * 450_000 + "Z"}), "declaration_invalid"),
        (KEY, tar_members([member("\udcff" * 65_000, type=tarfile.SYMTYPE, linkname="y")]), "path_invalid"),
        (KEY, tar_members([member("x" * 65_000, type=tarfile.SYMTYPE, linkname="y")]), "entry_kind"),
        (KEY, tar_gz({"a.js": b"x", "manifest.json": b"{}", "manifest.bundler.json": b"{}"}), "path_duplicate"),
        (KEY, tar_gz({"a.js": b"x", "package.json": b"{"}), "package_invalid"),
    ],
)
def test_a_refusal_keeps_the_archive_beside_its_reason(aws: Aws, key: str, archive: bytes, code: str) -> None:
    outcome = accept(aws, aws.upload_event(key, archive))
    assert isinstance(outcome, Rejection)
    assert outcome.code == code
    kept = key.replace("incoming/", "rejected/")
    inbox = aws.objects(NAMES.inbox_bucket)
    assert inbox[kept]["body"] == archive
    reason = json.loads(inbox[f"{kept}.reason.json"]["body"])
    assert reason == outcome.to_dict()
    assert reason["code"] == code
    assert reason["archive"] == kept
    assert aws.objects(NAMES.site_bucket) == {}
    (event,) = aws.outbox()
    assert event["detail_type"] == "Release Rejected"
    assert json.loads(event["detail"])["new"] == reason
    assert aws.state.rejections(5) == [outcome]
    assert len(outcome.reason) < 2_000
    assert not [item for item in aws.items() if "CLAIM" in item["sk"]], "the version is free for the next upload"
    assert set(inbox) == {key, kept, f"{kept}.reason.json"}


@pytest.mark.parametrize(
    ("files", "declared", "entry", "imports"),
    [
        (WIDGET, None, (Kind.MODULE, False, None), ["chunk.js"]),
        ({"widget.js": b"var a;"}, None, (Kind.CLASSIC, True, None), []),
        ({"widget.js": b"var a;"}, "module", (Kind.MODULE, True, None), []),
        ({"widget.js": b"var a;", "style.css": b""}, "classic", (Kind.CLASSIC, False, "style.css"), []),
        ({"index.html": b"<p>"}, None, (Kind.HTML, True, None), []),
    ],
)
def test_a_release_knows_its_entry(
    aws: Aws, files: dict[str, bytes], declared: str | None, entry: tuple[Kind, bool, str | None], imports: list[str]
) -> None:
    release = accept(aws, aws.upload_event(KEY, tar_gz(files, {"kind": declared})))
    assert isinstance(release, Release)
    assert release.entry is not None
    assert (release.entry.kind, release.entry.alone, release.entry.style) == entry
    body = files[release.entrypoint]
    assert release.entry.integrity == f"sha256-{base64.b64encode(hashlib.sha256(body).digest()).decode()}"
    assert aws.state.release("checkout", Version.parse("1.0.0")) == replace(release, revision=1)
    manifest = json.loads(aws.objects(NAMES.site_bucket)["checkout/v1.0.0/manifest.json"]["body"])
    assert (manifest["kind"], manifest["imports"]) == (entry[0], imports)
    assert json.loads(aws.outbox()[0]["detail"])["new"]["kind"] == entry[0]


@pytest.mark.parametrize(
    ("files", "imported", "default"),
    [
        ({"widget.js": b"export const a = 1;", "lazy.js": b"import { a } from './widget.js';"}, True, False),
        ({"widget.js": b"export default 1;", "a/lazy.js": b"import a from '../widget.js';"}, True, True),
        ({"widget.js": b"export default 1;", "lazy.js": b"export * from './widget.js';"}, True, True),
        ({"widget.js": b"export {};", "lazy.js": b"f(() => import(`./widget.js`))"}, True, False),
        ({"widget.js": b"export {}; import('./widget.js')"}, True, False),
        ({"widget.js": b"import './lazy.js'; export default 1;", "lazy.js": b"export {}"}, False, True),
        ({"widget.js": b"export {}", "lazy.js": b"// import './widget.js'\nnew URL('./widget.js', a)"}, False, False),
        ({"widget.js": b"export {}", "a/lazy.js": b"import './widget.js'", "a/widget.js": b""}, False, False),
        ({"widget.js": b"export {}", "lazy.test.js": b"import './widget.js'"}, False, False),
        ({"widget.js": b"var a;", "lazy.js": b"import './widget.js'"}, False, False),
    ],
)
def test_a_release_knows_whether_its_scripts_import_its_entry(
    aws: Aws, files: dict[str, bytes], imported: bool, default: bool
) -> None:
    release = accept(aws, aws.upload_event(KEY, tar_gz(files)))
    assert isinstance(release, Release)
    assert release.entry is not None
    assert (release.entry.imported, release.entry.default_export) == (imported, default)
    assert aws.state.release("checkout", Version.parse("1.0.0")) == replace(release, revision=1)
    manifest = json.loads(aws.objects(NAMES.site_bucket)["checkout/v1.0.0/manifest.json"]["body"])
    assert (manifest["imported"], manifest["default_export"]) == (imported, default)
    assert json.loads(aws.outbox()[0]["detail"])["new"]["imported"] is imported


@pytest.mark.parametrize(
    ("files", "entrypoint", "kind", "index"),
    [
        ({"page.html": b"<h1>", "style.css": b""}, None, Kind.HTML, True),
        ({"a/page.html": b"<h1>"}, "a/page.html", Kind.HTML, False),
        ({"theme.css": b"a{}", "fonts/a.woff2": b"f"}, None, Kind.STYLE, False),
        ({"core.wasm": b"\0asm", "data.json": b"{}"}, "core.wasm", Kind.ASSET, False),
    ],
)
def test_a_widget_without_a_script(
    aws: Aws, files: dict[str, bytes], entrypoint: str | None, kind: Kind, index: bool
) -> None:
    declared = {"entrypoint": entrypoint} if entrypoint else {}
    release = accept(aws, aws.upload_event(KEY, tar_gz(files, declared)))
    assert isinstance(release, Release)
    assert release.entry is not None
    assert release.entry.kind is kind
    site = aws.objects(NAMES.site_bucket)
    assert set(site) - {"checkout/v1.0.0/"} == {f"checkout/v1.0.0/{path}" for path in (*files, "manifest.json")}
    assert ("checkout/v1.0.0/" in site) is index
    if index:
        assert site["checkout/v1.0.0/"] == site[f"checkout/v1.0.0/{release.entrypoint}"]
        assert release.files == len(files)


@pytest.mark.parametrize(
    ("limit", "value", "code"),
    [
        ("max_files", 2, "too_many_files"),
        ("max_file_bytes", 10, "file_too_large"),
        ("max_total_bytes", 60, "bundle_too_large"),
    ],
)
def test_limits_are_configurable(aws: Aws, limit: str, value: int, code: str) -> None:
    outcome = accept(aws, aws.upload_event(KEY, tar_gz(WIDGET)), **{limit: value})
    assert isinstance(outcome, Rejection)
    assert outcome.code == code


def test_a_true_declaration_goes_into_the_manifest(aws: Aws) -> None:
    declared = {
        "schema": 1,
        "widget": "checkout",
        "version": "1.0.0",
        "created_at": "2026-11-22T08:00:00Z",
        "git_commit": "0123abcdef",
        "entrypoint": "chunk.js",
        "changes": {"fixes": ["no more blinking"]},
    }
    accept(aws, aws.upload_event(KEY, tar_gz(WIDGET, declared)))
    manifest = json.loads(aws.objects(NAMES.site_bucket)["checkout/v1.0.0/manifest.json"]["body"])
    assert manifest["entrypoint"] == "chunk.js"
    assert manifest["git_commit"] == "0123abcdef"
    assert manifest["created_at"] == "2026-11-22T08:00:00Z"
    assert manifest["changes"] == {"breaking": [], "features": [], "fixes": ["no more blinking"]}
    assert "edgeship.json" not in manifest["files"]


def test_events_out_of_order_check_each_upload_by_its_own_bytes(aws: Aws) -> None:
    """A second put of one key overtakes the first: each event still means the object it was sent for."""
    good = aws.upload_event(KEY, tar_gz(WIDGET))
    bad = aws.upload_event(KEY, b"not an archive")
    assert isinstance(accept(aws, bad), Rejection)
    assert isinstance(accept(aws, good), Release)
    assert isinstance(accept(aws, bad), Rejection)
    assert len(aws.outbox()) == 2
    assert aws.objects(NAMES.site_bucket)["checkout/v1.0.0/widget.js"]["body"] == WIDGET["widget.js"]


def test_an_upload_that_is_too_large_is_not_even_fetched(aws: Aws) -> None:
    event = aws.upload_event(KEY, tar_gz(WIDGET))
    event["detail"]["object"]["size"] = 10**12
    outcome = accept(aws, event)
    assert isinstance(outcome, Rejection)
    assert outcome.code == "bundle_too_large"


def test_uploads_are_dated_by_their_event(aws: Aws) -> None:
    event = aws.upload_event("incoming/x.txt", b"x")
    upload = ObjectCreated.model_validate(event).to_upload()
    assert upload.uploaded_at == datetime(2026, 11, 23, 10, tzinfo=UTC)
    assert upload.actor == "aws:123456789012"
