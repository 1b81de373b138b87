"""Which version an act is about: what the command says, else what this person was last shown, else what is there.

An act is refused when that version has changed (`changed_since`), so what is there is asked for on a terminal.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import typer

from edgeship.cli.channels.seen import SeenChannels, state_file
from edgeship.cli.context import Target
from edgeship.cli.output import Output, plain
from edgeship.cli.version_text import version_of
from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.expectation import NOTHING, Act, Expected, subject, subject_among
from edgeship.domain.errors import Refused
from edgeship.domain.naming import check_channel, check_widget
from edgeship.domain.plain_text import span
from edgeship.domain.version import Version

ExpectOption = Annotated[
    str | None,
    typer.Option(
        "--expect",
        metavar="VERSION",
        help="The version that this is about, as you saw it: if another is there by now, nothing changes. "
        "Default: what edgeship last showed you, else you are asked.",
    ),
]
YesOption = Annotated[
    bool, typer.Option("--yes", help="Where edgeship would ask: act on the version that is there now.")
]


@dataclass(frozen=True)
class Said:
    """What the command line says of it."""

    expect: str | None
    yes: bool


def settle(
    act: Act, target: Target, out: Output, widget: str, channel: str, said: Said, to: Version | None = None
) -> Expected | None:
    """What the act expects; None when there is nothing that it could be about. `to` is the target of a rollback.

    Raises:
        Refused: `widget_invalid`, `channel_invalid`, `version_invalid`, or `not_confirmed`.
    """
    check_widget(widget)
    check_channel(channel)
    if said.expect is not None:
        return _given(act, said.expect)
    now = _now()
    seen = _seen(target).recall(widget, channel, now)
    if seen is not None:
        remembered = subject_among(act, seen.version, seen.candidate, to)
        if remembered is not None or act.starts:
            out.note(f"expected: {_words(act, remembered)}, as shown {span((now - seen.at).total_seconds())} ago")
            return Expected(remembered, _rollouts(seen.candidate))
    there = target.operator.state.channel(widget, channel)
    found = subject(act, there, to)
    if found is None and not act.starts:
        return None
    if not said.yes and not out.as_json and is_terminal():
        _ask(act, out, there, found)
    else:
        out.note(f"expected: {_words(act, found)}, which is there now")
    return Expected(found, _rollouts(there.candidate))


def shown(target: Target, channels: Iterable[Channel]) -> None:
    """Remember what this command shows, for the acts that follow."""
    _seen(target).remember(channels, _now())


def expected_document(expected: Expected | None) -> str | None:
    """It under `--json`."""
    return str(expected.version) if expected is not None and expected.version is not None else None


def is_terminal() -> bool:
    """Whether somebody is there to be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def _rollouts(candidate: Version | None) -> frozenset[Version]:
    return frozenset([candidate] if candidate is not None else [])


def _given(act: Act, text: str) -> Expected:
    return Expected(None if act.starts and text == NOTHING else version_of(text))


def _ask(act: Act, out: Output, there: Channel, found: Version | None) -> None:
    at = f"is at {there.version}" if there.version is not None else "points at no version"
    with_rollout = f", with a rollout to {there.candidate}" if there.candidate is not None else ""
    out.errors.print(plain(f"{there.name} of {there.widget} {at}{with_rollout}"))
    try:
        agreed = typer.confirm(f"edgeship {act}: {_question(act, found)}?", err=True)
    except typer.Abort:
        raise KeyboardInterrupt from None
    if not agreed:
        raise Refused("not_confirmed", "You answered no. Nothing was changed.", "Check edgeship status.")


def _question(act: Act, found: Version | None) -> str:
    if act.starts:
        return f"start from {found or 'no version'}"
    return f"roll {found} back" if act is Act.ROLL_BACK else f"act on the rollout to {found}"


def _words(act: Act, version: Version | None) -> str:
    if act.starts:
        return f"the live version is {version}" if version is not None else "no version is live"
    return f"{version} is live or rolled out" if act is Act.ROLL_BACK else f"a rollout to {version}"


def _seen(target: Target) -> SeenChannels:
    # A local cloud that was started again is another one.
    where = target.local.endpoint_url if target.local is not None else target.names.account
    return SeenChannels(state_file(os.environ), f"{where} {target.names.environment} {target.actor}")


def _now() -> datetime:
    from edgeship.bootstrap.runtime import utc_now

    return utc_now()
