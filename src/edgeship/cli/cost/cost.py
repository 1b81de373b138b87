"""edgeship cost: what an environment costs in a month, and what lowers it."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edgeship.cli import context
from edgeship.cli.errors import Usage as UsageError
from edgeship.cli.options import EnvOption, JsonOption
from edgeship.cli.output import plain, table
from edgeship.domain.cost.bill import Usage, bill, reported_version, total, watched_version
from edgeship.domain.cost.prices import Prices

if TYPE_CHECKING:
    from edgeship.domain.cost.bill import Item

SHOWN_FROM = 0.005
"""US dollars a month: half a cent."""


def cost(
    ctx: typer.Context,
    widgets: Annotated[
        int | None, typer.Option(metavar="N", min=0, help="Widgets. Default: those of the environment.")
    ] = None,
    watched: Annotated[
        float | None,
        typer.Option(
            metavar="N",
            min=0,
            help="Versions that are watched on average: in a rollout, or in their rollback window. Default: those of "
            "the environment now; with --widgets, one of ten widgets.",
        ),
    ] = None,
    views: Annotated[float, typer.Option(metavar="N", min=0, help="Page views a day with a widget.")] = 1e6,
    reporting: Annotated[
        float, typer.Option(metavar="SHARE", min=0, max=1, help="The share of them that reports, by telemetry.js.")
    ] = 1.0,
    flag_requests: Annotated[float, typer.Option(metavar="N", min=0, help="Requests for flags a day.")] = 0.0,
    kilobytes: Annotated[float, typer.Option(metavar="KB", min=0, help="What a page view downloads.")] = 30.0,
    prices: Annotated[
        Path | None,
        typer.Option(metavar="FILE", exists=True, dir_okay=False, help="Your prices, as JSON. Default: list prices."),
    ] = None,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Estimate what an environment costs in a month, and what lowers it.

    By list prices of us-east-1, without free tiers and discounts. Without --widgets, the environment says how many
    widgets there are, and how many versions are watched now.

    Example:

        edgeship cost --widgets 40 --views 5000000
    """
    out = context.output(ctx, as_json)
    known = read_prices(prices)
    if widgets is None:
        widgets, now = context.target(ctx, env, out).operator.count_usage()
        watched = float(now) if watched is None else watched
    usage = Usage(widgets, widgets / 10 if watched is None else watched, views, reporting, flag_requests, kilobytes)
    items = bill(usage, known)
    document = {
        "currency": "USD",
        "prices_of": known.as_of,
        "sources": list(known.sources),
        "widgets": usage.widgets,
        "watched": usage.watched,
        "views_a_day": usage.views,
        "total": round(total(items), 2),
        "million_views": round(total(items) / (views * 30.4 / 1e6), 2) if views else None,
        "watched_version": round(watched_version(known), 2),
        "reported_version": round(reported_version(known), 2),
        "items": [{"name": item.name, "amount": round(item.amount, 2), "lowers": item.lowers} for item in items],
    }
    rows = [(item.name, f"{item.amount:,.2f}", item.lowers) for item in items if item.amount >= SHOWN_FROM]
    out.result(
        document, [table(_title(document), ("item", "$ a month", "what lowers it"), rows), *_notes(document, items)]
    )


def read_prices(path: Path | None) -> Prices:
    """
    Raises:
        Usage: the file is no JSON.
        Refused: `prices_invalid`.
    """
    text = path.read_text() if path is not None else files(__package__).joinpath("prices.json").read_text()
    try:
        document = json.loads(text)
    except ValueError as fault:
        raise UsageError(f"{path}: not JSON: {fault}.", "See the default: edgeship cost --json.") from None
    return Prices.from_document(document if isinstance(document, dict) else {})


def _title(document: dict[str, Any]) -> str:
    return (
        f"{document['widgets']:,} widgets, {document['watched']:g} watched, {document['views_a_day']:,.0f} views a day"
    )


def _notes(document: dict[str, Any], items: list[Item]) -> list[Any]:
    each = f", {document['million_views']:,.2f} for a million page views" if document["million_views"] else ""
    return [
        plain(f"in all {document['total']:,.2f} US dollars a month{each}", "bold"),
        plain(f"the largest: {items[0].name}; what lowers it: {items[0].lowers}"),
        plain(f"to watch a version all month: {document['watched_version']:,.2f}"),
        plain(f"metrics of a version that browsers report on: {document['reported_version']:,.2f}"),
        plain(f"list prices of us-east-1, {document['prices_of']}, without free tiers and discounts", "dim"),
    ]
