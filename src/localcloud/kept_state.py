"""A folder in which a local cloud's state lies between starts: what is in AWS, and the ports.

The emulator writes its part when it stops, so a cloud that is killed comes back as it was at its last stop.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from localcloud.lifecycle import AlreadyRunning

_STREAM_POSITIONS = "dynamodb_stream_positions"


class StateTaken(AlreadyRunning):
    """Two local clouds can't have one state."""


@dataclass(frozen=True)
class KeptState:
    folder: Path

    @property
    def services(self) -> Path:
        return self.folder / "state"

    @property
    def objects(self) -> Path:
        """Of S3."""
        return self.folder / "s3"

    @contextlib.contextmanager
    def taken(self) -> Iterator[None]:
        """Hold the folder, which ends with this process at the latest.

        Raises:
            StateTaken: another local cloud holds it.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise StateTaken(
                    f"another local cloud has its state in {self.folder}: stop it, or name another folder"
                ) from None
            yield

    def prepare(self) -> None:
        """Make the folder ready for a start.

        The emulator numbers the records of a DynamoDB stream from 0 at each start, and would wait until they have
        reached the number that its readers had before.
        """
        lambdas = self.services / "lambda.json"
        if lambdas.exists():
            document = json.loads(lambdas.read_text())
            document["payload"].pop(_STREAM_POSITIONS, None)
            lambdas.write_text(json.dumps(document))

    def ports(self) -> Mapping[str, int]:
        """Those of the last start, by name; none before the first."""
        try:
            return dict(json.loads(self._ports.read_text()))
        except FileNotFoundError:
            return {}

    def keep_ports(self, ports: Mapping[str, int]) -> None:
        self._ports.write_text(json.dumps(dict(ports), indent=1) + "\n")

    @property
    def _ports(self) -> Path:
        return self.folder / "ports.json"
