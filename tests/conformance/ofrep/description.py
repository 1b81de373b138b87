"""OFREP's description in OpenAPI, amended where it contradicts itself, and the edge as a WSGI application."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml

from functions.edge.flag_endpoint import FlagEndpoint

PUBLISHED: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "openapi.yaml").read_text())
SCHEMAS = ("components", "schemas")
VALUE_KINDS = ("boolean", "string", "integer", "float", "object")

AMENDMENTS: list[tuple[tuple[str | int, ...], Any, str]] = [
    (
        (*SCHEMAS, "codeDefaultFlag", "not"),
        {"required": ["value"]},
        "`codeDefaultFlag` has no value; as it stands it takes any, so that each answer is two kinds of flag at once",
    ),
    (
        (*SCHEMAS, "floatFlag", "properties", "value"),
        {"type": "number", "not": {"type": "integer"}},
        "A whole number is an `integerFlag`, and no `floatFlag` as well",
    ),
    (
        (*SCHEMAS, "evaluationSuccess", "allOf", 0, "properties", "reason", "enum"),
        ["STATIC", "DEFAULT", "TARGETING_MATCH", "SPLIT", "CACHED", "DISABLED", "UNKNOWN", "STALE"],
        "`reason` is a reason code of OpenFeature, which has `DEFAULT`, `CACHED` and `STALE`",
    ),
    (
        (*SCHEMAS, "evaluationFailure", "properties", "errorCode", "enum"),
        ["FLAG_NOT_FOUND", "PARSE_ERROR", "TARGETING_KEY_MISSING", "INVALID_CONTEXT", "GENERAL"],
        "The example of a bulk answer has `FLAG_NOT_FOUND`",
    ),
    (
        (*SCHEMAS, "context", "required"),
        [],
        "A context may lack `targetingKey`: `TARGETING_KEY_MISSING` says that one was needed",
    ),
    (
        (*SCHEMAS, "evaluationRequest", "required"),
        [],
        "So the context may be left out with all that is in it",
    ),
    ((*SCHEMAS, "bulkEvaluationRequest", "required"), [], "The same, for all flags"),
    (
        (*SCHEMAS, "context", "type"),
        ["object", "null"],
        "The edge takes a context that is null as one that is left out",
    ),
    (
        (*SCHEMAS, "context", "properties", "targetingKey", "type"),
        ["string", "null"],
        "It takes a `targetingKey` that is null in the same way",
    ),
    (
        ("paths", "/ofrep/v1/evaluate/flags", "post", "parameters"),
        PUBLISHED["paths"]["/ofrep/v1/evaluate/flags"]["post"]["parameters"][:1],
        "`flagConfigEtag` and `flagConfigLastModified` are of event streams, which the edge has not: it reads neither",
    ),
    (("security",), [{}, {"ApiKeyAuth": []}, {"BearerAuth": []}], "Authentication is optional, as its text says"),
]
"""The place, what stands there, and why."""


def amended() -> dict[str, Any]:
    """The description with the amendments."""
    document = deepcopy(PUBLISHED)
    for (*path, name), value, _ in AMENDMENTS:
        at: Any = document
        for part in path:
            at = at[part]
        at[name] = value
    return document


DESCRIPTION = "/openapi.json"


def application(endpoint: FlagEndpoint) -> Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]:
    """A WSGI application that hands requests to the endpoint as CloudFront does, and serves the description."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] == DESCRIPTION:
            start_response("200 OK", [("Content-Type", "application/json")])
            return [json.dumps(amended()).encode()]
        response = endpoint.answer(_event(environ))
        headers = [(line["key"], line["value"]) for lines in response["headers"].values() for line in lines]
        start_response(f"{response['status']} {response['statusDescription']}", headers)
        return [response.get("body", "").encode()]

    return answer


def _event(environ: dict[str, Any]) -> dict[str, Any]:
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    return {
        "clientIp": "192.0.2.7",
        "method": environ["REQUEST_METHOD"],
        # A URI comes as the client wrote it; WSGI has decoded it to bytes, spelled in Latin-1.
        "uri": quote(environ["PATH_INFO"].encode("latin-1")),
        "querystring": environ.get("QUERY_STRING", ""),
        "headers": {name: [{"key": name, "value": value}] for name, value in _headers(environ)},
        "body": {
            "inputTruncated": False,
            "action": "read-only",
            "encoding": "base64",
            "data": base64.b64encode(body).decode(),
        },
    }


def _headers(environ: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in environ.items():
        if name.startswith("HTTP_"):
            yield name[5:].replace("_", "-").lower(), value
