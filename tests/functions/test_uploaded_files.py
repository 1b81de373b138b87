"""How the function that takes uploads puts their files: one request a file, which waits for no leave to send it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from edgeship.application.releases.ports import UnpackedFile
from edgeship.bootstrap.artifact_upload import build
from edgeship.domain.releases.manifest import FileEntry
from edgeship.domain.version import Version
from edgeship.settings import ArtifactUploadSettings
from tests.support.receiver import receiver

BODY = b"export const open = 1;\n"
AWS = {"AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
SETTINGS = ArtifactUploadSettings(
    environment="test", table="table", inbox_bucket="inbox", site_bucket="site", upload_threads=4
)


def test_a_file_is_sent_with_its_headers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    location = tmp_path / "widget.js"
    location.write_bytes(BODY)
    sha256 = hashlib.sha256(BODY).hexdigest()
    file, entry = UnpackedFile("widget.js", location, len(BODY), sha256, ""), FileEntry(len(BODY), sha256, "", "a/b")
    with receiver() as s3:
        s3.behaviours.append((200, {}, b""))
        for name, value in {**AWS, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{s3.port}"}.items():
            monkeypatch.setenv(name, value)
        build(SETTINGS.to_env()).accept.site.put_files("checkout", Version.parse("1.0.0"), [(file, entry)])
    (received,) = s3.received
    assert received.body == BODY
    assert "expect" not in received.headers
