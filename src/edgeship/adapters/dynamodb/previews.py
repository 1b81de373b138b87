"""How the previews of a widget are stored in the table: as one item."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from edgeship.adapters.dynamodb import keys
from edgeship.domain.previews.comparison import Comparison
from edgeship.domain.previews.preview import End, Preview, PreviewsRecord
from edgeship.domain.provenance.signed import Signed
from edgeship.domain.releases.entry import Entry, Kind


def previews_item(record: PreviewsRecord) -> dict[str, Any]:
    """All of it except its revision. It is in the index while a preview of it has not ended."""
    document = json.dumps([_stored(each) for each in record.previews], separators=(",", ":"))
    return {
        "pk": keys.widget_pk(record.widget),
        "sk": keys.PREVIEWS,
        "widget": record.widget,
        "document": document,
        **({"watched": keys.PREVIEWS} if record.is_watched else {}),
    }


def to_previews(item: Mapping[str, Any]) -> PreviewsRecord:
    previews = tuple(map(_to_preview, json.loads(item["document"])))
    return PreviewsRecord(item["widget"], previews, int(item["revision"]))


def _stored(preview: Preview) -> dict[str, Any]:
    comparison = preview.comparison.to_dict() if preview.comparison is not None else None
    return {**asdict(preview), "comparison": comparison}


def _to_preview(stored: dict[str, Any]) -> Preview:
    entry = stored["entry"]
    return Preview(
        **{
            **stored,
            "entry": Entry(**{**entry, "kind": Kind(entry["kind"])}),
            "earlier": tuple(stored["earlier"]),
            "comparison": Comparison.from_dict(stored["comparison"]) if stored["comparison"] else None,
            "signed": Signed(**stored["signed"]) if stored["signed"] else None,
            "end": End(stored["end"]) if stored["end"] else None,
        }
    )
