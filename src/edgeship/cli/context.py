"""Which environment a command acts on, with whose credentials."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from edgeship.cli.errors import Trouble, Usage
from edgeship.cli.local_principal import local_principal
from edgeship.cli.output import Output
from edgeship.cli.version_text import version_of
from edgeship.domain.errors import Refused
from edgeship.domain.events import Occasion
from edgeship.domain.health.thresholds import PERIOD_SECONDS
from edgeship.local.state_path import STATE_PATH
from edgeship.resource_names import REGION, ResourceNames
from localcloud.cloudwatch.periods import real_seconds
from localcloud.state import LocalState, read_state

if TYPE_CHECKING:
    import boto3

    from edgeship.bootstrap.operator import Operator
    from edgeship.domain.releases.limits import Limits

LOCAL = "local"
ENV_VARIABLE = "EDGESHIP_ENV"
URL_VARIABLE = "EDGESHIP_URL"
PREVIEW_URL_VARIABLE = "EDGESHIP_PREVIEW_URL"
SECOND_URL_VARIABLE = "EDGESHIP_SECOND_URL"
URL_OUTPUT, SECOND_URL_OUTPUT = "DistributionDomainName", "CloudflareUrl"
"""The stack's outputs that name the CDN, and the one in front of it."""
ROOT_WIDGET_OUTPUT = "RootWidget"
"""The stack's output that names the widget whose paths may leave its name out."""

MAX_CAUSE = 1_000
"""Characters of a reason: every event carries one, and what it is about needs the rest."""


@dataclass
class GlobalOptions:
    """The options given before the command's name; and, once a command asks for it, its target, with the names that
    the command was given."""

    env: str | None = None
    as_json: bool = False
    target: Target | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def explained(self, error: BaseException) -> BaseException:
        """A refusal that names what the command names and is not there, where that is why; else the error."""
        if self.target is None or not isinstance(error, Refused):
            return error
        from edgeship.application.status.explain_unknown import Named

        widget, channel, version = (self.parameters.get(name) for name in ("widget", "channel", "version"))
        wanted = None
        with suppress(Refused):  # a selector, such as latest
            wanted = version_of(version or "")
        flag = self.parameters.get("flag") or self.parameters.get("key")
        named = Named(widget if isinstance(widget, str) else None, channel, wanted, flag)
        try:
            return self.target.operator.explain_unknown(error, named)
        except Exception:  # noqa: BLE001  the error itself counts, whatever goes on while its words are looked for
            return error


@dataclass(frozen=True)
class Target:
    """One environment, and the operator. AWS is called only when an answer is first needed."""

    names: ResourceNames
    session: boto3.Session
    actor: str
    local: LocalState | None = None

    @cached_property
    def operator(self) -> Operator:
        """The use cases, none of which needs the CDN."""
        return self._build(None)

    @cached_property
    def site_operator(self) -> Operator:
        """The use cases, with the CDN if its address is known."""
        return self._build(self.site_url)

    @cached_property
    def site_url(self) -> str | None:
        """The CDN's URL, without a trailing slash; None when it is not known."""
        if self.local is not None:
            return self.local.edge_url
        if said := os.environ.get(URL_VARIABLE):
            return said.rstrip("/")
        return self._deployed_url()

    @cached_property
    def cdn_urls(self) -> dict[str, str]:
        """The URL of each CDN, by name; empty when none is known."""
        known = {"cloudfront": self.site_url, "cloudflare": self._second_url}
        return {name: url for name, url in known.items() if url}

    @cached_property
    def preview_url(self) -> str | None:
        """The URL of the previews' distribution, without a trailing slash; None if none is known."""
        from botocore.exceptions import BotoCoreError, ClientError

        if self.local is not None:
            return self.local.side_url
        if said := os.environ.get(PREVIEW_URL_VARIABLE):
            return said.rstrip("/")
        try:
            found = self.session.client("ssm").get_parameter(Name=self.names.preview_url)
        except (BotoCoreError, ClientError):
            return None
        return found["Parameter"]["Value"]

    @property
    def root_widget(self) -> str | None:
        """The widget whose paths may leave its name out; None when there is none, or it is not known."""
        return self._outputs.get(ROOT_WIDGET_OUTPUT)

    @property
    def _second_url(self) -> str | None:
        if self.local is not None:
            return self.local.cloudflare_url
        return os.environ.get(SECOND_URL_VARIABLE, "").rstrip("/") or self._outputs.get(SECOND_URL_OUTPUT)

    def occasion(self, cause: str) -> Occasion:
        """This operator, now.

        Raises:
            Usage: the cause is too long for an event, or no text.
        """
        from edgeship.bootstrap.runtime import utc_now

        if len(cause) > MAX_CAUSE or any("\ud800" <= character <= "\udfff" for character in cause):
            raise Usage(f"The reason is no text of at most {MAX_CAUSE:,} characters.", "Shorten it; link to the rest.")
        return Occasion(self.names.environment, self.actor, cause, utc_now())

    def _build(self, site_url: str | None) -> Operator:
        from edgeship.bootstrap import operator

        period = PERIOD_SECONDS if self.local is None else real_seconds(PERIOD_SECONDS, self.local.speed)
        return operator.build(self.names, self.session, site_url, period)

    def _deployed_url(self) -> str | None:
        domain = self._outputs.get(URL_OUTPUT)
        return f"https://{domain}" if domain else None

    @cached_property
    def _outputs(self) -> dict[str, str]:
        """The stack's outputs; none when these credentials may not read them."""
        from botocore.exceptions import BotoCoreError, ClientError

        # An uploader's credentials may not read the stack. The addresses are optional, so an error means none.
        try:
            stacks = self.session.client("cloudformation").describe_stacks(StackName=self.names.stack)["Stacks"]
        except (BotoCoreError, ClientError):
            return {}
        return {o["OutputKey"]: o["OutputValue"] for stack in stacks for o in stack.get("Outputs", [])}


