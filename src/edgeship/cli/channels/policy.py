"""edgeship policy: what an upload of a widget does, the steps of its rollouts, and when a release is unhealthy."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

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
from edgeship.domain.releases.serving import Serve
from edgeship.domain.version import Bump

ChunkFailures = Literal["count", "ignore"]

app = typer.Typer(help="Show and change what an upload of a widget does.", no_args_is_help=True, rich_markup_mode=None)

NOTHING = "none"
"""The value of --auto for no kind of release."""


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
    _note_new_widget(out, operator.state.widget(widget) is None, widget)
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
            help="Releases that go live automatically: patch, minor, major, prerelease, separated by commas; or none.",
        ),
    ] = None,
    steps: StepsOption = None,
    error_rate: Annotated[
        float | None, typer.Option(metavar="PERCENT", help="Unhealthy at or above: sessions with an error, per cent.")
    ] = None,
    latency_ms: Annotated[
        float | None, typer.Option(metavar="MS", help="Unhealthy at or above: load latency, 95th percentile.")
    ] = None,
    memory_mb: Annotated[
        float | None, typer.Option(metavar="MB", help="Unhealthy at or above: memory, 95th percentile.")
    ] = None,
    soft_error_points: Annotated[
        float | None,
        typer.Option(
            metavar="POINTS", help="A candidate whose error rate is further above the stable version's is paused."
        ),
    ] = None,
    margin_points: Annotated[
        float | None,
        typer.Option(
            metavar="POINTS",
            help="A candidate whose error rate is certainly further above the stable version's is rolled back.",
        ),
    ] = None,
    error_probability: Annotated[
        float | None,
        typer.Option(metavar="P", help="How probable it is, over a whole rollout, that this is an error."),
    ] = None,
    missing_sessions: Annotated[
        float | None,
        typer.Option(metavar="PERCENT", help="A candidate of which certainly more sessions do not report is held."),
    ] = None,
    minimum_sample: Annotated[
        int | None, typer.Option(metavar="SESSIONS", help="With fewer sessions the analysis is inconclusive.")
    ] = None,
    chunk_failures: Annotated[
        ChunkFailures | None,
        typer.Option(help="Whether sessions in which only a chunk did not load count in the error rate."),
    ] = None,
    on_inconclusive: Annotated[
        OnInconclusive | None, typer.Option(help="What happens when a bake ends with too few sessions.")
    ] = None,
    during_rollout: Annotated[
        DuringRollout | None, typer.Option(help="What a newer upload does during a rollout: wait, or replace it.")
    ] = None,
    rollback_window: Annotated[
        str | None,
        typer.Option(
            metavar="DURATION", help="How long after a move an unhealthy version is rolled back automatically."
        ),
    ] = None,
    on_failed_verification: Annotated[
        OnFailedVerification | None,
        typer.Option(help="What happens when a CDN does not serve the version of a move."),
    ] = None,
    serve: Annotated[
        Serve | None,
        typer.Option(
            help="How moving paths such as latest are served: pin each page view to one release, in place, or auto."
        ),
    ] = None,
    default: Annotated[
        bool, typer.Option("--default", help="Return to the defaults; other options apply on top of them.")
    ] = False,
    reason: ReasonOption = None,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change the given parts of a widget's policy.

    A widget without a release may have a policy. A running rollout keeps its steps.

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
            "serve": serve,
        },
        limits={
            "error_rate": error_rate,
            "latency_ms": latency_ms,
            "memory_mb": memory_mb,
            "soft_error_points": soft_error_points,
            "margin_points": margin_points,
            "error_probability": error_probability,
            "missing_sessions": missing_sessions,
            "minimum_sample": minimum_sample,
            "count_chunk_failures": None if chunk_failures is None else chunk_failures == "count",
        },
        default=default,
    )
    if given.is_nothing:
        raise Usage(
            "No option is given.",
            f"Give what to change, for example edgeship policy set {widget} --steps 5:12h,50:1d,100; see --help.",
        )
    target = context.target(ctx, env, out)
    operator = target.operator
    occasion = target.occasion(reason or "policy changed by hand")
    # The policy that the last attempt started from, to show what has changed.
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
    _note_new_widget(out, operator.state.widget(widget) is None, widget)
    old, new = settings(started_from[-1]), settings(after)
    lines = [f"{name}: {old[name][1]} → {new[name][1]}" for name in new if old[name] != new[name]]
    shown = [f"policy of {widget} changed", *(f"    {line}" for line in lines)]
    out.result({"widget": widget, "changed": True, **_document(after)}, [plain("\n".join(shown))])


@dataclass(frozen=True)
class _Given:
    """The options of the command line; None where an option is not given."""

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
    # The domain refuses unknown kinds.
    return frozenset(kinds)  # type: ignore[arg-type]


def _note_new_widget(out: Output, is_new: bool, widget: str) -> None:
    if is_new:
        out.note(f"{widget} has no release yet; the policy applies to its future uploads")
