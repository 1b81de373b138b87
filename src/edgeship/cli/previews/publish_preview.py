"""edgeship publish --preview: a build that is served for some time, and is no release."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edgeship.cli.context import Target
from edgeship.cli.durations import parse_duration, show_duration
from edgeship.cli.errors import Usage
from edgeship.cli.output import Output, plain
from edgeship.cli.provenance.signatures import sealing
from edgeship.cli.releases.build_options import LIMITS_UNKNOWN, BuildArguments, read_build
from edgeship.domain.plain_text import size
from edgeship.domain.previews.comment import comment, preview_url
from edgeship.domain.previews.preview_name import DEFAULT_TTL, check_preview, check_ttl, moving_path
from edgeship.domain.releases.bundle_warnings import shortened

if TYPE_CHECKING:
    from edgeship.application.previews.publish_preview_bundle import UploadedPreview
    from edgeship.application.releases.ports import Progress
    from edgeship.domain.previews.preview import Preview

WARNINGS_SHOWN = 5
PREVIEW_SECONDS = 60.0
"""How long --wait waits by default."""

PreviewOption = Annotated[
    str | None,
    typer.Option(
        "--preview",
        metavar="NAME",
        help="Publish no release, but a preview of this name, such as pr-123. It expires, and needs no version.",
    ),
]
TtlOption = Annotated[
    str | None,
    typer.Option(
        "--ttl",
        metavar="DURATION",
        help=f"How long the preview is served, from 1h to 30d. Default: {show_duration(DEFAULT_TTL.days * 24 * 3600)}.",
    ),
]
CommentOption = Annotated[
    Path | None,
    typer.Option(
        "--comment-file",
        metavar="FILE",
        dir_okay=False,
        help="With --preview and --wait, write the comment for the pull request to this file, as Markdown.",
    ),
]


@dataclass(frozen=True)
class AskedPreview:
    """What the command line says of a preview."""

    name: str
    ttl_seconds: int
    comment_file: Path | None


def asked_preview(
    preview: str | None, ttl: str | None, comment_file: Path | None, version: str | None, *, dry_run: bool
) -> AskedPreview | None:
    """The preview that is asked for; None for a release.

    Raises:
        Usage: options that don't go together. Refused: `preview_invalid` or `ttl_invalid`.
    """
    if preview is None:
        for option, value in (("--ttl", ttl), ("--comment-file", comment_file)):
            if value is not None:
                raise Usage(f"{option} is of a preview, and there is no --preview.", "Give --preview NAME, too.")
        return None
    if version is not None:
        raise Usage("--version is of a release, and --preview publishes none.", "Leave one of the two out.")
    if dry_run:
        raise Usage("--dry-run shows a release, and --preview publishes none.", "Leave one of the two out.")
    seconds = parse_duration(ttl, "--ttl") if ttl is not None else int(DEFAULT_TTL.total_seconds())
    check_ttl(seconds)
    return AskedPreview(check_preview(preview), seconds, comment_file)


def publish_preview(
    target: Target,
    out: Output,
    given: BuildArguments,
    asked: AskedPreview,
    sign: str | None,
    progress: Callable[[Progress], None],
    timeout: float | None,
) -> None:
    """Publish the preview, and show where it is; with a `timeout` in seconds, wait for it first, and show the comment.

    Raises:
        Usage: a comment is asked for, and there is no time to wait for what it says.
    """
    if asked.comment_file is not None and timeout is None:
        raise Usage("The comment has what the upload's check found, and nothing waits for that.", "Give --wait, too.")
    use_case = target.operator.publish_preview
    with read_build(given, asked.name) as found:
        seal = sealing(found.dist, sign)
        uploaded = use_case(found.folder, found.name.widget, asked.name, asked.ttl_seconds, found.facts, progress, seal)
    if not uploaded.limits_known:
        out.note(LIMITS_UNKNOWN)
    for text in shortened(uploaded.packed.warnings, WARNINGS_SHOWN):
        out.warning(text)
    preview = use_case.follow(uploaded, timedelta(seconds=timeout)) if timeout is not None else None
    _show(target, out, uploaded, asked, preview)


def _show(target: Target, out: Output, uploaded: UploadedPreview, asked: AskedPreview, preview: Preview | None) -> None:
    key, site_url = uploaded.key, target.preview_url
    text = comment(site_url, key.widget, preview) if site_url and preview else None
    if asked.comment_file is not None:
        if text is None:
            raise Usage(
                "The address of the previews is not known, and the comment needs it.",
                "Set EDGESHIP_PREVIEW_URL, or attach the environment's previewer policy.",
            )
        asked.comment_file.write_text(text, "utf-8")
    url = f"{site_url}{moving_path(key.widget, key.name)}" if site_url else None
    if site_url and preview:
        url = preview_url(site_url, key.widget, preview)
    document: dict[str, Any] = {
        "widget": key.widget,
        "preview": key.name,
        "key": str(key),
        "ttl_seconds": asked.ttl_seconds,
        "archive_bytes": uploaded.packed.archive_bytes,
        "warnings": [{"code": w.code, "file": w.path, "text": w.text} for w in uploaded.packed.warnings],
        "stage": "served" if preview else "uploaded",
        "url": url,
        "comment": text,
        "served": preview.summary() if preview else None,
    }
    shown = [f"preview {key.name} of {key.widget} uploaded: {key} ({size(uploaded.packed.archive_bytes)})"]
    if preview is None:
        shown.append("this does not wait until it is served; publish --wait does")
    shown.append(text or url or "where it is served is not known: set EDGESHIP_PREVIEW_URL")
    out.result(document, [plain("\n".join(shown))])
