"""edgeship synth: the template of an environment, without an account."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from edgeship.adapters.cdk.place import app_place
from edgeship.cli import context
from edgeship.cli.deploying.given import AccountOption, ContextOption, context_of
from edgeship.cli.deploying.trouble import deploy_trouble
from edgeship.cli.errors import Usage
from edgeship.cli.options import EnvOption, JsonOption
from edgeship.cli.output import plain
from edgeship.resource_names import LOCAL


def synth(
    ctx: typer.Context,
    env: EnvOption = None,
    given: ContextOption = None,
    account: AccountOption = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Where the templates and bundles are written.")
    ] = Path("cdk.out"),
    as_json: JsonOption = False,
) -> None:
    """Write the CloudFormation template of an environment.

    Needs the extra deploy. Without credentials and --account the template is for account 000000000000, which can't be
    deployed.

    Example:

        edgeship synth --env production -c domain_name=widgets.example.com
    """
    out = context.output(ctx, as_json)
    environment = context.named(ctx, env)
    if environment is None:
        raise Usage("No environment is named.", f"Name one with --env, {context.ENV_VARIABLE} or edgeship.toml.")
    options = context_of(environment, given)
    chosen = account or options.get("account") or context.account_of_credentials(environment)
    if chosen is None and environment != LOCAL:
        out.note("no account is given and no credentials are found: the template is for 000000000000")
    options |= {"account": chosen} if chosen else {}
    with deploy_trouble():
        from edgeship.local.progress import progress_line
        from edgeship.local.synthesising import CachedApp

        with progress_line(out.errors, "making the template") as line:
            made = CachedApp(app_place(), line).synthesise(options)
    _replace(output, made.folder)
    templates = {name: str(output / f"{name}.template.json") for name in made.stacks}
    document = {"environment": environment, "account": made.account, "folder": str(output), "templates": templates}
    out.result(document, [plain("\n".join(f"{name}  {file}" for name, file in templates.items()))])


def _replace(folder: Path, made: Path) -> None:
    """
    Raises:
        Usage: the folder holds something else than a cloud assembly.
    """
    if folder.exists() and any(folder.iterdir()):
        if not (folder / "manifest.json").is_file():
            raise Usage(f"{folder} holds files, and no cloud assembly.", "Name an empty folder with --output.")
        shutil.rmtree(folder)
    shutil.copytree(made, folder, dirs_exist_ok=True)
