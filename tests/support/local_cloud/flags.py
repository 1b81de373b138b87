"""Flags on a running local cloud, changed by an operator and asked for at the edge."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from datetime import UTC, datetime
from typing import Any

from edgeship.application.flags.change_flags import FlagsFile
from edgeship.bootstrap.operator import Operator
from edgeship.domain.events import Occasion
from edgeship.local.cloud import LocalCloud

BULK = "/ofrep/v1/evaluate/flags"


def apply(tools: Operator, flags: dict[str, dict[str, Any]]) -> None:
    documents = {key: {"key": key, **flag} for key, flag in flags.items()}
    occasion = Occasion("local", "local:ann", "a test", datetime.now(UTC))
    tools.flags.apply(FlagsFile(documents, {}), occasion, prune=False, dry_run=False)


def post(cloud: LocalCloud, body: bytes, key: str = "", method: str = "POST", **headers: str) -> Any:
    """One plain request: the status, the headers, and the body's JSON if there is one."""
    url = f"{cloud.edge_url}{BULK}{key and '/' + key}"
    request = urllib.request.Request(
        url, body or None, {name.replace("_", "-"): value for name, value in headers.items()}, method=method
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.headers, _parsed(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, _parsed(error.read())


def _parsed(body: bytes) -> Any:
    return json.loads(body) if body else None


def value_at_the_edge(cloud: LocalCloud, key: str, user: str = "bob") -> Any:
    status, _, answer = post(cloud, json.dumps({"context": {"targetingKey": user}}).encode(), key)
    return answer["value"] if status == 200 else None