def given(ctx: typer.Context) -> GlobalOptions:
    """The options before the command's name."""
    found = ctx.find_object(GlobalOptions)
    assert found is not None
    return found


def is_named(ctx: typer.Context, env: str | None) -> bool:
    """Whether the command line, EDGESHIP_ENV or edgeship.toml names an environment."""
    return bool(named(ctx, env))


def named(ctx: typer.Context, env: str | None) -> str | None:
    """The environment that the command line, EDGESHIP_ENV or edgeship.toml names, in this order."""
    return _named(ctx, env) or _of_the_file()


def account_of_credentials(environment: str) -> str | None:
    """The account of the credentials; None when there are none, or AWS can't be asked. The local cloud's is its own."""
    if environment == LOCAL:
        return None
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return str(boto3.Session(region_name=REGION).client("sts").get_caller_identity()["Account"])
    except (BotoCoreError, ClientError):
        return None


def output(ctx: typer.Context, as_json: bool) -> Output:
    """The command's output; `--json` is valid before and after the command's name."""
    return Output(as_json or given(ctx).as_json)


def target(ctx: typer.Context, env: str | None, out: Output) -> Target:
    """The environment from the command line, EDGESHIP_ENV, a running local cloud or edgeship.toml, in this order.

    Raises:
        Usage: none of them names one, or the name is not valid.
        Trouble: `local_cloud`: the name is that of the local cloud, and none runs here.
    """
    found = _target(_named(ctx, env), out)
    options = given(ctx)
    options.target, options.parameters = found, ctx.params
    return found


def named_target(name: str | None) -> Target:
    """The environment that is named, or that EDGESHIP_ENV names, or the local cloud that runs here; without a word.

    Raises:
        Usage, Trouble: as `target`.
    """
    return _target(name or os.environ.get(ENV_VARIABLE), None)


def deployed_environments() -> list[str]:
    """Those whose stacks the account of these credentials has, and the local cloud that runs in this folder."""
    import boto3

    from edgeship.resource_names import STACK_PREFIX

    names = [LOCAL] if read_state(STATE_PATH) is not None else []
    try:
        pages = boto3.Session(region_name=REGION).client("cloudformation").get_paginator("describe_stacks").paginate()
        stacks = [stack["StackName"] for page in pages for stack in page["Stacks"]]
    except Exception:  # noqa: BLE001  without credentials there is the local cloud alone
        stacks = []
    return [*names, *(name.removeprefix(STACK_PREFIX) for name in stacks if name.startswith(STACK_PREFIX))]


def _target(name: str | None, out: Output | None) -> Target:
    running = read_state(STATE_PATH) if name in (None, "", LOCAL) else None
    if not name and running is None:
        name = _of_the_file()
        if not name:
            raise Usage(
                "No environment is named, and no local cloud runs in this folder.",
                f"Name one with --env, {ENV_VARIABLE} or edgeship.toml, or start a local cloud: edgeship local up.",
            )
        if out is not None:
            out.note(f"using the environment {name} of edgeship.toml")
    if not name and running is not None and out is not None:
        out.note(f"using the local cloud at {running.endpoint_url}")
    if running is not None:
        return local_target(running)
    if name == LOCAL:
        raise Trouble("local_cloud", "No local cloud runs in this folder.", "Start one: edgeship local up.")
    assert name
    return _aws_target(name)


def limits(ctx: typer.Context, env: str | None, out: Output) -> Limits | None:
    """The limits of the environment's uploads; None also without credentials or a network.

    Raises:
        Usage, Trouble: as `target`.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return target(ctx, env, out).operator.upload_limits.read()
    except (BotoCoreError, ClientError):
        return None


def local_target(state: LocalState) -> Target:
    """A running local cloud, by whom one acts as there."""
    session, actor = local_principal(state)
    return Target(ResourceNames(state.environment, state.account), session, actor, state)


def _aws_target(environment: str) -> Target:
    try:
        ResourceNames(environment, "0" * 12)
    except ValueError as invalid:
        raise Usage(f"{invalid}.", "Name an environment that has been deployed.") from None
    import boto3

    session = boto3.Session(region_name=REGION)
    # Needs no permission: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
    identity = session.client("sts").get_caller_identity()
    return Target(ResourceNames(environment, identity["Account"]), session, identity["Arn"])


def _named(ctx: typer.Context, env: str | None) -> str | None:
    return env or given(ctx).env or os.environ.get(ENV_VARIABLE)


def _of_the_file() -> str | None:
    from edgeship.adapters.documents.project_toml import read_project_file

    return read_project_file(Path.cwd()).environment
