"""What a shell offers for the names of an environment. It never fails, and says nothing: a name can always be typed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from edgeship.cli.context import Target

MOST = 100


def widgets(ctx: typer.Context, incomplete: str) -> list[str]:
    return _offered(ctx, incomplete, lambda target: (each.name for each in target.operator.state.widgets()))


def versions(ctx: typer.Context, incomplete: str) -> list[str]:
    """Of the widget that was typed before; the newest first."""
    widget = ctx.params.get("widget")
    if not isinstance(widget, str):
        return []
    return _offered(ctx, incomplete, lambda target: (str(r.version) for r in target.operator.state.releases(widget)))


def channels(ctx: typer.Context, incomplete: str) -> list[str]:
    """Of the widget that was typed before."""
    widget = ctx.params.get("widget")
    if not isinstance(widget, str):
        return []
    return _offered(ctx, incomplete, lambda target: (each.name for each in target.operator.state.channels(widget)))


def flags(ctx: typer.Context, incomplete: str) -> list[str]:
    return _offered(
        ctx,
        incomplete,
        lambda target: (flag.key for flag in target.operator.state.flags() if flag.document is not None),
    )


def environments(ctx: typer.Context, incomplete: str) -> list[str]:  # noqa: ARG001  typer's
    """The stacks of the account of these credentials, and the local cloud that runs in this folder."""
    from edgeship.cli.context import deployed_environments

    try:
        return _matching(deployed_environments(), incomplete)
    except Exception:  # noqa: BLE001  a shell is waiting for names, not for reasons
        return []


def _offered(ctx: typer.Context, incomplete: str, names: Callable[[Target], Iterable[str]]) -> list[str]:
    from edgeship.cli.context import named_target

    try:
        return _matching(names(named_target(ctx.params.get("env"))), incomplete)
    except Exception:  # noqa: BLE001  a shell is waiting for names, not for reasons
        return []


def _matching(names: Iterable[str], incomplete: str) -> list[str]:
    return [name for name in names if name.startswith(incomplete)][:MOST]
