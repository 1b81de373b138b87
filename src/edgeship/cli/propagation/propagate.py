"""edgeship propagate: bring a channel to the CDNs again."""

from __future__ import annotations

import typer

from edgeship.cli import context
from edgeship.cli.options import ChannelOption, EnvOption, JsonOption, ReasonOption, WidgetArgument
from edgeship.cli.output import plain
from edgeship.domain.naming import LATEST


def propagate(
    ctx: typer.Context,
    widget: WidgetArgument,
    channel: ChannelOption = LATEST,
    reason: ReasonOption = None,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring the version that a channel points at to the CDNs again, and verify it there.

    Every move is propagated automatically. This is for a move whose verification failed, or that a CDN refused: the
    copies under latest are made again and the caches are refreshed, which costs another invalidation.

    Example:

        edgeship propagate checkout --reason "the purge token had expired"
    """
    out = context.output(ctx, as_json)
    target = context.target(ctx, env, out)
    asked = target.operator.request_deployment(widget, channel, target.occasion(reason or "propagated by hand"))
    document = {"widget": widget, "channel": channel, "version": str(asked.version), "sequence": asked.sequence}
    line = f"{channel} of {widget}: {asked.version} is brought to the CDNs again; see edgeship status {widget}"
    out.result(document, [plain(line)])
