"""The widgets that a command line names: by name, by pattern, or all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edgeship.cli.errors import Failure, Usage, explain
from edgeship.cli.output import Output
from edgeship.domain.errors import Refused

if TYPE_CHECKING:
    from edgeship.application.status.ports import EnvironmentState

WidgetsArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="[WIDGET]...", help="Names of widgets, or patterns of them in quotes, such as 'chat-*'."),
]
AllWidgetsOption = Annotated[bool, typer.Option("--all", help="Every widget that has a release.")]

_PATTERN = frozenset("*?[")


@dataclass(frozen=True)
class Named:
    """Of a `single` name, a command prints that widget's document alone."""

    names: tuple[str, ...]
    single: bool


def check_named(given: Sequence[str] | None, everything: bool) -> None:
    """
    Raises:
        Usage: widgets are named as well as all, or none is.
    """
    if bool(given) == everything:
        what = "widgets and --all" if everything else "no widget"
        raise Usage(f"The command line names {what}.", "Name widgets or patterns, or give --all.")


def named_widgets(state: EnvironmentState, given: Sequence[str] | None, everything: bool) -> Named:
    """The widgets, each once, in the order of the command line; a name needs no release yet.

    Raises:
        Refused: `widget_unknown`: a pattern matches nothing, or there is no widget at all.
    """
    check_named(given, everything)
    asked = list(given or ["*"])
    if len(asked) == 1 and not _PATTERN.intersection(asked[0]):
        return Named((asked[0],), single=True)
    needs_known = any(_PATTERN.intersection(each) for each in asked)
    known = [widget.name for widget in state.widgets()] if needs_known else []
    found: dict[str, None] = {}
    for each in asked:
        matches = [name for name in known if fnmatchcase(name, each)] if _PATTERN.intersection(each) else [each]
        if not matches:
            shown = ", ".join(known[:20]) or "none yet"
            raise Refused("widget_unknown", f"No widget matches {each!r}. Nothing was changed.", f"Known: {shown}.")
        found |= dict.fromkeys(matches)
    return Named(tuple(found), single=False)


@dataclass(frozen=True)
class Outcome:
    """One widget's document, or why there is none."""

    widget: str
    document: dict[str, Any] | None
    failure: Failure | None = None


def one_by_one(names: Sequence[str], act: Callable[[str], dict[str, Any]], out: Output) -> Iterator[Outcome]:
    """Act on each; one that fails does not stop the others. Progress goes to standard error."""
    for number, widget in enumerate(names, 1):
        try:
            outcome = Outcome(widget, act(widget))
        except Exception as error:
            # What can be explained is this widget's; a fault of ours ends the command.
            failure = explain(error)
            if failure is None:
                raise
            outcome = Outcome(widget, None, failure)
        done = f"{outcome.failure.reason} {outcome.failure.remedy}" if outcome.failure else "done"
        out.note(f"{number} of {len(names)}: {widget}: {done}")
        yield outcome


def finish(outcomes: Sequence[Outcome]) -> None:
    """End with the exit code of the worst failure, if any failed."""
    codes = [outcome.failure.exit_code for outcome in outcomes if outcome.failure is not None]
    if codes:
        raise typer.Exit(max(codes))


def outcomes_document(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """`{"widgets": [each widget's document, or {"widget", "error"}], "failed": a number}`."""
    return {
        "widgets": [
            outcome.document if outcome.failure is None else {"widget": outcome.widget, **outcome.failure.to_dict()}
            for outcome in outcomes
        ],
        "failed": sum(outcome.failure is not None for outcome in outcomes),
    }
