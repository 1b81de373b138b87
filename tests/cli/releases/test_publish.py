from __future__ import annotations

import io
import json
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from edgeship.domain.releases.claim import Claim
from edgeship.domain.version import Version
from tests.cli.command_line import CommandLine
from tests.cli.documentation import assert_as_documented
from tests.cli.loopback import cdn, serving
from tests.cli.pipeline import Pipeline
from tests.support.bundles import WIDGET, tar_gz, zipped
from tests.support.moto.aws import NAMES, Aws

CREATED = "2026-11-23T10:00:00.000Z"


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    write(folder, WIDGET)
    return folder


def write(folder: Path, files: dict[str, bytes]) -> None:
    for name, body in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(body)


def git(folder: Path, *words: str) -> str:
    identity = ["-c", "user.name=Ann", "-c", "user.email=ann@example.com", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", "-C", str(folder), *identity, *words], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def packed(aws: Aws, version: str) -> dict[str, Any]:
    """The manifest inside the archive that lies in the inbox."""
    body = aws.s3.get_object(Bucket=NAMES.inbox_bucket, Key=f"incoming/checkout/{version}.tar.gz")["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as tar:
        member = tar.extractfile("edgeship.json")
        assert member is not None
        manifest: dict[str, Any] = json.loads(member.read())
    return manifest


def arguments(dist: Path, version: str = "1.0.0", *more: str) -> tuple[str, ...]:
    return ("publish", str(dist), "--widget", "checkout", "--version", version, *more)


def test_it_puts_an_archive_with_its_manifest_into_the_inbox(edgeship: CommandLine, aws: Aws, dist: Path) -> None:
    done = edgeship(*arguments(dist, "1.0.0", "--json"))
    assert done.code == 0
    assert_as_documented(done.document, "edgeship publish")
    assert done.document["key"] == "incoming/checkout/1.0.0.tar.gz"
    assert (done.document["uploaded"], done.document["stage"]) == (True, "uploaded")
    assert done.document["urls"] == {
        "version": "https://widgets.example.com/checkout/v1.0.0/widget.js",
        "latest": "https://widgets.example.com/checkout/latest/widget.js",
    }
    manifest = packed(aws, "1.0.0")
    assert sorted(manifest["files"]) == sorted(name for name in WIDGET if not name.endswith(".map"))
    # Nothing but the inbox was touched: an uploader may do no more.
    assert aws.items() == []


def test_what_is_excluded_is_not_packed(edgeship: CommandLine, aws: Aws, dist: Path) -> None:
    (dist / "notes.txt").write_text("x")
    done = edgeship(*arguments(dist, "1.0.0", "--exclude", "*.txt", "--exclude", "*.map", "--json"))
    assert done.code == 0
    assert done.document["excluded"] == ["notes.txt", "widget.js.map"]
    assert done.document["withheld"] == []
    assert "notes.txt" not in packed(aws, "1.0.0")["files"]


def test_a_script_that_can_be_both_is_what_the_uploader_says(edgeship: CommandLine, aws: Aws, dist: Path) -> None:
    (dist / "widget.js").write_text("console.log('hello')\n")
    assert edgeship(*arguments(dist, "1.0.0", "--json")).document["kind"] == "classic"
    assert edgeship(*arguments(dist, "1.0.1", "--kind", "module", "--json")).document["kind"] == "module"
    assert [packed(aws, version)["kind"] for version in ("1.0.0", "1.0.1")] == ["classic", "module"]


def test_a_kind_that_the_script_contradicts_is_refused(edgeship: CommandLine, aws: Aws, dist: Path) -> None:
    done = edgeship(*arguments(dist, "1.0.0", "--kind", "classic", "--json"))
    assert (done.code, done.document["error"]["code"]) == (1, "declaration_mismatch")
    assert "it has an import statement" in done.err
    assert aws.objects(NAMES.inbox_bucket) == {}


def test_what_will_fail_is_said_and_published(edgeship: CommandLine, dist: Path) -> None:
    chunks = {f"chunk-{n}.js": b"1\n//# sourceMappingURL=gone.js.map\n" for n in range(7)}
    write(dist, {**chunks, "chunk.js": b"n.p='https://cdn.example.com/checkout/latest/'"})
    done = edgeship(*arguments(dist, "1.0.0", "--json"))
    assert done.code == 0
    assert_as_documented(done.document, "edgeship publish")
    assert [(w["code"], w["file"]) for w in done.document["warnings"]] == [
        ("moving_path", "chunk.js"),
        *(("source_map", name) for name in sorted(chunks)),
    ]
    lines = done.err.splitlines()
    assert lines[0] == f"warning: {done.document['warnings'][0]['text']}"
    assert (len(lines), lines[-1]) == (7, "warning: and 2 more of this kind")


def test_people_read_where_it_went(edgeship: CommandLine, dist: Path) -> None:
    done = edgeship(*arguments(dist))
    assert done.code == 0
    assert "incoming/checkout/1.0.0.tar.gz" in done.out
    assert "https://widgets.example.com/checkout/v1.0.0/widget.js" in done.out.splitlines()


def test_the_same_files_again_change_nothing(edgeship: CommandLine, aws: Aws, pipeline: Pipeline, dist: Path) -> None:
    edgeship(*arguments(dist))
    pipeline.run()
    before = aws.s3.list_object_versions(Bucket=NAMES.inbox_bucket)["Versions"]
    done = edgeship(*arguments(dist, "1.0.0", "--json"))
    assert (done.code, done.document["uploaded"]) == (0, False)
    assert aws.s3.list_object_versions(Bucket=NAMES.inbox_bucket)["Versions"] == before


def test_other_files_under_a_taken_version_are_refused(edgeship: CommandLine, dist: Path) -> None:
    edgeship(*arguments(dist))
    (dist / "widget.js").write_text("console.log('other')\n")
    done = edgeship(*arguments(dist, "1.0.0", "--json"))
    assert (done.code, done.document["error"]["code"]) == (1, "version_exists")
    assert "new version" in done.err


@pytest.fixture
def site(edgeship: CommandLine, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The environment's CDN."""
    with serving(cdn(aws)) as url:
        monkeypatch.setenv("EDGESHIP_URL", url)
        yield url


def test_waiting_ends_when_it_is_served(edgeship: CommandLine, pipeline: Pipeline, site: str, dist: Path) -> None:
    with pipeline.running():
        done = edgeship(*arguments(dist, "1.0.0", "--wait", "--json"))
    assert (done.code, done.document["stage"]) == (0, "served")
    assert done.document["urls"]["latest"] == f"{site}/checkout/latest/widget.js"
    assert done.err.splitlines()[0] == "uploaded"
    assert done.err.splitlines()[-1] == "served"


@pytest.mark.parametrize(("steps", "stage"), [("100", "served"), ("50:1h,100", "rolling_out")])
def test_what_waiting_has_shown_is_rolled_back_as_it_says(
    edgeship: CommandLine, pipeline: Pipeline, site: str, dist: Path, steps: str, stage: str
) -> None:
    """And not what a status showed before."""
    pipeline.ship("checkout", "1.0.0")
    assert edgeship("policy", "set", "checkout", "--steps", steps).code == 0
    assert edgeship("status", "checkout").code == 0
    with pipeline.running():
        done = edgeship(*arguments(dist, "1.1.0", "--wait", "--json"))
    assert done.document["stage"] == stage
    rolled_back = edgeship(*done.document["roll_back"].split()[1:])
    assert rolled_back.code == 0, rolled_back.err
    assert "expected: 1.1.0" in rolled_back.err
    releases = edgeship("releases", "checkout", "--json").document["releases"]
    assert [each["version"] for each in releases if each["quarantine"]] == ["1.1.0"]


def test_waiting_ends_when_it_waits_for_approval(
    edgeship: CommandLine, pipeline: Pipeline, site: str, dist: Path
) -> None:
    pipeline.ship("checkout", "1.0.0")
    with pipeline.running():
        done = edgeship(*arguments(dist, "2.0.0", "--wait"))
    assert done.code == 0
    assert "a major release waits for approval" in done.out
    assert "edgeship promote checkout 2.0.0" in done.out


def test_waiting_ends_when_it_is_rolled_out(edgeship: CommandLine, pipeline: Pipeline, site: str, dist: Path) -> None:
    pipeline.ship("checkout", "1.0.0")
    with pipeline.running():
        done = edgeship(*arguments(dist, "1.1.0", "--wait", "--json"))
    assert (done.code, done.document["stage"], done.document["reason"]) == (0, "rolling_out", "at 1 %")
    again = edgeship(*arguments(dist, "1.1.0", "--wait"))
    assert "served under its own path, and rolled out at 1 %\n" in again.out
    assert again.out.endswith("to watch it: edgeship status checkout\nto roll it back: edgeship rollback checkout\n")
    assert f"{site}/checkout/v1.1.0/widget.js" in again.out


def test_waiting_ends_when_it_is_refused(edgeship: CommandLine, pipeline: Pipeline, aws: Aws, dist: Path) -> None:
    # Another archive, under another key, has bound the version to other bytes.
    aws.state.claim("checkout", Version.parse("1.0.0"), Claim("other bytes"))
    with pipeline.running():
        done = edgeship(*arguments(dist, "1.0.0", "--wait", "--json"))
    assert (done.code, done.document["error"]["code"]) == (1, "version_exists")


def test_waiting_for_as_much_as_is_asked(
    edgeship: CommandLine, site: str, dist: Path, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pipeline.running():
        first = edgeship(*arguments(dist, "1.0.0", "--wait-for", "registered", "--json"))
        assert (first.code, first.document["stage"] in ("registered", "promoted", "served")) == (0, True)
        assert edgeship(*arguments(dist, "1.0.0", "--wait-for", "complete", "--json")).document["outcome"] is None
        (dist / "widget.js").write_text("import './chunk.js'; console.log('2');\n")
        waits = edgeship(*arguments(dist, "2.0.0", "--wait-for", "complete", "--json"))
    assert (waits.code, waits.document["stage"]) == (1, "waiting")


def test_waiting_gives_up(edgeship: CommandLine, site: str, dist: Path) -> None:
    done = edgeship(*arguments(dist, "1.0.0", "--wait", "--timeout", "1", "--json"))
    assert (done.code, done.document["error"]["code"]) == (3, "timeout")
    assert "incoming/checkout/1.0.0.tar.gz was uploaded but not served within 1 s" in done.err


@pytest.mark.parametrize(
    ("version", "files", "code"),
    [
        ("v1", WIDGET, "version_invalid"),
        ("1.0.0+build", WIDGET, "version_invalid"),
        ("1.0.0", {"readme.txt": b"x"}, "entrypoint_missing"),
        ("1.0.0", {"widget.js.map": b"{}"}, "empty"),
    ],
)
def test_what_the_upload_would_be_refused_for_is_refused_before(
    edgeship: CommandLine, aws: Aws, tmp_path: Path, version: str, files: dict[str, bytes], code: str
) -> None:
    write(tmp_path / "other", files)
    done = edgeship(*arguments(tmp_path / "other", version, "--json"))
    assert (done.code, done.document["error"]["code"]) == (1, code)
    assert "Contents" not in aws.s3.list_objects_v2(Bucket=NAMES.inbox_bucket)


def test_a_stated_fact_is_in_the_manifest(edgeship: CommandLine, aws: Aws, dist: Path, tmp_path: Path) -> None:
    (tmp_path / "changes.json").write_text('{"fixes": ["Works again"]}')
    done = edgeship(
        *arguments(dist, "1.0.0", "--entrypoint", "chunk.js", "--git-commit", "0" * 40),
        *("--created-at", "2026-11-23T12:00:00+02:00", "--changes", str(tmp_path / "changes.json")),
    )
    manifest = packed(aws, "1.0.0")
    assert done.code == 0
    assert manifest["entrypoint"] == "chunk.js"
    assert (manifest["git_commit"], manifest["created_at"]) == ("0" * 40, CREATED)
    assert manifest["changes"] == {"breaking": [], "features": [], "fixes": ["Works again"]}


def test_git_says_what_was_built_and_when(edgeship: CommandLine, aws: Aws, dist: Path, tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GIT_COMMITTER_DATE", "2026-11-23T11:00:00+01:00")
        git(tmp_path, "commit", "--quiet", "--allow-empty", "--message", "built")
    assert edgeship(*arguments(dist)).code == 0
    manifest = packed(aws, "1.0.0")
    assert manifest["git_commit"] == git(tmp_path, "rev-parse", "HEAD")
    assert manifest["created_at"] == CREATED


def test_without_git_the_build_has_no_commit_and_no_date(edgeship: CommandLine, aws: Aws, dist: Path) -> None:
    assert edgeship(*arguments(dist)).code == 0
    manifest = packed(aws, "1.0.0")
    assert (manifest["git_commit"], manifest["created_at"]) == (None, None)


def test_what_the_build_declares_comes_before_what_git_says(
    edgeship: CommandLine, aws: Aws, dist: Path, tmp_path: Path
) -> None:
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "commit", "--quiet", "--allow-empty", "--message", "packaging, not the build")
    (dist / "edgeship.json").write_text(json.dumps({"git_commit": "abcdef1", "created_at": CREATED}))
    assert edgeship(*arguments(dist)).code == 0
    manifest = packed(aws, "1.0.0")
    assert (manifest["git_commit"], manifest["created_at"]) == ("abcdef1", CREATED)


def test_the_date_of_a_reproducible_build(
    edgeship: CommandLine, aws: Aws, dist: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795428000")
    assert edgeship(*arguments(dist)).code == 0
    assert packed(aws, "1.0.0")["created_at"] == CREATED


@pytest.mark.parametrize(
    "more",
    [
        ("--git-commit", "HEAD"),
        ("--created-at", "yesterday"),
        ("--created-at", "2026-11-23T10:00:00"),
        ("--changes", "missing.json"),
        ("--timeout", "0"),
        ("--speed", "fast"),
    ],
)
def test_nonsense_is_a_usage_error(edgeship: CommandLine, aws: Aws, dist: Path, more: tuple[str, str]) -> None:
    done = edgeship(*arguments(dist, "1.0.0", *more, "--json"))
    assert (done.code, done.document["error"]["code"]) == (2, "usage")
    assert more[0] in done.document["error"]["reason"]
    assert "Contents" not in aws.s3.list_objects_v2(Bucket=NAMES.inbox_bucket)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("{", "is not JSON"),
        ("[]", "is not an object"),
        ('{"feature": []}', "feature"),
        ('{"features": "one"}', "not a list of texts"),
    ],
)
def test_changes_of_another_shape_are_a_usage_error(
    edgeship: CommandLine, dist: Path, tmp_path: Path, content: str, complaint: str
) -> None:
    (tmp_path / "changes.json").write_text(content)
    done = edgeship(*arguments(dist, "1.0.0", "--changes", str(tmp_path / "changes.json")))
    assert done.code == 2
    assert complaint in done.err


@pytest.mark.parametrize("made_by", ["folder", "archive"])
def test_a_manifest_of_a_bundler_is_published_under_another_name_and_that_is_said(
    edgeship: CommandLine, dist: Path, made_by: str
) -> None:
    declared = {"entrypoint": "widget.js", "files": {name: {"size": 2} for name in ("manifest.json", "widget.js")}}
    files = {"widget.js": b"1;", "manifest.json": b"{}", "edgeship.json": json.dumps(declared).encode()}
    build = dist.parent / ("build" if made_by == "folder" else "build.tgz")
    if made_by == "folder":
        write(build, files)
    else:
        build.write_bytes(tar_gz({f"package/{name}": body for name, body in files.items()}))
    done = edgeship(*arguments(build, "1.0.0", "--json"))
    assert (done.code, done.document["files"]) == (0, 2)
    assert_as_documented(done.document, "edgeship publish")
    assert done.document["renamed"] == [{"file": "manifest.json", "published_as": "manifest.bundler.json"}]
    said = edgeship(*arguments(build, "1.0.0", "--dry-run")).out
    assert "manifest.json is published as manifest.bundler.json" in said


NAMED = {"name": "@acme/Checkout.Button", "version": "2.1.0", "unpkg": "dist/app.min.js"}


@pytest.mark.parametrize("place", ["dist/package.json", "package.json"])
def test_a_package_names_the_widget_and_the_version(edgeship: CommandLine, dist: Path, place: str) -> None:
    (dist.parent / place).write_text(json.dumps(NAMED))
    done = edgeship("publish", str(dist), "--json")
    assert (done.code, done.document["key"]) == (0, "incoming/checkout-button/2.1.0.tar.gz")
    source = str(dist.parent / place)
    assert (done.document["widget_from"], done.document["version_from"]) == (source, source)
    again = edgeship("publish", str(dist), "--version", "2.1.0")
    assert f"widget checkout-button: from {source}" in again.out.splitlines()
    assert "version 2.1.0" not in again.out


def test_a_package_of_the_folder_around_names_what_nothing_inside_names(edgeship: CommandLine, dist: Path) -> None:
    (dist.parent / "package.json").write_text(json.dumps(NAMED))
    (dist / "package.json").write_text('{"type": "module"}')
    write(dist, {"app.js": b"1", "app.min.js": b"1"})
    assert edgeship("publish", str(dist), "--dry-run", "--json").document["entrypoint"] == "widget.js"
    (dist / "widget.js").unlink()
    done = edgeship("publish", str(dist), "--dry-run", "--json")
    assert (done.document["widget"], done.document["entrypoint"]) == ("checkout-button", "app.min.js")
    (dist / "package.json").write_text('{"name": "of-its-own"}')
    done = edgeship("publish", str(dist), "--json")
    assert (done.code, "--version is missing" in done.err) == (2, True)


@pytest.mark.parametrize(
    ("package", "code", "said"),
    [
        (None, 2, "--widget is missing, and no package.json says it."),
        ({"name": "checkout"}, 2, "--version is missing, and no package.json says it."),
        ({"name": "health", "version": "1.0.0"}, 1, "Widget name 'health' is reserved"),
        ({"name": "checkout", "version": "1.0"}, 1, "Version '1.0' is not SemVer"),
        ({"name": "checkout", "version": "1.0.0+build.7"}, 1, "carries build metadata"),
    ],
)
def test_a_package_that_names_no_release_is_refused(
    edgeship: CommandLine, aws: Aws, dist: Path, package: dict[str, str] | None, code: int, said: str
) -> None:
    if package is not None:
        (dist / "package.json").write_text(json.dumps(package))
    done = edgeship("publish", str(dist), "--json")
    assert (done.code, said in done.err) == (code, True)
    assert ("package.json" in done.err, "--" in done.err) == (True, True)
    assert aws.objects(NAMES.inbox_bucket) == {}


def test_a_package_that_is_no_json_counts_only_where_it_is_needed(edgeship: CommandLine, dist: Path) -> None:
    (dist.parent / "package.json").write_text("{")
    assert edgeship(*arguments(dist)).code == 0
    assert edgeship("publish", str(dist), "--json").document["error"]["code"] == "package_invalid"


@pytest.mark.parametrize("pack", [tar_gz, zipped])
def test_an_archive_is_published_as_its_folder_is(
    edgeship: CommandLine, aws: Aws, dist: Path, tmp_path: Path, pack: Callable[..., bytes]
) -> None:
    files = {**WIDGET, "package.json": json.dumps(NAMED).encode()}
    archive = tmp_path / ("checkout.zip" if pack is zipped else "checkout.tgz")
    archive.write_bytes(pack({f"package/{name}": body for name, body in files.items()}))
    write(dist, files)
    by_folder = edgeship("publish", str(dist), "--dry-run", "--json").document
    done = edgeship("publish", str(archive), "--json")
    assert (done.code, done.document["digest"]) == (0, by_folder["digest"])
    assert done.document["version_from"] == f"{archive}: package.json"
    assert done.document["key"] == "incoming/checkout-button/2.1.0.tar.gz"


def test_an_archive_is_held_to_the_rules_for_uploads(edgeship: CommandLine, tmp_path: Path) -> None:
    hostile = tmp_path / "hostile.tgz"
    hostile.write_bytes(tar_gz({"../widget.js": b"1"}))
    notes = tmp_path / "notes.txt"
    notes.write_text("1")
    # Beside an archive there is nothing of its own.
    (tmp_path / "package.json").write_text(json.dumps(NAMED))
    bare = tmp_path / "bare.tgz"
    bare.write_bytes(tar_gz({"widget.js": b"1"}))
    assert edgeship(*arguments(hostile, "1.0.0", "--json")).document["error"]["code"] == "path_unsafe"
    assert edgeship(*arguments(notes, "1.0.0", "--json")).document["error"]["code"] == "archive_invalid"
    assert edgeship("publish", str(bare)).code == 2


def test_a_folder_that_is_not_there_is_a_usage_error(edgeship: CommandLine, tmp_path: Path) -> None:
    assert edgeship(*arguments(tmp_path / "nowhere")).code == 2


def test_a_dry_run_shows_the_bundle_and_uploads_nothing(
    edgeship: CommandLine, aws: Aws, dist: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EDGESHIP_ENV")
    monkeypatch.setattr("edgeship.cli.context.target", None)
    done = edgeship(*arguments(dist, "1.0.0", "--dry-run", "--exclude", "assets/", "--json"))
    assert done.code == 0
    assert done.document["files"] == {name: len(WIDGET[name]) for name in ("chunk.js", "widget.js")}
    assert (done.document["entrypoint"], done.document["kind"]) == ("widget.js", "module")
    assert done.document["withheld"] == ["widget.js.map"]
    assert done.document["excluded"] == ["assets/"]
    assert aws.objects(NAMES.inbox_bucket) == {}
    said = edgeship(*arguments(dist, "1.0.0", "--dry-run")).out
    for line in ("would be uploaded: 3 files", "entrypoint: widget.js (module)", "nothing was uploaded"):
        assert line in said


def test_a_dry_run_refuses_what_an_upload_would_be_refused_for(edgeship: CommandLine, dist: Path) -> None:
    write(dist, {"WIDGET.js": b"export {}"})
    done = edgeship(*arguments(dist, "1.0.0", "--dry-run", "--json"))
    assert done.code == 1
    assert done.document["error"]["code"] == "path_duplicate"
