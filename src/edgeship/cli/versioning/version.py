"""edgeship version: which version a project has, which one follows, and how it gets there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edgeship.cli import context
from edgeship.cli.errors import Usage
from edgeship.cli.options import JsonOption
from edgeship.cli.output import Output, plain, table
from edgeship.cli.version_text import version_of
from edgeship.cli.versioning.check import check
from edgeship.cli.versioning.file_diff import file_diff
from edgeship.domain.errors import Refused
from edgeship.domain.versioning.levels import Level

if TYPE_CHECKING:
    from edgeship.application.versioning.bump_version import Bumped
    from edgeship.application.versioning.plan_release import Plan, Wanted
    from edgeship.application.versioning.read_project import Standing
    from edgeship.application.versioning.tag_release import Tagged

app = typer.Typer(
    help="Which version a project has and which one follows; changelog, tag, public surface.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.command()(check)

COMMITS_SHOWN = 50

ProjectOption = Annotated[
    Path,
    typer.Option(
        "--project",
        metavar="DIR",
        exists=True,
        file_okay=False,
        help="The folder with the package.json or pyproject.toml. Default: this folder.",
    ),
]
PrefixOption = Annotated[
    str | None,
    typer.Option(
        "--tag-prefix",
        metavar="TEXT",
        help="What stands before the version in tags. Default: v in the top folder of the repository, WIDGET@ in a "
        "folder inside.",
    ),
]
PreOption = Annotated[
    str | None,
    typer.Option("--pre", metavar="NAME", help="A pre-release of what follows, such as rc: 1.3.0-rc.1, 1.3.0-rc.2."),
]
OfflineOption = Annotated[bool, typer.Option("--offline", help="Don't ask the remote whether it has the tag.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Show all that would change, and change nothing.")]


@app.command()
def show(
    ctx: typer.Context,
    project: ProjectOption = Path(),
    tag_prefix: PrefixOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the version of a project, and of each of its workspaces, as it is committed.

    Example:

        edgeship version show
    """
    from edgeship.bootstrap.commands import versioning

    out = context.output(ctx, as_json)
    inside = versioning.workspaces(project)
    shown = []
    for folder in (project, *inside):
        try:
            shown.append(_standing_document(versioning.standing(folder, tag_prefix), folder))
        except Refused as refused:
            # The top of several widgets is often no widget itself.
            if not inside or refused.code not in ("version_missing", "name_missing"):
                raise
    rows = [
        (each["widget"], each["version"], each["tag"], _tagged_text(each), each["last_release"] or "-", each["project"])
        for each in shown
    ]
    columns = ("widget", "version", "tag", "tagged", "last release", "folder")
    out.result({"projects": shown}, [table("versions", columns, rows, empty="no project states a version")])


