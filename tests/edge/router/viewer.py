"""A viewer's request as CloudFront hands it to a function, and what the specification tells of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from edgeship.domain.edge.router import Continue, Insert, Outcome, Policy, Preflight, Redirect, ReExport, Request, Serve


def event_of(request: Request) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html"""
    return {
        "version": "1.0",
        "context": {"distributionDomainName": "d1.cloudfront.net", "eventType": "viewer-request", "requestId": "r"},
        "viewer": {"ip": request.address},
        "request": {
            "method": request.method,
            "uri": request.uri,
            "querystring": {name: _valued(values) for name, values in request.query.items()},
            "headers": {"host": {"value": "cdn.example"}} | {n: {"value": v} for n, v in request.headers.items()},
            "cookies": {name: {"value": value} for name, value in request.cookies.items()},
        },
    }


def telling(outcome: Outcome) -> list[str]:
    """An outcome as a list, as the engines' runs tell theirs."""
    match outcome:
        case Redirect(location, version):
            return ["redirect", location, version]
        case Insert(location, version, integrity):
            return ["insert", location, version, integrity]
        case ReExport(location, version, default):
            return ["reexport", location, version, "default" if default else ""]
        case Serve(uri) | Continue(uri):
            return ["go", uri]
        case Policy():
            return ["policy"]
        case Preflight():
            return ["preflight"]
    return ["unknown", outcome.sentence]


def asked(request: Request, store: int = 0, **more: Any) -> dict[str, Any]:
    """A line of an engine's work."""
    return {"store": store, "event": event_of(request), "now": request.now, **more}


def reading(store: Mapping[str, str], reads: list[str]) -> Any:
    """The specification's `get`; `reads` gets the keys."""

    def get(key: str) -> str | None:
        reads.append(key)
        return store.get(key)

    return get


def _valued(values: Sequence[str]) -> dict[str, Any]:
    first = {"value": values[0]}
    return first if len(values) == 1 else {**first, "multiValue": [{"value": value} for value in values]}
