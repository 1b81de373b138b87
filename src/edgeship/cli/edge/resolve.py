"""edgeship resolve: what a URL of the CDN means now, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edgeship.cli import context
from edgeship.cli.edge.requested import requested, shown
from edgeship.cli.options import EnvOption, JsonOption
from edgeship.cli.output import plain
from edgeship.domain.edge.router import leaves_widget_out

if TYPE_CHECKING:
    from edgeship.application.edge.resolve_url import Resolution
    from edgeship.domain.edge.explanation import Explanation


def resolve(
    ctx: typer.Context,
    url: Annotated[str, typer.Argument(metavar="URL", help="A URL of the CDN, or its path; with its query, if any.")],
    user: Annotated[
        str | None,
        typer.Option("--user", metavar="USER", help="The user, as the header x-edgeship-user names one."),
    ] = None,
    address: Annotated[
        str, typer.Option("--address", metavar="IP", help="The address of an anonymous user.", show_default=False)
    ] = "",
    user_agent: Annotated[
        str,
        typer.Option("--user-agent", metavar="TEXT", help="The User-Agent of an anonymous user.", show_default=False),
    ] = "",
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what a URL of the CDN means now for a user, and why: by the table, and by the edge's store.

    It requests nothing from the CDN. The path is read as the edge reads it, in the spelling given.

    Example:

        edgeship resolve "/checkout/latest/widget.js?user=ann"
    """
    from edgeship.bootstrap.runtime import utc_now

    out = context.output(ctx, as_json)
    request = requested(url, user, address, user_agent, utc_now())
    target = context.target(ctx, env, out)
    root_widget = target.root_widget if leaves_widget_out(request.uri) else None
    found = target.operator.resolve(request, root_widget)
    document = {
        "url": shown(request),
        "widget": found.widget,
        "selector": found.selector,
        "table": asdict(found.table),
        "store": asdict(found.store) if found.store else None,
        "store_revision": int(found.store_revision) if found.store_revision else None,
        "same": found.same,
        "problem": found.problem,
        "hint": found.hint,
    }
    if not user and not address and _by_bucket(found.table):
        out.note("no user is named: this is one anonymous user's answer; name one with --user, or give --address")
    out.result(document, [plain(line) for line in _lines(shown(request), found)])


def _by_bucket(explanation: Explanation) -> bool:
    steps: tuple[dict[str, Any] | None, ...] = (explanation.flag, explanation.rollout)
    return "anonymous" in explanation.reason and any(steps)


def _lines(url: str, found: Resolution) -> Iterator[str]:
    yield url
    if found.selector is None:
        yield found.table.line
    else:
        yield f"table: {found.table.line}"
        if found.store is None:
            yield f"store: not known: {found.problem}"
        else:
            revision = f"revision {found.store_revision}" if found.store_revision else "no revision"
            yield f"store: {'the same' if found.same else found.store.line} ({revision})"
    if found.hint:
        yield f"what to do: {found.hint}"
