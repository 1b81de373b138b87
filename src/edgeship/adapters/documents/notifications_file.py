"""The notifications file: JSON under review, and its schema for editors.

`edgeship.domain.notifications.validate_rules` decides whether a file is valid, and finds every fault. The model here is
for the JSON Schema (docs/schemas/notifications.schema.json), which is generated from it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from edgeship.application.notifications.change_rules import NotificationsRefused
from edgeship.domain.events import EventType
from edgeship.domain.notifications.validate_rules import MAX_DESTINATIONS, MAX_RULES
from edgeship.domain.notifications.webhook_url import MAX_LENGTH
from edgeship.domain.severity import Severity

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Pattern = Annotated[str, Field(pattern=r"^[a-z0-9*?\[\]!-]{1,100}$")]
Secret = Annotated[
    str,
    Field(
        pattern=r"^(ssm:/|secretsmanager:)edgeship/[a-z0-9-]{1,20}/[A-Za-z0-9._-]{1,64}$",
        description="Where the secret is kept, never the secret: ssm:/edgeship/ENVIRONMENT/NAME or "
        "secretsmanager:edgeship/ENVIRONMENT/NAME.",
    ),
]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Sns(_Model):
    """The environment's topic, which sends e-mail."""

    type: Literal["sns"]


class Slack(_Model):
    """An incoming webhook of Slack, or of a service that takes Slack's messages; the secret is the whole URL."""

    type: Literal["slack"]
    secret: Secret


class Webhook(_Model):
    """A URL of your own; requests are signed with the secret, as Standard Webhooks specifies."""

    type: Literal["webhook"]
    url: str = Field(pattern=r"^https?://", max_length=MAX_LENGTH, description="https; http on a local cloud alone.")
    secret: Secret


class Rule(_Model):
    """Which events go to which destinations."""

    to: list[Name] = Field(min_length=1, description="Names of destinations.")
    events: list[EventType] = Field([], min_length=1, description="Types of events; left out for every type.")
    widgets: list[Pattern] = Field(
        [], min_length=1, description="Patterns of widgets' names, with *, ? and [a-z]; left out for every widget."
    )
    at_least: Severity = Severity.INFO


class NotificationsFileModel(_Model):
    """A notifications file."""

    schema_: str | None = Field(None, alias="$schema")
    destinations: dict[Name, Annotated[Sns | Slack | Webhook, Field(discriminator="type")]] = Field(
        min_length=1, max_length=MAX_DESTINATIONS
    )
    rules: list[Rule] = Field(min_length=1, max_length=MAX_RULES)


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a notifications file."""
    schema = NotificationsFileModel.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def read_notifications_file(path: Path) -> Any:
    """A file's JSON; it is validated when it is applied.

    Raises:
        OSError: it can't be read. NotificationsRefused: it is not JSON, with the place, or an object has a name twice
        (JSON would silently keep the last).
    """
    twice: list[str] = []

    def once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        twice.extend(name for index, name in enumerate(names) if name in names[:index])
        return dict(pairs)

    try:
        document = json.loads(path.read_text("utf-8"), object_pairs_hook=once)
    except UnicodeDecodeError as fault:
        raise NotificationsRefused([(str(path), f"is not UTF-8: {fault.reason} at byte {fault.start}")]) from None
    except json.JSONDecodeError as fault:
        raise NotificationsRefused([(f"{path}:{fault.lineno}:{fault.colno}", f"is not JSON: {fault.msg}")]) from None
    except RecursionError:
        raise NotificationsRefused([(str(path), "is nested too deeply")]) from None
    if twice:
        raise NotificationsRefused([(str(path), f"{name!r:.80} is in one object twice") for name in twice])
    return document
