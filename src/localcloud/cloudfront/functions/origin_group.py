"""The origins that a CloudFront Function chooses for a request by `createRequestOriginGroup`. Pure.

Source: CloudFront Developer Guide, helper-functions-origin-modification.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from localcloud.cloudfront.functions.failure import FunctionFailed

FAILOVER_STATUSES = frozenset({403, 404, 416, 429, 500, 502, 503, 504})
"""Those that CloudFront takes as failover criteria (Developer Guide, high_availability_origin_failover)."""


@dataclass(frozen=True)
class OriginGroup:
    """`primary` is asked first, and `secondary` where that answers with one of `statuses`; both are ids of origins."""

    primary: str
    secondary: str
    statuses: frozenset[int]


def origin_group(chosen: Any) -> OriginGroup | None:
    """What the function gave to `createRequestOriginGroup`, if it called it.

    Raises:
        FunctionFailed: it is no group of two origins with a criterion.
    """
    if chosen is None:
        return None
    try:
        primary, secondary = (str(each["originId"]) for each in chosen["originIds"])
        statuses = frozenset(chosen["failoverCriteria"]["statusCodes"])
    except (KeyError, TypeError, ValueError):
        raise FunctionFailed("createRequestOriginGroup takes two originIds, and failoverCriteria") from None
    if chosen.get("selectionCriteria", "default") != "default":
        raise FunctionFailed("createRequestOriginGroup: only the selection criteria default are imitated")
    if not statuses or not statuses <= FAILOVER_STATUSES:
        raise FunctionFailed(f"createRequestOriginGroup: {sorted(statuses)} are no failover criteria")
    return OriginGroup(primary, secondary, statuses)
