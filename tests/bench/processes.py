"""Runs commands as processes of their own and measures them; looks at the emulator's Lambda workers."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LAUNCHER = Path(__file__).with_name("launcher.py")

Command = Sequence[str]


class CommandFailed(RuntimeError):
    """A command ended with another code than 0; the message ends with what it printed."""


@dataclass(frozen=True)
class Finished:
    """Times are of the monotonic clock, which processes share; the peak is that of resident memory."""

    began: float
    ended: float
    peak_bytes: int

    @property
    def seconds(self) -> float:
        return self.ended - self.began


def run(command: Command, env: Mapping[str, str], cwd: Path) -> Finished:
    """Run one command, by absolute path, to its end.

    Raises:
        CommandFailed: it did not end with 0.
    """
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "finished.json"
        ended = subprocess.run(
            [sys.executable, "-I", "-S", str(LAUNCHER), str(report), *command],
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        told = json.loads(report.read_text()) if ended.returncode == 0 else {"exit_code": ended.returncode}
    if told["exit_code"] != 0:
        shown = " ".join([Path(command[0]).name, *command[1:]])
        raise CommandFailed(f"{shown} ended with {told['exit_code']}:\n{ended.stdout[-2000:]}")
    return Finished(told["began"], told["ended"], told["peak_bytes"])


def run_all(commands: Sequence[Command], env: Mapping[str, str], cwd: Path) -> Finished:
    """Run commands one after the other, as a script does; the peak is the largest of theirs."""
    finished = [run(command, env, cwd) for command in commands]
    return Finished(finished[0].began, finished[-1].ended, max(each.peak_bytes for each in finished))


class Workers:
    """The processes in which the emulator runs a Lambda, told by variables of their environment. Linux alone."""

    def __init__(self, *marks: str) -> None:
        """
        Args:
            marks: `NAME=value`, each of which stands in the environment of these processes.
        """
        self._marks = {mark.encode() for mark in marks}

    def forget_peak(self) -> None:
        """Begin a new peak (proc(5), clear_refs)."""
        for process in self._processes():
            with contextlib.suppress(OSError):
                (process / "clear_refs").write_text("5")

    def peak_bytes(self) -> int | None:
        """The largest resident memory of any one of them; None where it cannot be told."""
        peaks = []
        for process in self._processes():
            with contextlib.suppress(OSError):
                status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
                if "VmHWM" in status:  # a zombie has none
                    peaks.append(int(status["VmHWM"].split()[0]) * 1024)
        return max(peaks, default=None)

    def _processes(self) -> Iterator[Path]:
        for environ in Path("/proc").glob("[0-9]*/environ"):
            with contextlib.suppress(OSError):
                if self._marks <= set(environ.read_bytes().split(b"\0")):
                    yield environ.parent
