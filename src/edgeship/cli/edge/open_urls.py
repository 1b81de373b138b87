"""edgeship open: where a widget is served."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from edgeship.cli import context
from edgeship.cli.errors import Trouble
from edgeship.cli.options import EnvOption, JsonOption, WidgetArgument
from edgeship.cli.output import grid, plain
from edgeship.domain.errors import Refused
from edgeship.domain.naming import LATEST, health_key, release_prefix

if TYPE_CHECKING:
    from edgeship.domain.channels.channel import Channel
    from edgeship.domain.releases.release import Release


def open_urls(
    ctx: typer.Context,
    widget: WidgetArgument,
    browser: Annotated[
        bool, typer.Option("--browser", help="Open the first one in this machine's browser, too.")
    ] = False,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the URLs of a widget, or open one in a browser.

    The moving path of each channel, the exact path of the live version, and its manifest and health page. While a
    rollout runs, also how a tester gets the candidate.

    Example:

        edgeship open checkout
    """
    out = context.output(ctx, as_json)
    target = context.target(ctx, env, out)
    operator = target.operator
    operator.status(widget)  # refuses an unknown widget
    if target.site_url is None:
        raise Trouble(
            "cdn_unknown", "The CDN's address is not known.", "Set EDGESHIP_URL, or read the stack's outputs."
        )
    channels = [channel for channel in operator.state.channels(widget) if channel.version is not None]
    if not channels:
        raise Refused(
            "nothing_live", f"{widget} has no live version.", f"Promote one: edgeship promote {widget} VERSION."
        )
    named = [version for each in channels for version in (each.version, each.candidate) if version is not None]
    releases = {release.version: release for release in operator.state.releases_among(widget, named)}
    urls = [
        {"what": what, "url": f"{target.site_url}/{path}"}
        for channel in sorted(channels, key=lambda each: each.name != LATEST)
        for what, path in _paths(channel, releases)
    ]
    if browser:
        typer.launch(urls[0]["url"])
    document: dict[str, Any] = {"widget": widget, "urls": urls}
    out.result(document, [grid([(plain(each["what"]), plain(each["url"])) for each in urls])])


def _paths(channel: Channel, releases: dict[Any, Release]) -> list[tuple[str, str]]:
    widget, live, candidate = channel.widget, channel.version, channel.candidate
    assert live is not None
    entry = quote(releases[live].entrypoint)
    moving = LATEST if channel.name == LATEST else f"~{channel.name}"
    found = [
        (channel.name, f"{widget}/{moving}/{entry}"),
        (f"{live}", f"{release_prefix(widget, live)}{entry}"),
        ("manifest", f"{release_prefix(widget, live)}manifest.json"),
        ("health", health_key(widget, live)),
    ]
    if candidate is not None:
        theirs = quote(releases[candidate].entrypoint)
        found += [
            (f"{candidate}, the candidate", f"{release_prefix(widget, candidate)}{theirs}"),
            ("as a tester", f"{widget}/{moving}/{theirs}?edgeship-track=candidate"),
            ("health of the candidate", health_key(widget, candidate)),
        ]
    return found
