"""edgeship preview: the builds that are served for some time, and are no releases."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from edgeship.cli import context
from edgeship.cli.options import EnvOption, JsonOption, ReasonOption, WidgetArgument
from edgeship.cli.output import plain, table
from edgeship.domain.naming import check_widget
from edgeship.domain.plain_text import size
from edgeship.domain.previews.comment import preview_url
from edgeship.domain.previews.preview import Preview, PreviewsRecord

app = typer.Typer(rich_markup_mode=None, help="The previews that are served, and their end before their time.")


@app.command(name="list")
def list_previews(
    ctx: typer.Context,
    widget: Annotated[
        str | None, typer.Argument(metavar="[WIDGET]", help="The widget. Default: every widget of the environment.")
    ] = None,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the previews that are served.

    edgeship publish --preview makes them.

    Example:

        edgeship preview list checkout
    """
    out = context.output(ctx, as_json)
    target = context.target(ctx, env, out)
    state, now = target.operator.state, target.occasion("").at
    records: list[PreviewsRecord] = (
        state.watched_previews() if widget is None else [state.previews(check_widget(widget))]
    )
    found = [(record.widget, each) for record in records for each in record.served(now)]
    site_url = target.preview_url if found else None
    document = {"previews": [_document(name, each, site_url) for name, each in found]}
    rows = [
        (
            name,
            each.name,
            (each.git_commit or "")[:12],
            size(each.total_bytes),
            each.until[:16].replace("T", " ") + " UTC",
            preview_url(site_url, name, each) if site_url else "",
        )
        for name, each in found
    ]
    header = ("widget", "preview", "commit", "size", "expires", "URL")
    out.result(document, [table("previews", header, rows, empty="no preview is served")])


@app.command()
def remove(
    ctx: typer.Context,
    widget: WidgetArgument,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The preview's name, such as pr-123.")],
    reason: ReasonOption = None,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """End a preview before its time.

    Within seconds nothing serves it any more. Its files go when the lifecycle rule of their bucket takes them.

    Example:

        edgeship preview remove checkout pr-123
    """
    out = context.output(ctx, as_json)
    target = context.target(ctx, env, out)
    removed = target.operator.remove_preview(widget, name, target.occasion(reason or "removed by hand"))
    document = {"widget": widget, "preview": name, "build": removed.build, "removed": True}
    out.result(document, [plain(f"preview {name} of {widget} is removed")])


def _document(widget: str, preview: Preview, site_url: str | None) -> dict[str, Any]:
    return {
        "widget": widget,
        **preview.summary(),
        "url": preview_url(site_url, widget, preview) if site_url else None,
    }
