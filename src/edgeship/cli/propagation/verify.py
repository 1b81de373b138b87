"""edgeship verify: do browsers get the version that a channel points at?"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from edgeship.cli import context
from edgeship.cli.errors import ExitCode, Usage
from edgeship.cli.options import ChannelOption, EnvOption, JsonOption, WidgetArgument
from edgeship.cli.output import plain, table
from edgeship.domain.errors import Refused
from edgeship.domain.naming import LATEST, check_channel, check_widget


def verify(
    ctx: typer.Context,
    widget: WidgetArgument,
    channel: ChannelOption = LATEST,
    wait: Annotated[
        float,
        typer.Option("--wait", metavar="SECONDS", min=0, help="Probe again for so long while any mismatch is left."),
    ] = 0,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> int:
    """Probe a channel through every CDN, and check its copies under latest.

    The entrypoint and a sample of files are fetched, and their SHA-256 is compared with the manifest of the version
    that the answer names. Every copy under latest is compared, too. Nothing is changed. The exit code is 1 when there
    is a mismatch.

    Example:

        edgeship verify checkout
    """
    out = context.output(ctx, as_json)
    check_widget(widget)
    check_channel(channel)
    target = context.target(ctx, env, out)
    urls = target.cdn_urls
    if not urls:
        raise Usage(
            "The address of the CDN is not known.",
            f"Set {context.URL_VARIABLE}=https://…, or use credentials that may read the stack's outputs.",
        )
    from edgeship.bootstrap.commands.verification import build

    now = target.operator.state.channel(widget, channel)
    if now.version is None:
        raise Refused(
            "nothing_live",
            f"{channel} of {widget} points at no version.",
            f"Promote one: edgeship promote {widget} VERSION.",
        )
    found = build(target.names, target.session, urls)(now, wait)
    document = {
        "widget": widget,
        "channel": channel,
        "version": str(now.version),
        "cdns": dict(urls),
        "checked": found.checked,
        "mismatches": [asdict(mismatch) for mismatch in found.mismatches],
    }
    where = " and ".join(urls)
    if not found.mismatches:
        out.result(document, [plain(f"{channel} of {widget} is {now.version} at {where}: {found.checked} probes")])
        return ExitCode.DONE
    rows = [(d.where, d.path, d.kind, d.got, d.expected) for d in found.mismatches]
    title = f"{channel} of {widget} is not {now.version} everywhere: {len(rows)} of {found.checked} probes do not match"
    out.result(document, [table(title, ("where", "path", "what", "got", "expected"), rows)])
    return ExitCode.REFUSED
