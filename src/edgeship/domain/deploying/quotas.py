"""What a stack takes of its account's quotas, and what to ask AWS for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

LAMBDA_CONCURRENCY: Final = "L-B99A9384"
"""Of Service Quotas."""
BUSY: Final = 20
"""Executions that a small environment has at a time, without a reservation: eleven functions, some twice."""
ALARMS_OF_A_VERSION: Final = 3
FIRST_VERSIONS: Final = 50
"""Versions that are watched at a time in an environment's first weeks: each has three alarms."""


@dataclass(frozen=True)
class Shortage:
    """What is short, and what to do: a sentence each."""

    reason: str
    remedy: str


@dataclass(frozen=True)
class Need:
    """One quota: `needed` is what a stack takes of it, `asked` the value to ask AWS for where that is too little.

    `default` is AWS's, `code` that of Service Quotas or None where it has none, `used_by` the call that counts the use.
    """

    region: str
    service: str
    code: str | None
    name: str
    default: int
    needed: int
    asked: int
    used_by: str
    reason: str

    def short(self, quota: int, used: int = 0) -> Shortage | None:
        """What is short, and what to do; None where `quota` has room for the stack beside the `used` of others."""
        if quota - used >= self.needed:
            return None
        others = f", of which {used:,} are in use" if used else ""
        ask = max(self.asked, used + self.needed)
        how = (
            f"aws service-quotas request-service-quota-increase --region {self.region} --service-code {self.service} "
            f"--quota-code {self.code} --desired-value {ask}"
            if self.code
            else "https://console.aws.amazon.com/support/home#/case/create?issueType=service-limit-increase"
        )
        return Shortage(
            f"{self.name}: the account has {quota:,}{others}, and the stack needs {self.needed:,} ({self.reason}).",
            f"Ask AWS for {ask:,}: {how}",
        )

    def shortage(self, quota: int, used: int = 0) -> str | None:
        """Both of `short` in a line."""
        short = self.short(quota, used)
        return f"{short.reason} {short.remedy}" if short else None


def concurrency(region: str, needed: int, reason: str) -> Need:
    """Of functions (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html)."""
    return Need(
        region=region,
        service="lambda",
        code=LAMBDA_CONCURRENCY,
        name=f"Concurrent executions of Lambda in {region}",
        default=1_000,
        needed=needed,
        asked=1_000,
        used_by="lambda get-account-settings: ConcurrentExecutions less UnreservedConcurrentExecutions",
        reason=reason,
    )


def alarms(region: str, needed: int, reason: str) -> Need:
    """Of CloudWatch (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html)."""
    return Need(
        region=region,
        service="monitoring",
        code=None,
        name=f"Alarms of CloudWatch in {region}",
        default=5_000,
        needed=needed,
        asked=10_000,
        used_by="cloudwatch describe-alarms: the number of alarms",
        reason=reason,
    )


def needs_to_run(region: str) -> tuple[Need, ...]:
    """What an environment that is deployed needs besides what it has."""
    return (
        concurrency(region, BUSY, "functions without a reservation that run at the same time"),
        alarms(region, ALARMS_OF_A_VERSION * FIRST_VERSIONS, f"{ALARMS_OF_A_VERSION} for each version that is watched"),
    )
