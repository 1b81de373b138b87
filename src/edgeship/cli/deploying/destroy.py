"""edgeship destroy: deletes an environment's stacks."""

from __future__ import annotations

from typing import Annotated

import typer

from edgeship.application.deploying.ports import DeployFailed, StackFacts
from edgeship.cli import context
from edgeship.cli.deploying.agreement import agreed
from edgeship.cli.deploying.given import ContextOption, context_of
from edgeship.cli.errors import ExitCode, Trouble, Usage, sentence
from edgeship.cli.options import EnvOption, JsonOption
from edgeship.cli.output import plain
from edgeship.domain.deploying.stack_status import after_destroy
from edgeship.resource_names import REGION


def destroy(
    ctx: typer.Context,
    env: EnvOption = None,
    given: ContextOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Delete without asking.")] = False,
    unprotect: Annotated[
        bool,
        typer.Option("--unprotect", help="With --yes: also stacks that are protected from deletion, as most are."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Delete an environment's stacks.

    Buckets and tables with data stay, unless the environment is a throw-away one; their names are printed. Asks for the
    environment's name. Widgets on pages stop working.

    Example:

        edgeship destroy --env staging
    """
    out = context.output(ctx, as_json)
    target = context.target(ctx, env, out)
    names = target.names
    from edgeship.cli.deploying.composed import destruction

    use = destruction(target)
    found = use.find(_stacks(target, given))
    protected = [stack.name for stack in found if stack.protected]
    if yes and protected and not unprotect:
        raise Usage(
            f"{', '.join(protected)}: protected from deletion.",
            "Run it without --yes and type the environment's name, or with --yes --unprotect.",
        )
    for stack in found:
        out.note(f"{stack.name} in {stack.region}, account {names.account}: {stack.status}")
    question = f"Pages stop getting these widgets. Type {names.environment} to delete:"
    if not agreed(out, question, names.environment, yes=yes):
        out.note("nothing was changed")
        raise typer.Exit(ExitCode.REFUSED)
    try:
        kept = use.run(found, out.note)
    except (DeployFailed, KeyboardInterrupt) as failed:
        _fail(use.stacks.read(found[0].region, found[0].name), failed)
    document = {"environment": names.environment, "deleted": [stack.name for stack in found], "kept": kept}
    lines = [f"deleted {stack.name}" for stack in found]
    if kept:
        lines += ["", "These stay with their data. A new deploy of this environment adopts them:"]
    out.result(document, [plain("\n".join([*lines, *(f"  {resource}" for resource in kept)]))])
    if target.local is not None:
        out.note("The CDN of this local cloud serves nothing now: stop edgeship local up, and start it again.")


def _stacks(target: context.Target, given: list[str] | None) -> dict[str, str]:
    """The Regions of the stacks that there may be, by name: those of further Regions first, as they hold copies."""
    names = target.names
    regions = context_of(names.environment, given).get("edge_regions", "")
    further = [region for part in regions.split(",") if (region := part.strip()) and region != REGION]
    return {**{names.edge_stack(region): region for region in further}, names.stack: REGION}


def _fail(stack: StackFacts | None, failed: BaseException) -> None:
    interrupted = isinstance(failed, KeyboardInterrupt)
    state = f"The stack {stack.name} is {stack.status}." if stack else "The stack is gone."
    reason = "Interrupted." if interrupted else sentence(failed)
    code = "interrupted" if interrupted else "destroy_failed"
    raise Trouble(code, f"{reason} {state}", after_destroy(stack.status if stack else None)) from failed
