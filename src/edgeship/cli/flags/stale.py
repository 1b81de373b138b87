"""edgeship flags stale: flags that decide nothing any more."""

from __future__ import annotations

from typing import Annotated

import typer

from edgeship.cli import context
from edgeship.cli.options import EnvOption, JsonOption
from edgeship.cli.output import table
from edgeship.domain.events import timestamp
from edgeship.domain.flags.records.stale import stale_flags

WORDS = {
    "disabled": "it is disabled",
    "ended": "its ends_at has passed",
    "one_variant": "everybody gets one variant",
}


def stale(
    ctx: typer.Context,
    days: Annotated[int, typer.Option("--days", metavar="N", min=0, help="For at least so many days.")] = 30,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the flags that give everybody one variant: their code can go.

    Such a flag is disabled, has ended, or has its rollout at 0 or 100 % without rules and targeting, and has not been
    changed since. Whether code still asks for a flag is not known here.

    Example:

        edgeship flags stale --days 60
    """
    from edgeship.bootstrap.runtime import utc_now

    out = context.output(ctx, as_json)
    now = utc_now()
    found = stale_flags(context.target(ctx, env, out).operator.state.flags(), now, days)
    documents = [
        {
            "key": each.key,
            "reason": each.reason,
            "since": timestamp(each.since),
            "days": (now - each.since).days,
            "variant": each.variant,
        }
        for each in found
    ]
    rows = [(each.key, WORDS[each.reason], each.variant or "in code", f"{(now - each.since).days}") for each in found]
    columns = ("flag", "why", "variant", "days")
    out.result({"flags": documents}, [table("Stale flags", columns, rows, f"no flags for {days} days or more")])
