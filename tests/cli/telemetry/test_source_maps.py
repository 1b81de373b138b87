"""The bundle, read by Sentry's own library."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

from symbolic.debuginfo import Archive

from tests.cli.command_line import CommandLine
from tests.cli.documentation import assert_as_documented
from tests.cli.pipeline import Pipeline
from tests.cli.telemetry.test_top_errors import MAP, MINIFIED, SCRIPT

DEBUG_ID = "85314830-023f-4cf1-a267-535f4e37bb17"


def manifest_of(bundle: Path) -> dict[str, Any]:
    with zipfile.ZipFile(bundle) as archive:
        assert archive.testzip() is None
        document: dict[str, Any] = json.loads(archive.read("manifest.json"))
        assert {*document["files"], "manifest.json"} == set(archive.namelist())
    return document


def test_a_bundle_has_the_scripts_with_their_maps(edgeship: CommandLine, pipeline: Pipeline, tmp_path: Path) -> None:
    chunk = SCRIPT + f"//# debugId={DEBUG_ID}\n//# sourceMappingURL=../maps/pay.js.map\n".encode()
    maps = {"maps/pay.js.map": json.dumps(MAP).encode()}
    files = {**MINIFIED, "assets/pay.js": chunk, **maps, "plain.js": b"go();", "style.css": b"a{}"}
    pipeline.ship("checkout", "1.0.0", files)
    target = tmp_path / "checkout.zip"
    done = edgeship("source-maps", "checkout", "1.0.0", "--to", str(target), "--json")
    assert done.code == 0
    assert_as_documented(done.document, "edgeship source-maps")
    at, url = "files/_/_/checkout/v1.0.0/", "~/checkout/v1.0.0/"
    known = {"debug-id": DEBUG_ID}
    assert manifest_of(target) == {
        "release": "checkout@1.0.0",
        "files": {
            f"{at}maps/pay.js.map": {"type": "source_map", "url": f"{url}maps/pay.js.map", "headers": known},
            f"{at}assets/pay.js": {
                "type": "minified_source",
                "url": f"{url}assets/pay.js",
                "headers": {"sourcemap": "../maps/pay.js.map", **known},
            },
            f"{at}plain.js": {"type": "minified_source", "url": f"{url}plain.js", "headers": {}},
            f"{at}widget.js.map": {"type": "source_map", "url": f"{url}widget.js.map", "headers": {}},
            f"{at}widget.js": {
                "type": "minified_source",
                "url": f"{url}widget.js",
                "headers": {"sourcemap": "widget.js.map"},
            },
        },
    }
    with zipfile.ZipFile(target) as archive:
        assert archive.read(f"{at}assets/pay.js") == chunk
        assert json.loads(archive.read(f"{at}widget.js.map")) == MAP
    # Sentry's library knows it as one of its bundles.
    first = target.read_bytes()  # which the library reads where it lies
    (bundle,) = Archive.from_bytes(first).iter_objects()
    assert bundle.file_format == "sourcebundle"
    assert edgeship("source-maps", "checkout", "1.0.0", "--to", str(target)).out.startswith(f"{target}: 3 scripts")
    assert target.read_bytes() == first


def test_a_release_that_is_not_there_leaves_no_file(edgeship: CommandLine, pipeline: Pipeline, tmp_path: Path) -> None:
    pipeline.ship("checkout", "1.0.0")
    done = edgeship("source-maps", "checkout", "9.9.9", "--to", str(tmp_path / "a.zip"), "--json")
    assert (done.code, done.document["error"]["code"]) == (1, "files_gone")
    assert list(tmp_path.glob("a.zip*")) == []


def test_a_folder_that_is_not_there_is_a_usage_error(edgeship: CommandLine, tmp_path: Path) -> None:
    done = edgeship("source-maps", "checkout", "1.0.0", "--to", str(tmp_path / "no" / "a.zip"), "--json")
    assert (done.code, done.document["error"]["code"]) == (2, "usage")
