"""edgeship doctor: what is not right with an environment, its account and this machine, and what fixes it."""

from __future__ import annotations

import os
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import typer

from edgeship.cli import context
from edgeship.cli.deploying.given import context_of
from edgeship.cli.errors import ExitCode
from edgeship.cli.options import EnvOption, JsonOption
from edgeship.cli.output import Output, grid, plain
from edgeship.domain.deploying.quotas import needs_to_run
from edgeship.domain.doctor.finding import Check, Level
from edgeship.resource_names import REGION, ResourceNames

if TYPE_CHECKING:
    from edgeship.application.doctor.diagnose_environment import DiagnoseEnvironment
    from edgeship.bootstrap.operations.diagnosing import Known
    from edgeship.domain.doctor.finding import Report

_STYLES = {Level.ERROR: "bold red", Level.WARNING: "yellow", Level.UNCHECKED: "dim"}
_UNKNOWN_ACCOUNT = "0" * 12


def doctor(ctx: typer.Context, env: EnvOption = None, as_json: JsonOption = False) -> None:
    """Check an environment, its account and this machine, and say what fixes each finding.

    Credentials, clock, Region, stack and its version, CDN, router, alarms, queues, quotas, telemetry. It only reads.
    What these credentials may not read is listed as unchecked. Ends with 1 if there is an error.

    Example:

        edgeship doctor --env production
    """
    out = context.output(ctx, as_json)
    diagnosis, names = _composed(ctx, env, out)
    found = diagnosis()
    document = {
        "environment": names.environment,
        "account": None if found.level_of(Check.CREDENTIALS) else names.account,
        "region": REGION,
        "version": version("edgeship"),
        "healthy": not found.findings,
        "checks": [{"check": str(each), "state": _state(found, each)} for each in found.checks],
        "findings": [
            {"check": str(each.check), "level": str(each.level), "text": each.text, "fix": each.fix}
            for each in found.findings
        ],
    }
    out.result(document, _shown(names.environment, found))
    if found.count(Level.ERROR):
        raise typer.Exit(ExitCode.REFUSED)


def _composed(ctx: typer.Context, env: str | None, out: Output) -> tuple[DiagnoseEnvironment, ResourceNames]:
    from botocore.exceptions import BotoCoreError, ClientError

    from edgeship.bootstrap.operations import diagnosing
    from edgeship.bootstrap.runtime import utc_now

    asked = utc_now()
    try:
        target = context.target(ctx, env, out)
    except (BotoCoreError, ClientError) as error:
        names = ResourceNames(context.named(ctx, env) or "", _UNKNOWN_ACCOUNT)
        said = os.environ.get(context.URL_VARIABLE, "").rstrip("/")
        return diagnosing.build_refused(_known(names, {said: None} if said else {}), error, asked), names
    if target.local is not None:
        stacks = {target.names.stack: REGION}
        known = diagnosing.Known(target.names, version("edgeship"), stacks, dict.fromkeys(target.cdn_urls.values()))
    else:
        known = _known(target.names, dict.fromkeys(target.cdn_urls.values()))
    return diagnosing.build(known, target.session), target.names


def _known(names: ResourceNames, cdns: dict[str, str | None]) -> Known:
    """Of an environment on AWS; this folder's options say more about it."""
    from edgeship.bootstrap.operations.diagnosing import Known

    options = context_of(names.environment, None)
    regions = [region for part in options.get("edge_regions", "").split(",") if (region := part.strip())]
    stacks = {names.stack: REGION}
    stacks |= {names.edge_stack(region): region for region in regions if region != REGION}
    if domain := options.get("domain_name"):
        first = next(iter(cdns), "")
        cdns = {**cdns, f"https://{domain}": first.removeprefix("https://") or None}
    return Known(names, version("edgeship"), stacks, cdns, needs_to_run(REGION))


def _state(found: Report, check: Any) -> str:
    return str(found.level_of(check) or "ok")


def _shown(environment: str, found: Report) -> list[Any]:
    if not found.findings:
        return [plain(f"{environment}: {len(found.checks)} checks, no finding")]
    counts = [f"{count} {level}" for level in reversed(Level) if (count := found.count(level))]
    lines: list[Any] = [plain(f"{environment}: {len(found.checks)} checks: {', '.join(counts)}", "bold")]
    rows = []
    for each in found.findings:
        rows.append((plain(each.level, _STYLES[each.level]), plain(each.check), plain(each.text)))
        rows.append((plain(""), plain("fix:"), plain(each.fix)))
    return [*lines, grid(rows)]
