"""The zip's content with nothing else on the path, and the budgets of the edge."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.bench import edge as bench
from tests.edge.certificates import Authority
from tests.edge.fake_s3 import ACCESS_KEY, SECRET_KEY, FakeS3
from tests.edge.ofrep_request import flags_body
from tests.edge.zip_layout import CONFIG, import_closure, lay_out, zip_up
from tests.support.repository import ROOT

MOST_MODULES, MOST_SOURCE_BYTES = 90, 96_000

FLAGS_PATH = f"/{CONFIG['bucket']}/{CONFIG['flags_key']}"

DRIVER = """
import json, sys
sys.path.insert(0, sys.argv[1])
from functions.edge.handler import handler
imported = set(sys.modules)
outcome = handler(json.load(sys.stdin), None)
print(json.dumps({
    "outcome": outcome,
    "modules": sorted(imported),
    "late": sorted(set(sys.modules) - imported),
}))
"""


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lay_out(tmp_path_factory.mktemp("layout"))


@pytest.fixture(params=["http", "https"])
def endpoint(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[FakeS3, dict[str, str]]]:
    """A fake S3 and the environment that leads to it."""
    authority = Authority("Amazon Root CA 1")
    (tmp_path / "trusted.pem").write_bytes(authority.pem)
    tls = authority.server_context("localhost", tmp_path) if request.param == "https" else None
    with FakeS3(tls) as server:
        yield (
            server,
            {
                "AWS_ENDPOINT_URL_S3": f"{request.param}://localhost:{server.port}",
                "AWS_ACCESS_KEY_ID": ACCESS_KEY,
                "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
                "SSL_CERT_FILE": str(tmp_path / "trusted.pem"),
            },
        )


def test_the_zip_serves_with_nothing_else_on_the_path(
    layout: Path, endpoint: tuple[FakeS3, dict[str, str]], tmp_path: Path
) -> None:
    server, env = endpoint
    server.objects[FLAGS_PATH] = flags_body({"on": {"variants": {"on": True}, "default_variant": "on"}})
    event = (ROOT / "events/aws.cloudfront.viewer-request.json").read_text()
    run = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", DRIVER, str(layout)],
        input=event,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=env,
        check=True,
    )
    assert run.stderr == ""
    report: dict[str, Any] = json.loads(run.stdout)
    assert report["outcome"]["status"] == "200"
    assert [flag["value"] for flag in json.loads(report["outcome"]["body"])["flags"]] == [True]
    # Else the import time that the budget bounds would not be all of it.
    assert report["late"] == []
    foreign = {name.partition(".")[0] for name in report["modules"]} - sys.stdlib_module_names
    assert foreign - {"sitecustomize"} == {"__main__", "edgeship", "functions"}
    costly = {"dataclasses", "http", "logging", "pathlib", "threading", "typing", "urllib"}
    assert costly.isdisjoint(report["modules"])


def test_the_zip_carries_evaluation_and_its_own_folder() -> None:
    carried = {path for path in import_closure("functions.edge.handler") if not path.startswith("functions/edge/")}
    flags = {path for path in carried if path.startswith("edgeship/domain/flags/")}
    assert carried - flags == {
        "edgeship/__init__.py",
        "edgeship/domain/__init__.py",
        "edgeship/domain/bucketing.py",
        "edgeship/domain/edge/__init__.py",
        "edgeship/domain/edge/freshness.py",
        "functions/__init__.py",
    }
    assert "edgeship/domain/flags/evaluation/compile_flags.py" in flags
    assert not [path for path in flags if "validate" in path or "snapshot_entry" in path]


AT_IMPORT = (
    "import sys; sys.path.insert(0, sys.argv[1])\n"
    "import json, socket, ssl, hashlib, hmac, binascii, time\n"
    "seen = []\n"
    "sys.addaudithook(lambda event, args: seen.append((event, str(args[0]))))\n"
    "import functions.edge.handler as handler\n"
)


def test_a_faulty_installation_is_imported_and_connects_to_nothing(layout: Path) -> None:
    program = AT_IMPORT + (
        "opened = [p.rpartition('/')[2] for e, p in seen if e == 'open' and not p.endswith(('.py', '.pyc'))]\n"
        "print([e for e, _ in seen if e.startswith('socket.')], opened)\n"
    )
    run = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", program, str(layout)],
        capture_output=True,
        text=True,
        check=True,
        env={},
    )
    assert (run.stdout, run.stderr) == ("[] ['config.json']\n", "")


def test_flags_are_read_at_import_before_any_request(layout: Path, endpoint: tuple[FakeS3, dict[str, str]]) -> None:
    server, env = endpoint
    server.objects[FLAGS_PATH] = flags_body({"on": {"variants": {"on": True}, "default_variant": "on"}})
    program = AT_IMPORT + (
        "source = handler._flags._source\n"
        "deadline = time.monotonic() + 20\n"
        "while source._held is None and time.monotonic() < deadline: time.sleep(0.01)\n"
        "print(len(source._held.flags))\n"
    )
    run = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", program, str(layout)],
        capture_output=True,
        text=True,
        check=True,
        env=env,
    )
    assert (run.stdout, run.stderr) == ("1\n", "")
    assert [request.path for request in server.requests] == [FLAGS_PATH]


def test_the_zip_is_small(layout: Path, tmp_path: Path) -> None:
    size = zip_up(layout, tmp_path / "edge.zip").stat().st_size
    assert size <= bench.ZIP_BUDGET_KB * 1024


def test_a_cold_start_imports_little(layout: Path) -> None:
    """What `make bench` times against boto3's import, as counts that no busy machine changes: modules beyond those of a
    bare interpreter, and bytes of ours, which have no bytecode caches in the zip."""
    program = (
        "import sys; bare = set(sys.modules); sys.path.insert(0, sys.argv[1])\n"
        "import functions.edge.handler\n"
        "new = [module for name, module in sys.modules.items() if name not in bare]\n"
        "ours = [m.__file__ for m in new if (getattr(m, '__file__', None) or '').startswith(sys.argv[1])]\n"
        "print(len(new), sum(len(open(path, 'rb').read()) for path in ours))"
    )
    run = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", program, str(layout)], capture_output=True, text=True, check=True
    )
    modules, source = map(int, run.stdout.split())
    assert modules <= MOST_MODULES
    assert source <= MOST_SOURCE_BYTES
