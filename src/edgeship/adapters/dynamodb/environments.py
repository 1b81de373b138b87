"""How what runs around the widgets is stored in the table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from edgeship.adapters.dynamodb import keys
from edgeship.domain.requirements.environment import EnvironmentRecord, Running


def environment_item(record: EnvironmentRecord) -> dict[str, Any]:
    """All of it except its revision."""
    running = {name: asdict(each) for name, each in record.running.items()}
    return {"pk": keys.ENVIRONMENT, "sk": keys.RUNNING, "running": running}


def to_environment(item: Mapping[str, Any]) -> EnvironmentRecord:
    return EnvironmentRecord({name: Running(**each) for name, each in item["running"].items()}, int(item["revision"]))
