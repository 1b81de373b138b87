"""edgeship deploy: an environment's stacks, on AWS or on the local cloud of this folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated

import typer

from edgeship.application.deploying.deploy_environment import DeployEnvironment, Plan
from edgeship.application.deploying.ports import DeployFailed
from edgeship.cli import context
from edgeship.cli.deploying.agreement import agreed
from edgeship.cli.deploying.given import AccountOption, ContextOption, context_of
from edgeship.cli.deploying.trouble import deploy_trouble
from edgeship.cli.errors import ExitCode, Trouble, Usage, sentence
from edgeship.cli.options import EnvOption, JsonOption
from edgeship.cli.output import Output, plain
from edgeship.domain.deploying.stack_status import after_deploy
from edgeship.domain.edge.freshness import DEFAULT_FRESHNESS_SECONDS


def deploy(
    ctx: typer.Context,
    env: EnvOption = None,
    given: ContextOption = None,
    account: AccountOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Deploy without asking, as where nobody can be asked.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Create or update an environment.

    Shows what would change, and asks. Bootstraps the account's Regions for the CDK where that is missing. Needs the
    extra deploy, and credentials that may create the stack.

    Example:

        edgeship deploy --env production -c domain_name=widgets.example.com -c certificate_arn=arn:aws:acm:us-east-1:…
    """
    out = context.output(ctx, as_json)
    target = context.target(ctx, env, out)
    names = target.names
    options = context_of(names.environment, given)
    wanted = account or options.get("account")
    if wanted and wanted != names.account:
        raise Usage(
            f"The account {wanted} is given, and the credentials are of {names.account}.",
            "Use credentials of that account, or leave the account out.",
        )
    progress = out.note
    with deploy_trouble():
        from edgeship.cli.deploying.composed import deployment

        use = deployment(target, progress)
        if target.local is not None:
            options = {**_of_the_local_cloud(), **options}
        plan = use.plan({**options, "account": names.account}, progress)
    _show(out, plan)
    if plan.does_nothing:
        out.note("nothing to change")
        there = plan.seen[names.stack]
        _done(out, target, dict(there.outputs) if there else {}, options, changed=False)
        return
    if not agreed(out, f"Deploy these changes to {names.environment} in account {names.account}? [y/N]", "y", yes=yes):
        out.note("nothing was changed")
        raise typer.Exit(ExitCode.REFUSED)
    with deploy_trouble(), _state_at_the_end(use, plan):
        outputs = use.run(plan, progress)
    _done(out, target, outputs, options, changed=True)


def _of_the_local_cloud() -> dict[str, str]:
    """What `edgeship local up` deploys with: another deploy takes nothing of it away."""
    from edgeship.local.cloud import local_context

    return local_context(DEFAULT_FRESHNESS_SECONDS)


def _show(out: Output, plan: Plan) -> None:
    out.errors.print(plain(plan.diff.text))
    for region in plan.unready:
        out.note(f"{region} is bootstrapped for the CDK first (stack CDKToolkit)")
    if plan.first is not None:
        out.note("there is no complete stack yet: it is deployed in two steps")
    for note in plan.notes:
        out.warning(note)


@contextmanager
def _state_at_the_end(use: DeployEnvironment, plan: Plan) -> Iterator[None]:
    """Says in which state an interrupted or failed deploy leaves each stack, and what to type next."""
    try:
        yield
    except KeyboardInterrupt as interrupted:
        raise Trouble("interrupted", f"Interrupted. {_states(use, plan)}", _next(use, plan)) from interrupted
    except DeployFailed as failed:
        raise Trouble("deploy_failed", f"{sentence(failed)} {_states(use, plan)}", _next(use, plan)) from failed


def _states(use: DeployEnvironment, plan: Plan) -> str:
    found = {name: use.stacks.read(region, name) for name, region in plan.assembly.stacks.items()}
    return " ".join(f"The stack {name} is {stack.status if stack else 'not there'}." for name, stack in found.items())


def _next(use: DeployEnvironment, plan: Plan) -> str:
    home, region = next(iter(plan.assembly.stacks.items()))
    stack = use.stacks.read(region, home)
    return after_deploy(stack.status if stack else None)


def _done(
    out: Output, target: context.Target, outputs: dict[str, str], options: Mapping[str, str], *, changed: bool
) -> None:
    environment = target.names.environment
    local = target.local
    url = local.edge_url if local else f"https://{outputs.get(context.URL_OUTPUT, '')}"
    steps = list(_next_steps(environment, outputs, options)) if local is None else []
    document = {
        "environment": environment,
        "account": target.names.account,
        "stack": target.names.stack,
        "changed": changed,
        "url": url,
        "outputs": outputs,
        "next": steps,
    }
    width = max((len(name) for name in outputs), default=0)
    lines = [*(f"{name:<{width}}  {value}" for name, value in sorted(outputs.items())), "", f"{environment}: {url}"]
    out.result(document, [plain("\n".join([*lines, *(f"  {step}" for step in steps)]))])


def _next_steps(environment: str, outputs: Mapping[str, str], options: Mapping[str, str]) -> Iterator[str]:
    if domain := options.get("domain_name"):
        yield f"DNS: point {domain} at {outputs.get(context.URL_OUTPUT)} (CNAME)"
    yield f"CI: attach {outputs.get('UploaderPolicyArn')} to its role (workflows: docs/ci)"
    yield f"publish: edgeship publish dist --env {environment} --widget NAME --version 1.0.0 --wait"
    yield f"check: edgeship status --env {environment}"
