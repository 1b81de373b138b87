"""edgeship policy: what an upload of a widget does, the steps of its rollouts, and when a release is unhealthy."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from edgeship.cli import context
from edgeship.cli.channels.named_widgets import (
    AllWidgetsOption,
    WidgetsArgument,
    check_named,
    finish,
    named_widgets,
    one_by_one,
    outcomes_document,
)
from edgeship.cli.channels.policy_edit import (
    Given,
    change,
    custom_metric_limits,
    document,
    note_new_widget,
    parse_kinds,
    parse_testers,
    parse_windows,
)
from edgeship.cli.channels.policy_text import settings
from edgeship.cli.durations import parse_duration, parse_steps
from edgeship.cli.errors import Usage
from edgeship.cli.options import EnvOption, JsonOption, ReasonOption, StepsOption
from edgeship.cli.output import plain, table
from edgeship.domain.channels.policy import (
    DuringRollout,
    Mode,
    OnBreaking,
    OnFailedVerification,
    OnInconclusive,
    Policy,
)
from edgeship.domain.naming import check_widget
from edgeship.domain.releases.serving import Serve

ChunkFailures = Literal["count", "ignore"]

app = typer.Typer(help="Show and change what an upload of a widget does.", no_args_is_help=True, rich_markup_mode=None)


@app.command()
def get(
    ctx: typer.Context,
    widgets: WidgetsArgument = None,
    everything: AllWidgetsOption = False,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a widget's policy, with the option that sets each part; of several widgets, what is not the default.

    Example:

        edgeship policy get checkout
    """
    out = context.output(ctx, as_json)
    check_named(widgets, everything)
    operator = context.target(ctx, env, out).operator
    named = named_widgets(operator.state, widgets, everything)
    if named.single:
        (widget,) = named.names
        check_widget(widget)
        policy = operator.state.policy(widget).policy
        note_new_widget(out, operator.state.widget(widget) is None, widget)
        rows = [(name, option, shown) for name, (option, shown) in settings(policy).items()]
        default = " (the default)" if policy == Policy() else ""
        shown = table(f"policy of {widget}{default}", ("what", "option", "value"), rows)
        out.result({"widget": widget, **document(policy)}, [shown])
        return
    lines: list[tuple[str, str]] = []
    usual = settings(Policy())

    def show(widget: str) -> dict[str, Any]:
        policy = operator.state.policy(check_widget(widget)).policy
        own = [f"{option} {shown}" for name, (option, shown) in settings(policy).items() if usual[name][1] != shown]
        lines.append((widget, "; ".join(own) or "the default"))
        return {"widget": widget, **document(policy)}

    outcomes = list(one_by_one(named.names, show, out))
    out.result(outcomes_document(outcomes), [table("policies", ("widget", "policy"), lines)])
    finish(outcomes)


@app.command("set")
def set_policy(
    ctx: typer.Context,
    widgets: WidgetsArgument = None,
    everything: AllWidgetsOption = False,
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
    metric: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Judge this custom metric, which pages report by edgeship.track; or none."),
    ] = None,
    above: Annotated[
        float | None,
        typer.Option(metavar="VALUE", help="Unhealthy at or above: the custom metric, 95th percentile."),
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
    networks: Annotated[
        int | None,
        typer.Option(
            metavar="COUNT",
            help="Failures from fewer networks pause a rollout, and roll nothing back; 0 counts any report.",
        ),
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
    windows: Annotated[
        str | None,
        typer.Option(
            metavar="TIMES",
            help="Calendar windows within which releases and steps start automatically, separated by commas, such as "
            "'mon-thu 09:00-16:00 Europe/Berlin, fri 09:00-12:00 Europe/Berlin'; or always.",
        ),
    ] = None,
    testers: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="Users who get a candidate from the first step on, named as by ?user=, separated by commas; or none.",
        ),
    ] = None,
    testers_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", exists=True, dir_okay=False, help="The same from a file, one name a line."),
    ] = None,
    mode: Annotated[
        Mode | None,
        typer.Option(help="Whether an unhealthy release is rolled back (act), or people are only notified (watch)."),
    ] = None,
    on_breaking: Annotated[
        OnBreaking | None,
        typer.Option(help="What becomes of an upload that breaks what the stable release offers and does not say so."),
    ] = None,
    default: Annotated[
        bool, typer.Option("--default", help="Return to the defaults; other options apply on top of them.")
    ] = False,
    reason: ReasonOption = None,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change the given parts of the policy of a widget, or of several.

    A widget without a release may have a policy. A running rollout keeps its steps. Of several widgets, each is changed
    in a transaction of its own: one that is refused does not stop the others.

    Example:

        edgeship policy set checkout --steps 5:12h,50:1d,100 --error-rate 2
    """
    out = context.output(ctx, as_json)
    given = Given(
        fields={
            "auto": parse_kinds(auto) if auto is not None else None,
            "steps": parse_steps(steps) if steps is not None else None,
            "on_inconclusive": on_inconclusive,
            "during_rollout": during_rollout,
            "rollback_window_seconds": parse_duration(rollback_window, "--rollback-window")
            if rollback_window is not None
            else None,
            "on_failed_verification": on_failed_verification,
            "serve": serve,
            "calendar_windows": None if windows is None else parse_windows(windows),
            "mode": mode,
            "on_breaking": on_breaking,
        },
        limits={
            "error_rate": error_rate,
            "latency_ms": latency_ms,
            "memory_mb": memory_mb,
            **custom_metric_limits(metric, above),
            "soft_error_points": soft_error_points,
            "margin_points": margin_points,
            "error_probability": error_probability,
            "missing_sessions": missing_sessions,
            "networks": networks,
            "minimum_sample": minimum_sample,
            "count_chunk_failures": None if chunk_failures is None else chunk_failures == "count",
        },
        testers=parse_testers(testers, testers_file),
        default=default,
    )
    if given.is_nothing:
        example = (widgets or ["--all"])[0]
        raise Usage(
            "No option is given.",
            f"Give what to change, for example edgeship policy set {example} --steps 5:12h,50:1d,100; see --help.",
        )
    check_named(widgets, everything)
    target = context.target(ctx, env, out)
    operator = target.operator
    occasion = target.occasion(reason or "policy changed by hand")
    named = named_widgets(operator.state, widgets, everything)
    if named.single:
        changed = change(operator, named.names[0], given, occasion, out)
        out.result(changed.document, [plain("\n".join(changed.lines))])
        return
    lines: list[str] = []

    def act(widget: str) -> dict[str, Any]:
        changed = change(operator, widget, given, occasion, out)
        lines.extend(changed.lines if changed.document["changed"] else [f"policy of {widget}: nothing to do"])
        return changed.document

    outcomes = list(one_by_one(named.names, act, out))
    failed = [f"policy of {o.widget}: {o.failure.reason}" for o in outcomes if o.failure is not None]
    out.result(outcomes_document(outcomes), [plain("\n".join([*lines, *failed]))])
    finish(outcomes)
