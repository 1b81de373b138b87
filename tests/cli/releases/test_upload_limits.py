"""`publish` checks by the limits of the environment's stack, which it reads with an uploader's permissions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from edgeship.domain.releases.limits import Limits
from tests.cli.command_line import CommandLine
from tests.support.moto.aws import NAMES, Aws
from tests.support.moto.sessions import kept_session


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    (tmp_path / "dist").mkdir()
    for name in ("widget.js", "a.js", "b.js"):
        (tmp_path / "dist" / name).write_bytes(b"export {}\n" * 100)
    return tmp_path / "dist"


@pytest.fixture
def ssm(aws: Aws) -> Any:
    return kept_session().client("ssm")


def say(ssm: Any, value: str) -> None:
    ssm.put_parameter(Name=NAMES.upload_limits, Value=value, Type="String", Overwrite=True)


@pytest.mark.parametrize("more", [(), ("--dry-run",)])
@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (Limits(files=2), "too_many_files"),
        (Limits(file_bytes=999), "file_too_large"),
        (Limits(total_bytes=2_999), "bundle_too_large"),
        (Limits(files=3, file_bytes=1_000, total_bytes=3_000), None),
    ],
)
def test_the_limits_of_the_stack_count(
    edgeship: CommandLine, aws: Aws, ssm: Any, dist: Path, limits: Limits, code: str | None, more: tuple[str, ...]
) -> None:
    say(ssm, json.dumps({**limits.to_dict(), "added_later": "x"}))
    done = edgeship("publish", str(dist), "--widget", "w", "--version", "1.0.0", "--json", *more)
    assert done.document.get("error", {}).get("code") == code
    assert done.code == (1 if code else 0)
    if code:
        assert "upload_limits" in done.document["error"]["remedy"]
    assert bool(aws.objects(NAMES.inbox_bucket)) == (not code and not more)


@pytest.mark.parametrize("value", [None, "{", "[]", '{"files": 0}', '{"files": "many"}'])
@pytest.mark.parametrize("more", [(), ("--dry-run",)])
def test_where_they_cant_be_read_the_defaults_count_and_it_says_so(
    edgeship: CommandLine, aws: Aws, ssm: Any, dist: Path, value: str | None, more: tuple[str, ...]
) -> None:
    if value is None:
        ssm.delete_parameter(Name=NAMES.upload_limits)
    else:
        say(ssm, value)
    done = edgeship("publish", str(dist), "--widget", "w", "--version", "1.0.0", *more)
    assert done.code == 0
    assert "the limits of this environment can't be read, so the defaults were checked" in done.err


def test_a_dry_run_without_credentials_says_so(
    edgeship: CommandLine, dist: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from botocore.exceptions import NoCredentialsError

    def no_credentials(*_: object) -> None:
        raise NoCredentialsError

    monkeypatch.setattr("edgeship.cli.context.target", no_credentials)
    done = edgeship("publish", str(dist), "--widget", "w", "--version", "1.0.0", "--dry-run")
    assert done.code == 0
    assert "can't be read" in done.err
