"""Bundles: what they hold, that they are reproducible, and that they run on nothing but what Lambda ships."""

from __future__ import annotations

import struct
import subprocess
import sys
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest

from edgeship.resource_names import FUNCTIONS
from infra.app import ROOT
from infra.bundling import SHIPPED_BY_LAMBDA, Bundler, Target
from infra.import_closure import UnknownModule, import_closure
from infra.lockfile import Lock, Unlocked
from tests.infra.bundle_modules import is_listed, listed
from tests.infra.template import Template

pytestmark = pytest.mark.xdist_group("infra")

ARM64 = Target.lambda_function("aarch64")
EM_AARCH64 = 183  # the machine of an ELF header, https://www.sco.com/developers/gabi/latest/ch4.eheader.html


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with two functions; beta needs a package of the registry."""
    lock = """
        version = 1

        [[package]]
        name = "edgeship"
        version = "0.1.0"
        source = { editable = "." }
        dependencies = [{ name = "annotated-types" }, { name = "boto3" }, { name = "typing-inspection" }]

        [[package]]
        name = "annotated-types"
        version = "0.7.0"
        wheels = [{ url = "-", hash = "sha256:1f02e8b43a8fbbc3f3e0d4f0f4bfc8131bcb4eebe8849b8e5c773f3a1c582a53" }]

        [[package]]
        name = "boto3"
        version = "1.43.0"
        dependencies = [{ name = "botocore" }]

        [[package]]
        name = "botocore"
        version = "1.43.0"

        [[package]]
        name = "typing-inspection"
        version = "0.4.0"
        dependencies = [
            { name = "colorama", marker = "sys_platform == 'win32'" },
            { name = "typing-extensions", marker = "python_full_version >= '3.13'", extra = ["doc"] },
        ]

        [[package]]
        name = "typing-extensions"
        version = "4.15.0"

        [package.optional-dependencies]
        doc = [{ name = "annotated-types" }]
    """
    sources = {
        "uv.lock": lock,
        "functions/__init__.py": "",
        "functions/alpha/__init__.py": "",
        "functions/alpha/handler.py": "import json\nfrom edgeship.domain import shapes\n",
        "functions/beta/__init__.py": "",
        "functions/beta/handler.py": "import annotated_types\nimport boto3\nfrom . import local_names\n",
        "functions/beta/local_names.py": "NAME = 'beta'\n",
        "src/edgeship/__init__.py": "",
        "src/edgeship/domain/__init__.py": "",
        "src/edgeship/domain/shapes.py": (
            "from typing import TYPE_CHECKING\n"
            "if TYPE_CHECKING:\n    from edgeship.domain import unused\n"
            "else:\n    from edgeship.domain import colours\n"
            "def area():\n    from edgeship import deep\n"
        ),
        "src/edgeship/domain/colours.py": "",
        "src/edgeship/domain/unused.py": "",
        "src/edgeship/deep.py": "",
    }
    for name, text in sources.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return tmp_path


def _names(bundle: Path) -> set[str]:
    with zipfile.ZipFile(bundle) as archive:
        return set(archive.namelist())


def test_a_bundle_holds_the_import_closure_of_its_handler(project: Path) -> None:
    bundle = Bundler(project, project / "cache").build("alpha", ARM64, {"functions/alpha/config.json": b"{}"})
    assert _names(bundle.path) == {
        "functions/__init__.py",
        "functions/alpha/__init__.py",
        "functions/alpha/handler.py",
        "functions/alpha/config.json",
        "edgeship/__init__.py",
        "edgeship/deep.py",
        "edgeship/domain/__init__.py",
        "edgeship/domain/colours.py",
        "edgeship/domain/shapes.py",
    }


def test_relative_imports_and_third_party_names_are_found(project: Path) -> None:
    packages = {"functions": project / "functions", "edgeship": project / "src" / "edgeship"}
    closure = import_closure("functions.beta.handler", packages)
    assert "functions/beta/local_names.py" in closure.sources
    assert closure.third_party == {"annotated_types", "boto3"}


@pytest.mark.parametrize(
    "statement", ["import edgeship.nowhere", "from edgeship.nowhere import x", "from .gone import x"]
)
def test_an_import_that_leads_nowhere_is_told(statement: str, project: Path) -> None:
    (project / "functions/alpha/handler.py").write_text(statement, "utf-8")
    with pytest.raises(UnknownModule, match=r"nowhere|gone"):
        Bundler(project, project / "cache").build("alpha", ARM64)


@pytest.mark.parametrize(
    ("imports", "markers", "pinned"),
    [
        (["annotated_types"], {}, {"annotated-types"}),
        (["boto3", "botocore"], {}, set()),
        (["typing_inspection"], {}, {"typing-inspection"}),
        (
            ["typing_inspection"],
            {"python_full_version": "3.13.0"},
            {"typing-inspection", "typing-extensions", "annotated-types"},
        ),
    ],
)
def test_the_lock_is_followed_under_the_targets_markers(
    imports: list[str], markers: dict[str, str], pinned: set[str], project: Path
) -> None:
    target = {"sys_platform": "linux", "python_full_version": "3.11.0", "extra": "", **markers}
    pins = Lock(project / "uv.lock", "edgeship").pins(imports, target, SHIPPED_BY_LAMBDA)
    assert {pin.name for pin in pins} == pinned


def test_an_import_of_a_development_tool_is_refused(project: Path) -> None:
    (project / "functions/alpha/handler.py").write_text("import pytest\n", "utf-8")
    with pytest.raises(Unlocked, match=r"import pytest: no dependency of the project provides it"):
        Bundler(project, project / "cache").build("alpha", ARM64)


def test_the_name_of_a_bundle_follows_its_content(project: Path) -> None:
    bundler = Bundler(project, project / "cache")
    first = bundler.build("alpha", ARM64)
    (project / "src/edgeship/domain/unused.py").write_text("UNRELATED = 1\n", "utf-8")
    assert bundler.build("alpha", ARM64) == first
    (project / "src/edgeship/deep.py").write_text("RELATED = 1\n", "utf-8")
    changed = bundler.build("alpha", ARM64)
    assert changed.digest != first.digest
    assert bundler.build("alpha", ARM64, {"functions/alpha/config.json": b"{}"}).digest != changed.digest


def test_the_same_inputs_make_the_same_bytes(tmp_path: Path) -> None:
    first, second = (Bundler(ROOT, tmp_path / cache).build("telemetry", ARM64) for cache in ("one", "two"))
    assert first.path.read_bytes() == second.path.read_bytes()


def test_a_built_bundle_is_not_built_again(project: Path) -> None:
    bundler = Bundler(project, project / "cache")
    bundle = bundler.build("alpha", ARM64)
    bundle.path.write_bytes(b"kept")
    assert bundler.build("alpha", ARM64).path.read_bytes() == b"kept"
    assert [path.name for path in (project / "cache").iterdir()] == [bundle.path.name]


def test_old_bundles_make_room(project: Path) -> None:
    bundler = Bundler(project, project / "cache")
    built = [bundler.build("alpha", ARM64, {"functions/alpha/n": b"%d" % n}).path for n in range(15)]
    assert not built[0].exists()
    assert built[-1].exists()
    assert len(list((project / "cache").iterdir())) < 15


@pytest.fixture(scope="session")
def lambda_runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what Lambda's runtime ships and nothing else, linked from this environment."""
    folder = tmp_path_factory.mktemp("runtime")
    for name in SHIPPED_BY_LAMBDA:
        shipped = distribution(name)
        for top in {file.parts[0] for file in shipped.files or () if file.suffix == ".py" and file.parts[0] != ".."}:
            (folder / top).symlink_to(Path(str(shipped.locate_file(top))))
    return folder


