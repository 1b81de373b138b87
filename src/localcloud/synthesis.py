"""Synthesises a CDK app; the assembly is kept by the content of everything that goes into it.

A synthesis starts Node and takes seconds; the same inputs give the same assembly, so the second start of a local
cloud reads the first one's from the cache and starts no Node.
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
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from localcloud.node import wheel_folder
from localcloud.sandbox import child_environment

KEPT_ASSEMBLIES = 4

# Part of the key: raise it when this module changes what it does with the same inputs.
_CACHE_FORMAT = 2


class SynthesisFailed(RuntimeError):
    """The CDK app ended with an error; the message carries what it printed."""


@dataclass(frozen=True)
class CdkApp:
    """A CDK app: `command` is run in `root`, and writes into CDK_OUTDIR what CDK_CONTEXT_JSON asks for.

    `inputs` are the files and folders, relative to `root`, that the assembly is made from; those that are not there
    count as empty. `private_variables` are prefixes of environment variables that the app must not see.
    """

    root: Path
    command: tuple[str, ...]
    inputs: tuple[str, ...]
    private_variables: tuple[str, ...] = ()


def synthesise(
    app: CdkApp, cache: Path, context: Mapping[str, str], on_progress: Callable[[str], None] = lambda _: None
) -> Path:
    """The folder of the assembly that `app` makes under `context`, from `cache` when it is there.

    Raises:
        SynthesisFailed: the app ended with an error.
    """
    folder = cache / inputs_digest(app, context)
    with _locked(cache):
        if (folder / "manifest.json").is_file():
            on_progress(f"cloud assembly {folder.name[:12]} is in the cache")
            os.utime(folder)
            return folder
        on_progress("synthesising the CDK app (once for each change of its inputs)")
        # Beside its final place, so that the rename is atomic; a killed synthesis leaves only a scratch folder.
        scratch = Path(tempfile.mkdtemp(prefix=".synth-", dir=cache))
        try:
            _run(app, scratch, context)
            shutil.rmtree(folder, ignore_errors=True)
            scratch.rename(folder)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        _prune(cache)
    return folder


def inputs_digest(app: CdkApp, context: Mapping[str, str]) -> str:
    """A digest of everything that the assembly is made from: command, inputs, context, interpreter, platform."""
    digest = hashlib.sha256()
    facts = {
        "format": _CACHE_FORMAT,
        "command": app.command,
        "context": dict(context),
        "python": platform.python_version(),
        "platform": [platform.system(), platform.machine()],
    }
    digest.update(json.dumps(facts, sort_keys=True).encode())
    for path in _input_files(app):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"\n{path.relative_to(app.root).as_posix()}\0{content}".encode())
    return digest.hexdigest()


def _input_files(app: CdkApp) -> Iterator[Path]:
    for name in app.inputs:
        place = app.root / name
        for path in [place] if place.is_file() else sorted(place.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path


def _run(app: CdkApp, out: Path, context: Mapping[str, str]) -> None:
    process = subprocess.Popen(  # noqa: S603
        app.command,
        cwd=app.root,
        env=_environment(app, out, context),
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


def _environment(app: CdkApp, out: Path, context: Mapping[str, str]) -> dict[str, str]:
    environment = child_environment(os.environ, without=app.private_variables) | {
        "CDK_OUTDIR": str(out),
        "CDK_CONTEXT_JSON": json.dumps(dict(context)),
        "JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION": "1",
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1",
    }
    if shutil.which("node") is None and (folder := wheel_folder()) is not None:
        environment["PATH"] = os.pathsep.join([str(folder), environment.get("PATH", os.defpath)])
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
