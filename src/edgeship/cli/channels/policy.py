"""edgeship policy: what an upload of a widget does, how its rollouts go, and what counts as ill."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any

import typer

from edgeship.cli import context
from edgeship.cli.channels.policy_text import settings
from edgeship.cli.durations import parse_duration, parse_steps
from edgeship.cli.errors import Usage
from edgeship.cli.options import EnvOption, JsonOption, ReasonOption, StepsOption, WidgetArgument
from edgeship.cli.output import Output, plain, table
from edgeship.domain.channels.policy import DuringRollout, OnFailedVerification, OnInconclusive, Policy
from edgeship.domain.channels.policy_record import to_document
from edgeship.domain.errors import Refused
from edgeship.domain.naming import check_widget
from edgeship.domain.version import Bump

app = typer.Typer(help="Show and change what an upload of a widget does.", no_args_is_help=True, rich_markup_mode=None)

NOTHING = "none"
"""What --auto says when no kind of release is to go live by itself."""


@app.command()
def get(ctx: typer.Context, widget: WidgetArgument, env: EnvOption = None, as_json: JsonOption = False) -> None:
    """Show a widget's policy, with the option that sets each part.

    Example:

        edgeship policy get checkout
    """
    out = context.output(ctx, as_json)
    check_widget(widget)
    operator = context.target(ctx, env, out).operator
    policy = operator.state.policy(widget).policy
    _tell_of_a_new_name(out, operator.state.widget(widget) is None, widget)
    rows = [(name, option, shown) for name, (option, shown) in settings(policy).items()]
    default = " (the default)" if policy == Policy() else ""
    shown = table(f"policy of {widget}{default}", ("what", "option", "value"), rows)
    out.result({"widget": widget, **_document(policy)}, [shown])


@app.command("set")
def set_policy(
    ctx: typer.Context,
    widget: WidgetArgument,
    auto: Annotated[
        str | None,
        typer.Option(
            metavar="KINDS",
            help="The releases that go live by themselves: of patch, minor, major, prerelease, by commas; or none.",
        ),
    ] = None,
    steps: StepsOption = None,
    error_rate: Annotated[
        float | None, typer.Option(metavar="PERCENT", help="Ill from here on: sessions with an error, per cent.")
    ] = None,
    latency_ms: Annotated[
        float | None, typer.Option(metavar="MS", help="Ill from here on: load latency, 95th percentile.")
    ] = None,
    memory_mb: Annotated[
        float | None, typer.Option(metavar="MB", help="Ill from here on: memory, 95th percentile.")
    ] = None,
    soft_error_points: Annotated[
        float | None,
        typer.Option(
            metavar="POINTS", help="A candidate's error rate further than this above the stable version's pauses."
        ),
    ] = None,
    minimum_sample: Annotated[
        int | None, typer.Option(metavar="SESSIONS", help="Fewer sessions than these say nothing.")
    ] = None,
    on_inconclusive: Annotated[
        OnInconclusive | None, typer.Option(help="What a step does whose bake ends with too few sessions.")
    ] = None,
    during_rollout: Annotated[
        DuringRollout | None, typer.Option(help="What a newer upload does to a rollout: wait for it, or replace it.")
    ] = None,
    rollback_window: Annotated[
        str | None,
        typer.Option(metavar="DURATION", help="How long after a move an ill version is taken back by itself."),
    ] = None,
    on_failed_verification: Annotated[
        OnFailedVerification | None,
        typer.Option(help="What happens when a CDN serves something else than a move brought."),
    ] = None,
    default: Annotated[
        bool, typer.Option("--default", help="Go back to the defaults; other options count on top of them.")
    ] = False,
    reason: ReasonOption = None,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change a widget's policy: what is given, and nothing else.

    A widget that has no release yet may have one. A rollout that is under way keeps its steps.

    Example:

        edgeship policy set checkout --steps 5:12h,50:1d,100 --error-rate 2
    """
    out = context.output(ctx, as_json)
    given = _Given(
        fields={
            "auto": _kinds(auto) if auto is not None else None,
            "steps": parse_steps(steps) if steps is not None else None,
            "on_inconclusive": on_inconclusive,
            "during_rollout": during_rollout,
            "rollback_window_seconds": parse_duration(rollback_window, "--rollback-window")
            if rollback_window is not None
            else None,
            "on_failed_verification": on_failed_verification,
        },
        limits={
            "error_rate": error_rate,
            "latency_ms": latency_ms,
            "memory_mb": memory_mb,
            "soft_error_points": soft_error_points,
            "minimum_sample": minimum_sample,
        },
        default=default,
    )
    if given.is_nothing:
        raise Usage(
            "Nothing is given that the policy should say.",
            f"Give what is to change, for example edgeship policy set {widget} --steps 5:12h,50:1d,100; see --help.",
        )
    target = context.target(ctx, env, out)
    operator = target.operator
    occasion = target.occasion(reason or "policy changed by hand")
    # What the last attempt started from, to say what became different.
    started_from = [Policy()]

    def edit(before: Policy) -> Policy:
        started_from.append(before)
        return given.applied_to(before)

    try:
        after = operator.policy(widget, edit, occasion)
    except Refused as refused:
        if refused.code != "policy_unchanged":
            raise
        out.note(refused.reason)
        document = {"widget": widget, "changed": False, **_document(started_from[-1])}
        out.result(document, [plain("nothing to do")])
        return
    _tell_of_a_new_name(out, operator.state.widget(widget) is None, widget)
    old, new = settings(started_from[-1]), settings(after)
    lines = [f"{name}: {old[name][1]} → {new[name][1]}" for name in new if old[name] != new[name]]
    shown = [f"policy of {widget} changed", *(f"    {line}" for line in lines)]
    out.result({"widget": widget, "changed": True, **_document(after)}, [plain("\n".join(shown))])


@dataclass(frozen=True)
class _Given:
    """What the command line says of a policy; a field that it does not name is None."""

    fields: dict[str, Any]
    limits: dict[str, Any]
    default: bool

    @property
    def is_nothing(self) -> bool:
        return not self.default and all(value is None for value in (*self.fields.values(), *self.limits.values()))

    def applied_to(self, policy: Policy) -> Policy:
        base = Policy() if self.default else policy
        limits = {name: value for name, value in self.limits.items() if value is not None}
        fields = {name: value for name, value in self.fields.items() if value is not None}
        return replace(base, **fields, thresholds=replace(base.thresholds, **limits))


def _document(policy: Policy) -> dict[str, Any]:
    return {"is_default": policy == Policy(), **to_document(policy)}


def _kinds(text: str) -> frozenset[Bump]:
    if text == NOTHING:
        return frozenset()
    kinds = [kind.strip() for kind in text.split(",")]
    if "" in kinds:
        raise Usage(
            f"--auto: {text!r} has an empty part.", f"Write kinds with commas between, as in patch,minor; or {NOTHING}."
        )
    # The domain refuses those that are no kind of release.
    return frozenset(kinds)  # type: ignore[arg-type]


def _tell_of_a_new_name(out: Output, is_new: bool, widget: str) -> None:
    if is_new:
        out.note(f"{widget} has no release yet; the policy is for its uploads to come")
