"""An SBOM goes along in private, and comes out again."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest

from tests.adapters.sbom.test_lock_files import LOCKS
from tests.cli.command_line import CommandLine
from tests.cli.documentation import assert_as_documented
from tests.cli.pipeline import Pipeline
from tests.cli.releases.test_publish import write
from tests.support.bundles import WIDGET
from tests.support.moto.aws import NAMES, Aws

LOCK = str(LOCKS / "pnpm-9" / "pnpm-lock.yaml")
NAMED = ("--widget", "checkout", "--version", "1.0.0")


@pytest.fixture
def dist() -> Path:
    write(Path("dist"), WIDGET)
    return Path("dist")


def test_it_is_kept_with_the_release_and_is_never_public(
    edgeship: CommandLine, aws: Aws, pipeline: Pipeline, dist: Path
) -> None:
    assert edgeship("publish", "dist", *NAMED, "--sbom", LOCK).code == 0
    pipeline.run()
    done = edgeship("sbom", "checkout", "1.0.0", "--to", "checkout.cdx.json", "--json")
    assert done.code == 0, done.err
    assert_as_documented(done.document, "edgeship sbom")
    document = json.loads(Path("checkout.cdx.json").read_text())
    assert (document["specVersion"], len(document["components"]), done.document["components"]) == ("1.6", 7, 7)
    assert not [key for key in aws.objects(NAMES.site_bucket) if "sbom" in key]
    assert "7 components" in edgeship("sbom", "checkout", "1.0.0", "--to", "checkout.cdx.json").out


def test_the_archive_has_it_and_keeps_it_when_it_is_packed_again(bare: CommandLine, dist: Path) -> None:
    (dist / "package.json").write_text('{"name": "checkout", "version": "1.0.0", "files": ["*.js", "*.css"]}')
    done = bare("artifact", "dist", *NAMED, "--sbom", LOCK, "-o", "a.tgz", "--json")
    assert done.code == 0, done.err
    assert (done.document["sbom"], ".edgeship/sbom.cdx.json" in done.document["withheld"]) == (
        ".edgeship/sbom.cdx.json",
        True,
    )
    with tarfile.open(fileobj=io.BytesIO(Path("a.tgz").read_bytes())) as tar:
        assert ".edgeship/sbom.cdx.json" in tar.getnames()
    again = bare("artifact", "a.tgz", "-o", "b.tgz", "--json")
    assert again.document["archive_sha256"] == done.document["archive_sha256"]


def test_a_release_without_one_says_so(edgeship: CommandLine, pipeline: Pipeline) -> None:
    pipeline.ship("checkout", "1.0.0")
    done = edgeship("sbom", "checkout", "1.0.0", "--to", "a.json", "--json")
    assert (done.code, done.document["error"]["code"]) == (1, "sbom_missing")
    assert edgeship("sbom", "checkout", "1.0.0", "--to", "no/a.json").code == 2
    assert not Path("a.json").exists()


def test_a_lock_file_that_can_not_be_read_packs_nothing(bare: CommandLine, dist: Path) -> None:
    done = bare("artifact", "dist", *NAMED, "--sbom", "dist/widget.js", "-o", "a.tgz", "--json")
    assert (done.code, done.document["error"]["code"]) == (1, "lock_invalid")
    assert not Path("a.tgz").exists()


def test_without_the_extra_it_says_what_to_install(
    bare: CommandLine, dist: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "edgeship.bootstrap.commands.sbom", None)
    done = bare("artifact", "dist", *NAMED, "--sbom", LOCK, "--json")
    assert (done.code, "edgeship[sbom]" in done.document["error"]["remedy"]) == (2, True)
