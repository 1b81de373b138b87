"""How identities, and the newest statement of each widget, are stored in the table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from edgeship.adapters.dynamodb import keys
from edgeship.domain.provenance.identity import IdentitiesRecord, Identity
from edgeship.domain.provenance.signed import NewestStatement


def identities_item(record: IdentitiesRecord) -> dict[str, Any]:
    """All of it except its revision."""
    document = json.dumps([identity.to_dict() for identity in record.identities], separators=(",", ":"))
    return {"pk": keys.IDENTITIES, "sk": keys.IDENTITIES, "document": document}


def to_identities(item: Mapping[str, Any]) -> IdentitiesRecord:
    stored = json.loads(item["document"])
    return IdentitiesRecord(tuple(map(Identity.from_dict, stored)), int(item["revision"]))


def statement_item(record: NewestStatement) -> dict[str, Any]:
    """All of it except its revision."""
    return {
        "pk": keys.widget_pk(record.widget),
        "sk": keys.STATEMENT,
        "widget": record.widget,
        "version": record.version,
        "signed_at": record.signed_at,
    }


def to_statement(item: Mapping[str, Any]) -> NewestStatement:
    return NewestStatement(item["widget"], item["version"], item["signed_at"], int(item["revision"]))
