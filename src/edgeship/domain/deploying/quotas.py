"""What a stack takes of its account's quotas, and what to ask AWS for."""

from __future__ import annotations

from dataclasses import dataclass


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

    def shortage(self, quota: int, used: int = 0) -> str | None:
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
        return (
            f"{self.name}: the account has {quota:,}{others}, and the stack needs {self.needed:,} ({self.reason}). "
            f"Ask AWS for {ask:,}: {how}"
        )
