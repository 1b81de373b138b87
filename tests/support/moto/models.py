"""What moto holds, read from its models: the same as by calls, at a fraction of what calls cost."""

from __future__ import annotations

import json
from typing import Any

from boto3.dynamodb.types import TypeDeserializer
from moto.cloudfront.models import cloudfront_backends
from moto.cloudwatch.models import cloudwatch_backends
from moto.dynamodb.models import dynamodb_backends
from moto.s3.models import FakeKey, s3_backends
from moto.sqs.models import sqs_backends

from edgeship.resource_names import REGION

ACCOUNT = "123456789012"
_USER_METADATA = "x-amz-meta-"
_OF_THE_MOMENT = ("state_", "configuration_updated_timestamp", "history")


def table_items(table: str) -> list[dict[str, Any]]:
    """Every item of a table, in the order of its keys `pk` and, if it has one, `sk`."""
    deserialize = TypeDeserializer().deserialize
    stored = dynamodb_backends[ACCOUNT][REGION].tables[table].all_items()
    items = [
        {name: deserialize(value) for name, value in item.to_json()["Attributes"].items()}  # type: ignore[no-untyped-call]
        for item in stored
    ]
    return sorted(items, key=lambda item: (item["pk"], item.get("sk", "")))


def stored_objects(bucket: str) -> dict[str, dict[str, Any]]:
    """Every object's bytes, its tags, and the headers that it is served with."""
    backend = s3_backends[ACCOUNT]["aws"]
    found = {}
    for name, key in backend.buckets[bucket].keys.items():
        if isinstance(key, FakeKey):  # not a delete marker
            metadata = {header.lower(): value for header, value in key.metadata.items()}
            found[name] = {
                "body": key.value,
                "type": metadata["content-type"],
                "cache": metadata.get("cache-control"),
                "metadata": {
                    header.removeprefix(_USER_METADATA): value
                    for header, value in metadata.items()
                    if header.startswith(_USER_METADATA)
                },
                "tags": backend.tagger.get_tag_dict_for_resource(key.arn),
            }
    return dict(sorted(found.items()))


def object_versions(bucket: str) -> list[tuple[str, str]]:
    """Every object's key and ETag, those of earlier versions included; also of a state that was put back."""
    keys = s3_backends[ACCOUNT]["aws"].buckets[bucket].keys
    return sorted((name, getattr(key, "etag", "")) for name in keys for key in keys.getlist(name))


def queued(queue: str) -> list[dict[str, Any]]:
    """What a queue holds, as JSON; nobody has taken it when this returns."""
    return [json.loads(message.body) for message in sqs_backends[ACCOUNT][REGION].queues[queue]._messages]


def alarm_definitions() -> dict[str, str]:
    """Every alarm by its name, without its state and its times, as text."""
    return {
        name: json.dumps(
            {field: value for field, value in vars(alarm).items() if not field.startswith(_OF_THE_MOMENT)},
            default=vars,
            sort_keys=True,
        )
        for name, alarm in sorted(cloudwatch_backends[ACCOUNT][REGION].alarms.items())
    }


def invalidations() -> list[tuple[str, list[str]]]:
    """Every invalidation's reference and its paths."""
    kept = cloudfront_backends[ACCOUNT]["aws"].invalidations.values()
    return sorted((each.caller_ref, each.paths) for distribution in kept for each in distribution)
