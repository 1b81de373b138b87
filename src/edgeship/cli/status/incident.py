"""edgeship incident: what happens, and what can be done about it, one after the other."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import typer

from edgeship.cli import context
from edgeship.cli.channels.expecting import is_terminal, shown
from edgeship.cli.options import EnvOption, JsonOption, WidgetArgument
from edgeship.cli.output import Output, grid, plain
from edgeship.domain.naming import LATEST
from edgeship.domain.plain_text import cut
from edgeship.domain.status.acts import PossibleAct, possible_acts
from edgeship.domain.status.standing import Need

if TYPE_CHECKING:
    from rich.console import RenderableType

    from edgeship.application.status.explain_errors import ExplainedError
    from edgeship.application.status.read_status import WidgetStatus
    from edgeship.domain.version import Version

ERRORS_SHOWN = 3
MAX_MESSAGE = 160


def incident(ctx: typer.Context, widget: WidgetArgument, env: EnvOption = None, as_json: JsonOption = False) -> int:
    """Walk through an incident: what is live, what changed, what browsers say, and the possible acts.

    On a terminal it asks which of the acts to do, and for the reason. Each is a plain command, which it prints, with
    the version that you were shown: if another is there by then, nothing changes. Elsewhere, and with --json, it does
    nothing.

    Example:

        edgeship incident checkout
    """
    from edgeship.cli.status.status_document import status_document
    from edgeship.cli.status.widget_view import rejections_shown, widget_shown

    out = context.output(ctx, as_json)
    target = context.target(ctx, env, out)
    operator = target.operator
    found = operator.status(widget)
    if not found.widgets:
        out.result({"widget": widget, "acts": []}, rejections_shown(widget, found))
        return 0
    (status,) = found.widgets
    document = status_document(found, operator.numbers(status.channels), target.names.environment)
    shown(target, status.channels)
    subject = status.subject
    errors = operator.errors(widget, subject) if subject is not None else []
    acts = _acts(status)
    parts = [*widget_shown(status, found, document["widgets"][0], target.names.environment)][:-2]
    parts += [*_changes(operator, widget, subject), *_errors(errors, subject), *_offers(acts)]
    result = {
        "widget": widget,
        "status": document["widgets"][0],
        "subject": str(subject) if subject else None,
        "errors": [{"message": each.error.message, "count": each.error.count} for each in errors[:ERRORS_SHOWN]],
        "acts": [{"command": act.text, "does": act.does} for act in acts],
    }
    out.result(result, parts)
    if as_json or out.as_json or not acts or not is_terminal():
        return 0
    return choose(acts, target.names.environment, _ask)


def choose(acts: Sequence[PossibleAct], environment: str, ask: Callable[[str], str]) -> int:
    """Ask for an act and its reason, print the command, and run it. Returns its exit code; 0 if none is chosen."""
    from edgeship.cli.main import main

    out = Output(as_json=False)
    answer = ask(f"which one (1 to {len(acts)}, Enter for none)").strip()
    if not answer:
        return 0
    if not answer.isdecimal() or not 1 <= int(answer) <= len(acts):
        out.warning(f"{answer!r} is none of them; nothing was done")
        return 2
    reason = ask("why, for the history").strip()
    words = [*acts[int(answer) - 1].command, *(["--reason", reason] if reason else []), "--env", environment]
    out.note(f"$ edgeship {shlex.join(words)}")
    return main(words)


def _ask(question: str) -> str:
    return str(typer.prompt(question, default="", show_default=False, err=True))


def _acts(status: WidgetStatus) -> list[PossibleAct]:
    mismatched = {standing.channel for standing in status.standings if standing.need is Need.MISMATCH}
    return [
        act
        for channel in sorted(status.channels, key=lambda each: each.name != LATEST)
        for act in possible_acts(channel, status.can_roll_back_to.__contains__, channel.name in mismatched)
    ]


def _changes(operator: Any, widget: str, subject: Version | None) -> Iterator[RenderableType]:
    if subject is None:
        return
    brought = operator.changes(widget, subject)
    texts = [text for texts in (brought.manifest.changes if brought.manifest else {}).values() for text in texts]
    commit = f", commit {brought.release.git_commit[:10]}" if brought.release.git_commit else ""
    yield plain("")
    yield plain(f"what {subject} brought{commit} (all: edgeship changes {widget} {subject})", "bold")
    yield from (plain(f"- {text}") for text in texts[:5])
    if not texts:
        yield plain("no changes were published with it", "dim")


def _errors(errors: Sequence[ExplainedError], subject: Version | None) -> Iterator[RenderableType]:
    if subject is None:
        return
    yield plain("")
    yield plain(f"errors of {subject}" if errors else f"browsers have reported no error of {subject}", "bold")
    if errors:
        yield grid([(plain(f"{each.error.count:,} times"), plain(_error(each))) for each in errors[:ERRORS_SHOWN]])


def _error(each: ExplainedError) -> str:
    place = each.places[0] if each.places else None
    at = f"\n{place.file}:{place.line}" if place is not None and not isinstance(place, str) else ""
    return f"{cut(each.error.message, MAX_MESSAGE)}{at}"


def _offers(acts: Sequence[PossibleAct]) -> Iterator[RenderableType]:
    yield plain("")
    if not acts:
        yield plain("no act is possible now; publish a fixed version", "bold")
        return
    yield plain("what can be done now", "bold")
    rows = []
    for number, act in enumerate(acts, 1):
        rows += [(plain(f"{number}"), plain(act.text, "bold cyan")), (plain(""), plain(act.does))]
    yield grid(rows)
