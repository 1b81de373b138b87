"""edgeship publish."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from edgeship.cli import context
from edgeship.cli.channels.expecting import shown
from edgeship.cli.errors import ExitCode
from edgeship.cli.options import EnvOption, JsonOption
from edgeship.cli.output import Output, plain
from edgeship.cli.previews.publish_preview import (
    PREVIEW_SECONDS,
    CommentOption,
    PreviewOption,
    TtlOption,
    asked_preview,
    publish_preview,
)
from edgeship.cli.provenance.signatures import SignOption, sealing
from edgeship.cli.releases.build_options import (
    LIMITS_UNKNOWN,
    BuildArguments,
    BuildOption,
    ChangesOption,
    CommitOption,
    CreatedOption,
    DistArgument,
    EntrypointOption,
    ExcludeOption,
    FollowOption,
    KindOption,
    SbomOption,
    VersionOption,
    WidgetOption,
    limits_of_named,
    read_build,
)
from edgeship.cli.releases.dry_run import renamed_files, renamed_lines, show_bundle
from edgeship.cli.releases.following import Until, completed_rollout, followed_upload, stage_lines
from edgeship.cli.releases.release_name import ReleaseName
from edgeship.domain.naming import LATEST, release_prefix
from edgeship.domain.plain_text import size
from edgeship.domain.releases.bundle_warnings import shortened

if TYPE_CHECKING:
    from edgeship.application.channels.follow_upload import Followed
    from edgeship.application.releases.ports import Progress
    from edgeship.application.releases.publish_bundle import Published

UNFOLLOWED = "uploaded"
WARNINGS_SHOWN = 5
"""Of each kind of warning; `--json` has all of them."""

WITHHELD_SHOWN = 5


def publish(
    ctx: typer.Context,
    dist: DistArgument = None,
    build: BuildOption = None,
    widget: WidgetOption = None,
    version: VersionOption = None,
    entrypoint: EntrypointOption = None,
    kind: KindOption = None,
    git_commit: CommitOption = None,
    created_at: CreatedOption = None,
    changes: ChangesOption = None,
    exclude: ExcludeOption = None,
    follow_symlinks: FollowOption = False,
    sbom: SbomOption = None,
    sign: SignOption = None,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Show what would be uploaded, by the limits of the environment that is named, and upload nothing.",
        ),
    ] = False,
    preview: PreviewOption = None,
    ttl: TtlOption = None,
    comment_file: CommentOption = None,
    wait: Annotated[
        bool,
        typer.Option("--wait/--no-wait", help="Wait until it is served, rolled out, waiting for approval, or refused."),
    ] = False,
    wait_for: Annotated[
        Until | None,
        typer.Option(
            "--wait-for",
            help="Wait until it is registered; until it is served, as --wait does; or until its rollout is complete.",
        ),
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS", min=1, help="How long is waited. Default: 60, and for a complete rollout no limit."
        ),
    ] = None,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Upload a folder, or an archive, as one version of a widget, or as a preview.

    It is checked by the same rules as the upload, packed with its manifest, and put into the inbox. The same
    files give the same archive; publishing them again changes nothing. The environment's uploader policy is enough.
    Warnings say what will fail in browsers, such as a fixed public path; they refuse nothing.

    With --preview nothing is released: the build is served for some time under a name of its own, by another host.

    Example:

        edgeship publish dist --widget checkout --version 1.4.2 --wait
    """
    out = context.output(ctx, as_json)
    asked = asked_preview(preview, ttl, comment_file, version, dry_run=dry_run)
    given = BuildArguments(
        dist, build, widget, version, entrypoint, kind, git_commit, created_at, changes, exclude, follow_symlinks, sbom
    )
    if asked is not None:
        with _progress_bar(out, asked.name) as progress:
            limit = (timeout or PREVIEW_SECONDS) if wait or wait_for else None
            publish_preview(context.target(ctx, env, out), out, given, asked, sign, progress, limit)
        return
    with read_build(given) as found:
        name, facts = found.name, found.facts
        if dry_run:
            show_bundle(out, found.folder, name, facts, limits_of_named(ctx, env, out))
            return
        target = context.target(ctx, env, out)
        until = wait_for or (Until.SERVED if wait else None)
        operator = target.site_operator if until else target.operator
        seal = sealing(found.dist, sign)
        with _progress_bar(out, f"{name.widget} {name.version}") as progress:
            published = operator.publish(found.folder, name.widget, name.version, facts, progress, seal)
    if not published.limits_known:
        out.note(LIMITS_UNKNOWN)
    for text in shortened(published.warnings, WARNINGS_SHOWN):
        out.warning(text)
    followed = followed_upload(out, operator, published, until, timeout)
    if followed is not None and followed.channel is not None:
        shown(target, [followed.channel])
    outcome = None
    if until is Until.COMPLETE and followed is not None and followed.stage == "rolling_out":
        outcome = completed_rollout(out, target, published, timeout)
    document = {**_document(published, followed, target.site_url, name), "outcome": outcome}
    out.result(document, [plain("\n".join([*name.from_package, *_lines(document)]))])
    if outcome not in (None, "completed") or (until is Until.COMPLETE and followed and followed.stage == "waiting"):
        raise typer.Exit(ExitCode.REFUSED)


