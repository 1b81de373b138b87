"""The answer to a moving path that names nothing, in CloudFront's shape for generated responses.

Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-generating-http-responses-in-requests.html
"""

from __future__ import annotations

import json

from edgeship.domain.edge.routing import Unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_SENTENCES = {
    "widget": "There is no widget {name}.",
    "channel": "Widget {widget} has no channel {name}.",
    "range": "Widget {widget} has no live release in the range {name}.",
    "file": "No release of widget {widget} can have a file {name}.",
}
_MAX_NAME_LENGTH = 200
_HEADERS = {
    "access-control-allow-origin": "*",
    "cache-control": "no-store",
    "content-type": "text/plain; charset=utf-8",
    "cross-origin-resource-policy": "cross-origin",
    "timing-allow-origin": "*",
    "x-content-type-options": "nosniff",
}


def not_found(unknown: Unknown) -> dict[str, Any]:
    """A 404 that names what is unknown. `status` is text: CloudFront turns a number into a 502."""
    sentence = _SENTENCES[unknown.kind].format(name=_quoted(unknown.name), widget=_quoted(unknown.widget))
    return {
        "status": "404",
        "statusDescription": "Not Found",
        "headers": {name: [{"key": name, "value": value}] for name, value in _HEADERS.items()},
        "body": sentence + "\n",
        "bodyEncoding": "text",
    }


def _quoted(name: str) -> str:
    # As JSON, so that the answer is ASCII on one line whatever was asked for.
    return json.dumps(name if len(name) <= _MAX_NAME_LENGTH else name[:_MAX_NAME_LENGTH] + "...")
