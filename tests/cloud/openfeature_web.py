"""OpenFeature's own web client under Node, as tests/js-ofrep locks it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

SOURCES = Path(__file__).parents[1] / "js-ofrep"


def install(folder: Path) -> None:
    """Install the client into `folder`.

    Raises:
        subprocess.SubprocessError: npm failed, for want of a network perhaps.
    """
    for source in SOURCES.iterdir():
        if source.is_file():
            shutil.copy(source, folder)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"]
    subprocess.run(command, cwd=folder, capture_output=True, check=True, timeout=90)


class WebClient:
    """One page's client: a process that keeps its provider, its context and its flags."""

    def __init__(self, folder: Path) -> None:
        """`folder` is where it is installed."""
        # Requests to this machine must not take the way over a proxy.
        environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        self._process = subprocess.Popen(
            ["node", "client.mjs"],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._process:
            self._process.kill()

    def start(self, url: str, context: dict[str, Any], poll: int = -1) -> dict[str, Any]:
        """Set the OFREP provider; `poll` is in milliseconds, negative for never."""
        return self._do("start", url=url, context=context, poll=poll)

    def context(self, **context: Any) -> dict[str, Any]:
        """Change the context, which makes the provider ask again."""
        return self._do("context", context=context)

    def details(self, kind: str, key: str, otherwise: Any) -> dict[str, Any]:
        """The SDK's evaluation details of a flag: value, variant, reason, or errorCode with the value `otherwise`."""
        return self._do("details", type=kind, key=key, otherwise=otherwise)

    def status(self) -> str:
        return str(self._do("status")["status"])

    def events(self) -> list[dict[str, Any]]:
        """What the provider has told since this was asked last."""
        found: list[dict[str, Any]] = self._do("events")["events"]
        return found

    def _do(self, command: str, **arguments: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": command, **arguments}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the client has ended"
        reply: dict[str, Any] = json.loads(line)
        return reply