def _document(
    published: Published, followed: Followed | None, site_url: str | None, name: ReleaseName
) -> dict[str, Any]:
    key = published.key
    return {
        "widget": key.widget,
        "version": str(key.version),
        "widget_from": name.widget_from,
        "version_from": name.version_from,
        "key": str(key),
        "uploaded": published.uploaded,
        "digest": published.digest,
        "entrypoint": published.entrypoint,
        "kind": published.kind,
        "files": published.files,
        "archive_bytes": published.archive_bytes,
        "archive_sha256": published.archive_sha256,
        "warnings": [{"code": w.code, "file": w.path, "text": w.text} for w in published.warnings],
        "withheld": list(published.withheld),
        "excluded": list(published.excluded),
        "renamed": renamed_files(published.renamed),
        "stage": str(followed.stage) if followed else UNFOLLOWED,
        "reason": followed.reason if followed else "",
        "urls": {
            "version": f"{site_url}/{release_prefix(key.widget, key.version)}{quote(published.entrypoint)}",
            "latest": f"{site_url}/{key.widget}/{LATEST}/{quote(published.entrypoint)}",
        }
        if site_url
        else None,
        "watch": f"edgeship status {key.widget}",
        "roll_back": f"edgeship rollback {key.widget}",
    }


def _lines(document: dict[str, Any]) -> Iterator[str]:
    verb = "uploaded" if document["uploaded"] else "was uploaded before, with the same bytes:"
    yield (
        f"{document['widget']} {document['version']} {verb} {document['key']} "
        f"({document['files']} files, {size(document['archive_bytes'])})"
    )
    if withheld := document["withheld"]:
        more = f" and {len(withheld) - WITHHELD_SHOWN} more" if len(withheld) > WITHHELD_SHOWN else ""
        yield f"not public, but kept in the archive: {', '.join(withheld[:WITHHELD_SHOWN])}{more}"
    if excluded := document["excluded"]:
        more = f" and {len(excluded) - WITHHELD_SHOWN} more" if len(excluded) > WITHHELD_SHOWN else ""
        yield f"excluded, so not in the archive: {', '.join(excluded[:WITHHELD_SHOWN])}{more}"
    yield from renamed_lines(document)
    yield from stage_lines(document)
    if document["urls"]:
        yield document["urls"]["version"]
        if document["stage"] != "waiting":
            yield document["urls"]["latest"]
    if document["stage"] != "waiting":
        yield f"to watch it: {document['watch']}"
        yield f"to roll it back: {document['roll_back']}"


@contextmanager
def _progress_bar(out: Output, what: str) -> Iterator[Callable[[Progress], None]]:
    errors = out.errors
    if not errors.is_terminal:
        yield lambda _: None
        return
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TransferSpeedColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Bar(*columns, console=errors, transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda progress: bar.update(task, completed=progress.sent, total=progress.total)
