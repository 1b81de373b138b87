"""A story that happens on a local cloud: chapters of steps, each checked and timed as it happens."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.text import Text

from edgeship.adapters.http.web import UrllibWeb
from edgeship.application.ports import WebAnswer
from edgeship.bootstrap import operator
from edgeship.domain.errors import Conflict, Refused
from edgeship.domain.events import Occasion
from edgeship.local.cloud import LocalCloud
from edgeship.local.demo.pace import Pace

POLL_SECONDS = 0.05
EXPECTED = (Refused, Conflict, OSError, ClientError, BotoCoreError)
"""What can keep a step from happening without the story itself being wrong; a timeout is an OSError."""


class NotSo(Exception):
    """Something the story says did not turn out so."""


@dataclass
class Step:
    """One thing that the story says, whether it happened, and the seconds it took."""

    chapter: str
    what: str
    happened: bool = False
    seconds: float = 0.0
    details: list[str] = field(default_factory=list)

    def note(self, detail: str) -> None:
        self.details.append(detail)


@dataclass(frozen=True)
class Ending:
    """What became of the story: its steps in order, how long they took, and the addresses to use."""

    steps: tuple[Step, ...]
    seconds: float
    timings: Mapping[str, float]
    urls: Mapping[str, str]
    edge_url: str
    endpoint_url: str

    @property
    def happened(self) -> bool:
        return all(step.happened for step in self.steps)

    def to_dict(self) -> dict[str, Any]:
        """The document of `edgeship local demo --json`; times are seconds."""
        return {
            "happened": self.happened,
            "seconds": round(self.seconds, 3),
            "edge_url": self.edge_url,
            "endpoint_url": self.endpoint_url,
            "timings": {name: round(seconds, 3) for name, seconds in self.timings.items()},
            "urls": dict(self.urls),
            "steps": [{**asdict(step), "seconds": round(step.seconds, 3)} for step in self.steps],
        }


class Story:
    """What chapters act with: the cloud, an operator's use cases, a browser's view, and the timeline."""

    def __init__(self, cloud: LocalCloud, actor: str, examples: Path, console: Console) -> None:
        self.cloud = cloud
        self.operator = operator.build(cloud.names, cloud.session("operator"), cloud.edge_url)
        self.examples = examples
        self.pace = Pace(cloud.store_delay_seconds, cloud.speed)
        self.timings: dict[str, float] = {}
        self.urls: dict[str, str] = {}
        self._actor = actor
        self._console = console
        self._steps: list[Step] = []
        self._chapter = ""
        self._began = time.monotonic()
        self._web = UrllibWeb(cloud.edge_url)

    def tell(self, chapters: Sequence[Chapter]) -> Ending:
        """Play the chapters in their order; the first step that does not happen is the last that is told."""
        for number, chapter in enumerate(chapters, 1):
            self._chapter = chapter.name
            self._console.print(Text(f"\n{number}  {chapter.name}", style="bold"))
            try:
                chapter.run(self)
            except (NotSo, *EXPECTED):
                break
        return Ending(
            steps=tuple(self._steps),
            seconds=time.monotonic() - self._began,
            timings=self.timings,
            urls=self.urls,
            edge_url=self.cloud.edge_url,
            endpoint_url=self.cloud.endpoint_url,
        )

    @contextmanager
    def step(self, what: str) -> Iterator[Step]:
        """One line of the timeline. What is raised inside is why it did not happen."""
        step = Step(self._chapter, what)
        self._steps.append(step)
        began = time.monotonic()
        try:
            yield step
            step.happened = True
        except (NotSo, *EXPECTED) as reason:
            step.note(str(reason))
            raise
        finally:
            step.seconds = time.monotonic() - began
            self._show(step)

    def say(self, text: str) -> None:
        """A line of the story beside its steps."""
        self._console.print(Text(f"   {text}", style="italic"))

    def occasion(self, cause: str) -> Occasion:
        return Occasion(self.cloud.names.environment, self._actor, cause, datetime.now(UTC))

    def get(self, path: str, query: str = "") -> WebAnswer:
        """What a browser gets from the CDN."""
        return self._web.get(path, query)

    def until(self, look: Callable[[], bool], seconds: float, otherwise: str) -> float:
        """Wait until `look` says so, and return how long that took.

        Raises:
            NotSo: it does not within `seconds`; `otherwise` says what is missing.
        """
        began = time.monotonic()
        while not look():
            if time.monotonic() - began > seconds:
                raise NotSo(f"{otherwise} within {seconds:g} s")
            time.sleep(POLL_SECONDS)
        return time.monotonic() - began

    def _show(self, step: Step) -> None:
        line = Text.assemble(
            ("   ✓" if step.happened else "   ✗", "green" if step.happened else "bold red"),
            (f"{step.seconds:7.2f} s  ", "cyan"),
            step.what,
        )
        self._console.print(line)
        for detail in step.details:
            self._console.print(Text(f"               {detail}", style="dim" if step.happened else "red"))


@dataclass(frozen=True)
class Chapter:
    """A part of the story; it may rely on the chapters before it, but on none that needs hundreds of sessions."""

    name: str
    run: Callable[[Story], None]
    needs_hundreds: bool = False
    """Of sessions: half a minute and more."""


def expect(so: bool, otherwise: str) -> None:
    """Hold the story to what it says.

    Raises:
        NotSo: it is not so.
    """
    if not so:
        raise NotSo(otherwise)
