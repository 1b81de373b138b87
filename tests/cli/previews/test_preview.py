"""edgeship publish --preview, preview list and preview remove, on moto."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.cli.command_line import CommandLine
from tests.cli.documentation import assert_as_documented
from tests.support.crash.scenes.actors import accept_preview
from tests.support.moto.aws import NAMES, Aws


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    folder.mkdir()
    (folder / "widget.js").write_text("export const open = 1;\n")
    return folder


def publish(edgeship: CommandLine, aws: Aws, dist: Path, *words: str) -> str:
    """Publish without a wait, and let the function take the upload; its key."""
    done = edgeship("publish", str(dist), "--widget", "checkout", "--preview", "pr-1", *words, "--json")
    assert done.code == 0, done.err
    key = str(done.document["key"])
    body = aws.s3.get_object(Bucket=NAMES.inbox_bucket, Key=key)["Body"].read()
    now = datetime.now(UTC)
    event = aws.upload_event(key, body)
    accept_preview(aws, {**event, "time": now.isoformat()}, at=now)
    return key


def test_a_preview_is_published_listed_and_removed(
    edgeship: CommandLine, aws: Aws, dist: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGESHIP_PREVIEW_URL", "https://d2.cloudfront.net/")
    assert "no preview is served" in edgeship("preview", "list").out
    key = publish(edgeship, aws, dist, "--ttl", "12h")
    assert key.startswith("incoming/checkout/previews/pr-1/43200/")
    for widget in ((), ("checkout",)):
        listed = edgeship("preview", "list", *widget, "--json").document
        (found,) = listed["previews"]
        assert (found["preview"], found["files"]) == ("pr-1", 1)
        assert found["url"] == "https://d2.cloudfront.net/checkout/preview/pr-1/widget.js"
    assert edgeship("releases", "checkout").out.count("0.0.0") == 0
    removed = edgeship("preview", "remove", "checkout", "pr-1", "--json")
    assert_as_documented(removed.document, "edgeship preview remove")
    again = edgeship("preview", "remove", "checkout", "pr-1", "--json")
    assert (again.code, again.document["error"]["code"]) == (1, "preview_missing")


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("--ttl", "7d"), "no --preview"),
        (("--comment-file", "c.md"), "no --preview"),
        (("--preview", "pr-1", "--version", "1.0.0"), "--version is of a release"),
        (("--preview", "pr-1", "--dry-run"), "--dry-run"),
        (("--preview", "pr-1", "--comment-file", "c.md"), "nothing waits"),
    ],
)
def test_options_that_do_not_go_together(edgeship: CommandLine, dist: Path, words: tuple[str, ...], text: str) -> None:
    done = edgeship("publish", str(dist), "--widget", "checkout", *words)
    assert done.code == 2
    assert text in done.err


@pytest.mark.parametrize(("words", "code"), [(("PR",), "preview_invalid"), (("pr-1", "--ttl", "31d"), "ttl_invalid")])
def test_what_names_no_preview_is_refused_before_an_upload(
    edgeship: CommandLine, aws: Aws, dist: Path, words: tuple[str, ...], code: str
) -> None:
    done = edgeship("publish", str(dist), "--widget", "checkout", "--preview", *words, "--json")
    assert (done.code, done.document["error"]["code"]) == (1, code)
    assert aws.objects(NAMES.inbox_bucket) == {}
