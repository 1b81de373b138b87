"""What the options of `edgeship policy set` say, and one widget's policy changed by them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgeship.cli.channels.policy_text import settings
from edgeship.cli.errors import Usage
from edgeship.cli.output import Output
from edgeship.domain.calendar.calendar_windows import Window, parse_window
from edgeship.domain.channels.policy import Policy
from edgeship.domain.channels.policy_record import to_document
from edgeship.domain.channels.testers import tokens_of_testers
from edgeship.domain.errors import Refused
from edgeship.domain.events import Occasion
from edgeship.domain.version import Bump

if TYPE_CHECKING:
    from edgeship.bootstrap.operator import Operator

NOTHING = "none"
"""The value of --auto for no kind of release, and of --testers for no tester."""
ALWAYS = "always"
"""The value of --windows for no calendar window."""


@dataclass(frozen=True)
class Given:
    """The options of the command line; None where an option is not given. `testers` are names."""

    fields: dict[str, Any]
    limits: dict[str, Any]
    testers: list[str] | None
    default: bool

    @property
    def is_nothing(self) -> bool:
        values = (*self.fields.values(), *self.limits.values(), self.testers)
        return not self.default and all(value is None for value in values)

    def applied_to(self, policy: Policy, widget: str) -> Policy:
        base = Policy() if self.default else policy
        limits = {name: value for name, value in self.limits.items() if value is not None}
        fields = {name: value for name, value in self.fields.items() if value is not None}
        if self.testers is not None:
            fields["testers"] = tokens_of_testers(widget, self.testers)
        return replace(base, **fields, thresholds=replace(base.thresholds, **limits))


@dataclass(frozen=True)
class Changed:
    """The result of one widget: the document, and its lines for people."""

    document: dict[str, Any]
    lines: list[str]


def change(operator: Operator, widget: str, given: Given, occasion: Occasion, out: Output) -> Changed:
    """Change one widget's policy; one that is like that already is no error.

    Raises:
        Refused: as the use case.
    """
    # The policy that the last attempt started from, to show what has changed.
    started_from = [Policy()]

    def edit(before: Policy) -> Policy:
        started_from.append(before)
        return given.applied_to(before, widget)

    try:
        after = operator.policy(widget, edit, occasion)
    except Refused as refused:
        if refused.code != "policy_unchanged":
            raise
        out.note(refused.reason)
        return Changed({"widget": widget, "changed": False, **document(started_from[-1])}, ["nothing to do"])
    note_new_widget(out, operator.state.widget(widget) is None, widget)
    old, new = settings(started_from[-1]), settings(after)
    lines = [f"    {name}: {old[name][1]} → {new[name][1]}" for name in new if old[name] != new[name]]
    if started_from[-1].testers != after.testers and not any("testers:" in line for line in lines):
        lines.append("    testers: others than before")
    return Changed({"widget": widget, "changed": True, **document(after)}, [f"policy of {widget} changed", *lines])


def document(policy: Policy) -> dict[str, Any]:
    return {"is_default": policy == Policy(), **to_document(policy)}


def note_new_widget(out: Output, is_new: bool, widget: str) -> None:
    if is_new:
        out.note(f"{widget} has no release yet; the policy applies to its future uploads")


def custom_metric_limits(metric: str | None, above: float | None) -> dict[str, Any]:
    """The limits that --metric and --above say; None where they are not given.

    Raises:
        Usage: a custom metric without its limit, or no custom metric with one.
    """
    if metric == NOTHING:
        if above is not None:
            raise Usage(f"--above is given with --metric {NOTHING}.", "Leave one of them out.")
        return {"custom_metric": "", "custom_metric_limit": 0.0}
    if metric is not None and above is None:
        raise Usage("--metric is given without --above.", f"Give both, as in --metric {metric} --above 3000.")
    return {"custom_metric": metric, "custom_metric_limit": above}


def parse_windows(text: str) -> tuple[Window, ...]:
    return () if text.strip() == ALWAYS else tuple(parse_window(part) for part in text.split(","))


def parse_kinds(text: str) -> frozenset[Bump]:
    if text == NOTHING:
        return frozenset()
    kinds = [kind.strip() for kind in text.split(",")]
    if "" in kinds:
        raise Usage(
            f"--auto: {text!r} has an empty part.", f"Write kinds with commas between, as in patch,minor; or {NOTHING}."
        )
    # The domain refuses unknown kinds.
    return frozenset(kinds)  # type: ignore[arg-type]


def parse_testers(text: str | None, file: Path | None) -> list[str] | None:
    """The names of testers, from one of the two; None where neither is given.

    Raises:
        Usage: both are given, a name is empty, or the file is no text.
    """
    if text is not None and file is not None:
        raise Usage("--testers and --testers-file are both given.", "Give one of them.")
    if file is not None:
        try:
            lines = file.read_text("utf-8").splitlines()
        except UnicodeDecodeError:
            raise Usage(f"--testers-file: {file} is no text in UTF-8.", "Write one name a line.") from None
        return [line.strip() for line in lines if line.strip()]
    if text is None or text == NOTHING:
        return None if text is None else []
    names = [name.strip() for name in text.split(",")]
    if "" in names:
        raise Usage(f"--testers: {text!r} has an empty part.", f"Write names with commas between; or {NOTHING}.")
    return names
