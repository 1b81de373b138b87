"""What a stack takes of its account's quotas, and what to ask AWS for. Who deploys reads the account.

For each `Need` of `needs(options)`, read the account's quota (Service Quotas' GetServiceQuota with `service` and
`code`; where `code` is None, `default` counts) and how much of it is in use by others than this stack (`used_by` names
the call), and give both to `Need.shortage`. Quotas and defaults:
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html,
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Final

from edgeship.adapters.cdk.place import NEEDS_FILE
from edgeship.domain.deploying.quotas import ALARMS_OF_A_VERSION, BUSY, FIRST_VERSIONS, Need, alarms, concurrency
from edgeship.resource_names import REGION
from infra.options import TICKS_AT_A_TIME, SynthOptions

UNRESERVED: Final = 100
"""Executions that Lambda keeps for functions without a reservation
(https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html)."""
OWN_ALARMS: Final = 100
"""At least as many as a stack has, with room for what later versions add."""


def reserved(options: SynthOptions) -> int:
    """Executions that the stack's functions reserve."""
    rescue = 2 * options.rescue_concurrency + TICKS_AT_A_TIME if options.rescue_concurrency else 0
    return rescue + options.telemetry_concurrency


def needs(options: SynthOptions) -> tuple[Need, ...]:
    """What a stack with these options needs, the most frequent shortage first.

    A new account may have 10 concurrent executions. A stack without reservations deploys and runs there, but a burst of
    beacons then stops all of it: hence a need that is larger than what CloudFormation would refuse.
    """
    reservations = reserved(options)
    fronts = 2 if options.previews else 1
    of_fronts = "one for an environment" + (", and one for its previews" if options.previews else "")
    return (
        concurrency(
            REGION,
            reservations + UNRESERVED if reservations else BUSY,
            f"{reservations:,} reserved, and {UNRESERVED} must be left without a reservation"
            if reservations
            else "functions that run at the same time",
        ),
        Need(
            region=REGION,
            service="cloudfront",
            code="L-24B04930",
            name="Distributions of CloudFront in the account",
            default=500,
            needed=fronts,
            asked=500,
            used_by="cloudfront list-distributions: Quantity",
            reason=of_fronts,
        ),
        Need(
            region=REGION,
            service="cloudfront",
            code=None,
            name="KeyValueStores of CloudFront in the account",
            default=50,
            needed=fronts,
            asked=100,
            used_by="cloudfront list-key-value-stores: the number of items",
            reason=of_fronts,
        ),
        alarms(
            REGION,
            OWN_ALARMS + ALARMS_OF_A_VERSION * FIRST_VERSIONS,
            f"its own, and {ALARMS_OF_A_VERSION} for each version that is watched",
        ),
    )


def write_needs(options: SynthOptions, assembly: Path) -> None:
    """Leave the needs beside the templates of an assembly."""
    (assembly / NEEDS_FILE).write_text(json.dumps([asdict(need) for need in needs(options)], indent=1), "utf-8")
