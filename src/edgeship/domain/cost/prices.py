"""List prices of AWS in us-east-1, in US dollars: a file has them, with their date and sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from edgeship.domain.errors import Refused


@dataclass(frozen=True)
class Prices:
    """Of a million, unless the name says otherwise. Free tiers and discounts are left out."""

    as_of: str
    sources: tuple[str, ...]
    cloudfront_request: float
    cloudfront_function: float
    cloudfront_gigabyte: float
    """Of bytes to browsers, one."""
    edge_request: float
    edge_gigabyte_second: float
    """Of Lambda@Edge, one."""
    lambda_request: float
    lambda_gigabyte_second: float
    """On arm64, one."""
    table_write: float
    table_read: float
    s3_put: float
    s3_get: float
    metric_month: float
    """Of one custom metric."""
    alarm_metric_month: float
    """Of one metric of a standard alarm."""
    metric_read: float
    """Of GetMetricData: of a million metrics."""
    event: float
    queue_request: float
    secret_month: float
    dashboard_month: float
    """Of one; three of an account are free."""

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Prices:
        """
        Raises:
            Refused: `prices_invalid`: it names the first field that is missing, unknown or no number.
        """
        known = {each.name for each in fields(cls)}
        for name in sorted(known ^ document.keys()):
            what = "is missing" if name in known else "is unknown"
            raise Refused("prices_invalid", f"Prices: {name} {what}.", f"Give exactly {', '.join(sorted(known))}.")
        for name in sorted(known - {"as_of", "sources"}):
            value = document[name]
            if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
                raise Refused("prices_invalid", f"Prices: {name} is no amount: {value!r}.", "Give US dollars.")
        values = {name: document[name] for name in known - {"as_of", "sources"}}
        return cls(as_of=str(document["as_of"]), sources=tuple(map(str, document["sources"])), **values)