IMPORTED_IN_THE_GATE = {"artifact_upload", "rollout"}
"""The largest, and the one that rescues; the others at night."""


@pytest.mark.parametrize(
    "function",
    [pytest.param(name, marks=[] if name in IMPORTED_IN_THE_GATE else pytest.mark.nightly) for name in FUNCTIONS],
)
def test_a_bundle_imports_with_nothing_else_on_the_path(
    function: str, local: Template, lambda_runtime: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(local.bundle(function)) as archive:
        archive.extractall(tmp_path)
    path = [str(tmp_path)] if function == "edge" else [str(tmp_path), str(lambda_runtime)]
    program = (
        f"import sys; sys.path[:0] = {path!r}\n"
        f"from functions.{function}.handler import handler\n"
        "assert callable(handler)\n"
        "print(*sorted({getattr(module, '__file__', None) or '' for module in sys.modules.values()}), sep='\\n')"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, cwd=tmp_path, env={}, check=False
    )
    assert done.returncode == 0, done.stderr
    assert not [line for line in done.stdout.splitlines() if str(ROOT) in line and "/site-packages/" not in line]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_bundle_for_lambda_holds_its_machines_code_and_nothing_the_runtime_ships(
    function: str, production: Template
) -> None:
    with zipfile.ZipFile(production.bundle(function)) as archive:
        libraries = [name for name in archive.namelist() if name.endswith(".so")]
        machines = {struct.unpack_from("<H", archive.read(name), 18)[0] for name in libraries}
        tops = {name.split("/")[0] for name in archive.namelist()}
    assert all(name.endswith((".cpython-313-aarch64-linux-gnu.so", ".abi3.so")) for name in libraries)
    assert machines <= {EM_AARCH64}
    assert bool(libraries) is (function != "edge")
    assert not tops & {"boto3", "botocore", "s3transfer", "jmespath", "urllib3", "dateutil", "six.py", "rich", "typer"}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_bundle_carries_no_part_of_the_command_line_or_of_another_function(
    function: str, production: Template
) -> None:
    ours = {name for name in _names(production.bundle(function)) if name.startswith(("edgeship/", "functions/"))}
    assert not [name for name in ours if name.startswith(("edgeship/cli", "edgeship/local"))]
    assert {name.split("/")[1] for name in ours if name.startswith("functions/")} == {"__init__.py", function}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_bundle_carries_the_modules_that_the_table_lists(function: str, production: Template) -> None:
    names = production.bundle_names(function)
    carried = {name for name in names if name.startswith(("edgeship/", "functions/")) and is_listed(name)}
    assert carried == listed()[function], "run `python -m tests.infra.bundle_modules`, and look at what has changed"
