"""edgeship changes: what a release brings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edgeship.cli import context
from edgeship.cli.options import EnvOption, JsonOption, WidgetArgument
from edgeship.cli.output import grid, plain
from edgeship.cli.version_text import version_of
from edgeship.domain.plain_text import ago, cut, size, who

if TYPE_CHECKING:
    from datetime import datetime

    from rich.console import RenderableType

    from edgeship.application.status.read_changes import Brought
    from edgeship.domain.releases.contents.file_changes import FileChange

FILES_SHOWN = 15


def changes(
    ctx: typer.Context,
    widget: WidgetArgument,
    version: Annotated[
        str | None,
        typer.Argument(metavar="[VERSION]", help="Default: the version that is rolled out, else the live one."),
    ] = None,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what a release brings, beside the release before it.

    Its changes, as they were published with it; its commit; the files that were added, removed or changed, with their
    sizes; and what the check at its upload found of its public surface. It is compared with the version that was live
    when it was uploaded, else with the highest version before it.

    Example:

        edgeship changes checkout 1.5.0
    """
    from edgeship.bootstrap.runtime import utc_now

    out = context.output(ctx, as_json)
    wanted = version_of(version) if version is not None else None
    brought = context.target(ctx, env, out).operator.changes(widget, wanted)
    out.result(_document(brought), _shown(brought, utc_now()))


def _document(brought: Brought) -> dict[str, Any]:
    release, against = brought.release, brought.against
    return {
        "widget": release.widget,
        "version": str(release.version),
        "against": str(against.version) if against else None,
        "git_commit": release.git_commit,
        "registered_at": release.registered_at,
        "registered_by": release.registered_by,
        "changes": {kind: list(texts) for kind, texts in brought.manifest.changes.items()}
        if brought.manifest
        else None,
        "files": release.files,
        "files_before": against.files if against else None,
        "total_bytes": release.total_bytes,
        "total_bytes_before": against.total_bytes if against else None,
        "file_changes": [
            {"path": change.path, "what": change.what, "before": change.before, "after": change.after}
            for change in brought.files
        ]
        if brought.files is not None
        else None,
        "check": release.check.to_dict() if release.check is not None else None,
    }


def _shown(brought: Brought, now: datetime) -> Iterator[RenderableType]:
    release, against = brought.release, brought.against
    commit = f", commit {release.git_commit[:10]}" if release.git_commit else ""
    yield plain(f"{release.widget} {release.version}", "bold")
    yield plain(f"registered {ago(release.registered_at, now)} by {who(release.registered_by)}{commit}")
    yield plain(
        f"compared with {against.version}" if against else "the first release: there is nothing to compare it with"
    )
    said = brought.manifest.changes if brought.manifest is not None else {}
    for kind, texts in said.items():
        if texts:
            yield plain("")
            yield plain(kind, "bold")
            yield from (plain(f"- {text}") for text in texts)
    if not any(said.values()):
        yield plain("no changes were published with it", "dim")
    yield plain("")
    yield plain(_sizes(brought), "bold")
    yield from _files(brought)
    if release.check is not None:
        yield plain("")
        yield from _check(brought)


def _sizes(brought: Brought) -> str:
    release, against = brought.release, brought.against
    if against is None:
        return f"{release.files} files, {size(release.total_bytes)}"
    more = release.total_bytes - against.total_bytes
    return f"{release.files} files ({release.files - against.files:+d}), {size(release.total_bytes)} ({_signed(more)})"


def _files(brought: Brought) -> Iterator[RenderableType]:
    if brought.files is None:
        yield plain("the files of one of them are gone", "dim")
        return
    if brought.against is None:
        return
    shown = brought.files[:FILES_SHOWN]
    yield grid(
        [(plain(change.what, _STYLES[change.what]), plain(_sizes_of(change)), plain(change.path)) for change in shown]
    )
    if len(brought.files) > len(shown):
        yield plain(f"and {len(brought.files) - len(shown)} more (all: --json)", "dim")


_STYLES = {"added": "green", "removed": "red", "changed": ""}


def _sizes_of(change: FileChange) -> str:
    if change.before is None or change.after is None:
        return size(change.after or change.before or 0)
    return f"{size(change.after)} ({_signed(change.growth)})"


def _signed(number: int) -> str:
    return f"{'+' if number >= 0 else '-'}{size(abs(number))}"


def _check(brought: Brought) -> Iterator[RenderableType]:
    check = brought.release.check
    assert check is not None
    if check.not_compared:
        yield plain(f"public surface: not compared: {cut(check.not_compared, 200)}")
        return
    style = "bold red" if check.undeclared_break else ""
    yield plain(f"public surface: {check.bump} change, and the version says {check.declared}", style)
    yield from (plain(f"- {finding}") for finding in check.findings)
    if check.count > len(check.findings):
        yield plain(f"and {check.count - len(check.findings)} more")