@app.command("next")
def next_(
    ctx: typer.Context,
    pre: PreOption = None,
    project: ProjectOption = Path(),
    tag_prefix: PrefixOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show which version follows, from the Conventional Commits since the last release.

    `feat` raises the minor version, `fix`, `perf` and `revert` the patch, `!` and `BREAKING CHANGE` the major one, or
    below 1.0.0 the minor one. Commits that a later one reverts don't count.

    Example:

        edgeship version next --pre rc
    """
    from edgeship.application.versioning.plan_release import Wanted
    from edgeship.bootstrap.commands import versioning

    out = context.output(ctx, as_json)
    plan = versioning.plan(project, tag_prefix, Wanted(channel=pre))
    out.result(_plan_document(plan), [plain("\n".join([str(plan.version), *_why(plan)]))])


@app.command()
def bump(
    ctx: typer.Context,
    to: Annotated[
        str | None,
        typer.Argument(metavar="[VERSION]", help="major, minor, patch, or a version. Default: what next shows."),
    ] = None,
    pre: PreOption = None,
    project: ProjectOption = Path(),
    tag_prefix: PrefixOption = None,
    offline: OfflineOption = False,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Write the next version into the project, its lock file and CHANGELOG.md, and commit them.

    Of package.json only the version changes, to the byte. What stands under Unreleased in the changelog becomes the
    section of the release; where nothing stands there, the commits do. Interrupted, the same command completes it.

    Example:

        edgeship version bump --dry-run
    """
    from edgeship.bootstrap.commands import versioning

    out = context.output(ctx, as_json)
    bumped = versioning.bump()(project, _wanted(to, pre), tag_prefix, offline=offline, dry_run=dry_run)
    document = {
        **_plan_document(bumped.plan),
        "files": [change.path for change in bumped.changes],
        "message": bumped.message.strip(),
        "commit": bumped.commit,
        "dry_run": dry_run,
    }
    out.result(document, [plain("\n".join(_bump_lines(bumped, dry_run)))])


@app.command()
def tag(
    ctx: typer.Context,
    push: Annotated[bool, typer.Option("--push", help="Push the branch and the tag, both or none.")] = False,
    project: ProjectOption = Path(),
    tag_prefix: PrefixOption = None,
    offline: OfflineOption = False,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Make an annotated tag of the version at HEAD: with its changes and its commit.

    Run again, it does what is missing.

    Example:

        edgeship version tag --push
    """
    from edgeship.bootstrap.commands import versioning

    out = context.output(ctx, as_json)
    tagged = versioning.tag()(project, tag_prefix, push=push, offline=offline, dry_run=dry_run)
    document = {
        "widget": tagged.standing.widget,
        "version": str(tagged.standing.version),
        "tag": tagged.tag,
        "commit": tagged.commit,
        "message": tagged.message,
        "made": tagged.made and not dry_run,
        "pushed_to": None if dry_run else tagged.remote,
        "dry_run": dry_run,
    }
    out.result(document, [plain("\n".join(_tag_lines(tagged, out, dry_run)))])


def _wanted(to: str | None, pre: str | None) -> Wanted:
    from edgeship.application.versioning.plan_release import Wanted

    if to is None:
        return Wanted(channel=pre)
    if to.lower() in {level.word for level in Level}:
        return Wanted(level=Level.of(to), channel=pre)
    if pre is not None:
        raise Usage("--pre and a version contradict each other.", f"Name the pre-release itself, such as {to}-{pre}.1.")
    return Wanted(version=version_of(to))


def _standing_document(standing: Standing, folder: Path) -> dict[str, Any]:
    return {
        "project": str(folder),
        "widget": standing.widget,
        "version": str(standing.version),
        "tag": standing.tag_of(standing.version),
        "tagged": standing.version in standing.tagged,
        "last_release": str(standing.last) if standing.last else None,
        "commit": standing.tree.head,
        "branch": standing.tree.branch,
    }


def _tagged_text(document: dict[str, Any]) -> str:
    return "yes" if document["tagged"] else "no"


def _plan_document(plan: Plan) -> dict[str, Any]:
    return {
        "widget": plan.standing.widget,
        "current": str(plan.standing.version),
        "version": str(plan.version),
        "tag": plan.tag,
        "last_release": str(plan.last) if plan.last else None,
        "bump": plan.level.word if plan.level else None,
        "commits": [
            {"commit": c.sha, "bump": c.level.word if c.level else None, "subject": c.subject} for c in plan.commits
        ],
        "changes": [{"group": group, "text": text} for group, texts in plan.changes.entries.items() for text in texts],
    }


def _why(plan: Plan) -> list[str]:
    since = f"since {plan.standing.tag_of(plan.last)}" if plan.last else "the first release"
    seen = [commit for commit in plan.commits if commit.level is not None]
    unseen = len(plan.commits) - len(seen)
    lines = [f"{since}: {len(plan.commits)} {'commit' if len(plan.commits) == 1 else 'commits'}"]
    for commit in seen[:COMMITS_SHOWN]:
        assert commit.level is not None
        lines.append(f"    {commit.level.word:5}  {commit.sha[:10]}  {commit.subject}")
    if len(seen) > COMMITS_SHOWN:
        lines.append(f"    and {len(seen) - COMMITS_SHOWN} more")
    if unseen:
        lines.append(f"    without a change for users: {unseen}")
    return lines


def _bump_lines(bumped: Bumped, dry_run: bool) -> list[str]:
    plan = bumped.plan
    if not bumped.changes:
        return [f"{plan.standing.widget} states {plan.version} already", "to tag it: edgeship version tag --push"]
    lines = [f"{plan.standing.widget}: {plan.standing.version} → {plan.version}", *_why(plan)]
    if dry_run:
        lines += [line for change in bumped.changes for line in file_diff(change)]
        return [*lines, f"would be committed as: {bumped.message.strip()}", "nothing was changed"]
    lines += [f"wrote {change.path}" for change in bumped.changes]
    return [*lines, f"committed {(bumped.commit or '')[:10]}: {bumped.message.strip()}",
            "to tag it: edgeship version tag --push"]  # fmt: skip


def _tag_lines(tagged: Tagged, out: Output, dry_run: bool) -> list[str]:
    if dry_run:
        made = f"{tagged.tag} would be made" if tagged.made else f"{tagged.tag} is there already"
        push = (
            [f"and pushed to {tagged.remote}, with the branch {tagged.standing.tree.branch}"] if tagged.remote else []
        )
        shown = [f"    {line}" for line in tagged.message.rstrip().split("\n")]
        return [f"{made}, at {tagged.commit[:10]}:", *shown, *push, "nothing was changed"]
    lines = [f"{tagged.tag} {'names' if tagged.made else 'names already'} {tagged.commit[:10]}"]
    if tagged.remote:
        return [*lines, f"pushed to {tagged.remote}: {tagged.standing.tree.branch}, {tagged.tag}"]
    if not out.as_json:
        lines.append("to push it: edgeship version tag --push")
    return lines
