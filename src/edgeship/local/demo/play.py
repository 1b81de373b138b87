"""`edgeship local demo`: the story, on a local cloud of its own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from edgeship.adapters.cdk.place import app_place
from edgeship.local.cloud import LocalCloud
from edgeship.local.demo.chapters import CHAPTERS
from edgeship.local.demo.story import Ending, Story
from edgeship.local.progress import progress_line


@contextmanager
def played(
    console: Console,
    progress: Console,
    actor: str,
    state_path: Path | None,
    speed: float,
    edge_freshness_seconds: float,
    store_delay_seconds: float,
    *,
    short: bool = False,
) -> Iterator[Ending]:
    """Play the story; its cloud runs until the block ends.

    Args:
        console: where the timeline is printed.
        progress: where it shows that the cloud is starting.
        actor: who rolls back, for the history.
        state_path: where other commands look for the cloud; None when none should find it.
        short: without the chapters that need hundreds of sessions.
        speed, edge_freshness_seconds, store_delay_seconds: as the cloud's; the story's own times follow from them.
    """
    began = time.monotonic()
    with progress_line(progress, "starting a local cloud") as tell:
        cloud = LocalCloud(
            state_path=state_path,
            speed=speed,
            edge_freshness_seconds=edge_freshness_seconds,
            store_delay_seconds=store_delay_seconds,
            enforce_iam=True,
            on_progress=tell,
        )
        cloud.start()
    try:
        starting = time.monotonic() - began
        console.print(Text(f"A local cloud of its own is up after {starting:.1f} s, without an AWS account.", "bold"))
        console.print(Text(f"   AWS {cloud.endpoint_url}   CDN {cloud.edge_url}"))
        story = Story(cloud, actor, app_place().examples, console)
        story.timings["start of the local cloud"] = starting
        ending = story.tell([chapter for chapter in CHAPTERS if not (short and chapter.needs_hundreds)])
        _summarise(ending, console)
        yield ending
    finally:
        cloud.stop()


def _summarise(ending: Ending, console: Console) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("timing")
    table.add_column("seconds", justify="right")
    for name, seconds in ending.timings.items():
        table.add_row(Text(name), f"{seconds:.2f}")
    console.print(Text())
    console.print(table)
    for url in ending.urls.values():
        console.print(Text(f"   {url}"))
    happened = sum(step.happened for step in ending.steps)
    if ending.happened:
        verdict = Text(f"\nAll {happened} steps happened, in {ending.seconds:.1f} s.", "bold green")
    else:
        verdict = Text(f"\n{happened} steps happened; then: {ending.steps[-1].what}: it did not.", "bold red")
    console.print(verdict)
