"""The data API of CloudFront's KeyValueStore, which moto has not: the account's two stores, behind the same wire."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import moto.backends
import pytest
from moto import backend_index
from moto.core.base_backend import BackendDict, BaseBackend

from edgeship.application.edge.ports import StoreFull
from edgeship.domain.errors import Conflict
from edgeship.resource_names import REGION
from tests.fakes.edge import FakeRouteStore
from tests.support.moto.models import ACCOUNT

SERVICE = "cloudfront-keyvaluestore"
STORE_ARN = f"arn:aws:cloudfront::{ACCOUNT}:key-value-store/00000000-0000-0000-0000-000000000001"
PREVIEW_STORE_ARN = STORE_ARN[:-1] + "2"
MAX_PAGE = 50
_HOST = rf"https?://{ACCOUNT}\.cloudfront-kvs\.global\.api\.aws"

Answer = tuple[int, dict[str, str], str]


class KeyValueStoreBackend(BaseBackend):
    """The account's stores: of routes, and of previews."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.store = FakeRouteStore()
        self.previews = FakeRouteStore()

    @property
    def urls(self) -> dict[str, Callable[[Any, str, Any], Answer]]:
        return {f"{_HOST}/.*": _answer}


key_value_store_backends = BackendDict(
    KeyValueStoreBackend, SERVICE, use_boto3_regions=False, additional_regions=[REGION]
)


def stored_routes() -> FakeRouteStore:
    """What the store holds."""
    return key_value_store_backends[ACCOUNT][REGION].store


def stored_previews() -> FakeRouteStore:
    """What the store of previews holds."""
    return key_value_store_backends[ACCOUNT][REGION].previews


def fill_key_value_store(patch: pytest.MonkeyPatch) -> None:
    """Let moto answer for the service."""
    get_backend = moto.backends.get_backend
    patch.setattr(
        moto.backends,
        "get_backend",
        lambda name: key_value_store_backends if name == SERVICE else get_backend(name),
    )
    patterns = [*backend_index.backend_url_patterns, (SERVICE, re.compile(_HOST))]
    patch.setattr(backend_index, "backend_url_patterns", patterns)


def _answer(request: Any, url: str, headers: Mapping[str, str]) -> Answer:
    split = urlsplit(url)
    _, _, arn, *rest = (unquote(part) for part in split.path.split("/"))
    if arn not in (STORE_ARN, PREVIEW_STORE_ARN):
        return _error(404, "ResourceNotFoundException", f"no store {arn}")
    store = stored_routes() if arn == STORE_ARN else stored_previews()
    if request.method == "POST":
        return _update(store, json.loads(request.data), headers["If-Match"])
    if not rest:
        content = store.content()
        described = {"ItemCount": content.keys, "TotalSizeInBytes": content.size, "KvsARN": arn, "Created": 0}
        return 200, {"ETag": content.etag}, json.dumps(described)
    if len(rest) == 2:
        value = store.get(rest[1])
        if value is None:
            return _error(404, "ResourceNotFoundException", f"no key {rest[1]}")
        return 200, {}, json.dumps({"Key": rest[1], "Value": value, "ItemCount": 0, "TotalSizeInBytes": 0})
    return _page(store, {name: values[0] for name, values in parse_qs(split.query).items()})


def _page(store: FakeRouteStore, query: Mapping[str, str]) -> Answer:
    items = [{"Key": key, "Value": value} for key, value in sorted(store.all().items())]
    start, count = int(query.get("NextToken", 0)), min(int(query.get("MaxResults", 10)), MAX_PAGE)
    more = {"NextToken": str(start + count)} if len(items) > start + count else {}
    return 200, {}, json.dumps({"Items": items[start : start + count], **more})


def _update(store: FakeRouteStore, body: Mapping[str, Any], etag: str) -> Answer:
    puts = {put["Key"]: put["Value"] for put in body.get("Puts", ())}
    try:
        new = store.update(puts, [delete["Key"] for delete in body.get("Deletes", ())], etag)
    except Conflict as conflict:
        return _error(409, "ConflictException", str(conflict))
    except StoreFull as full:
        return _error(402, "ServiceQuotaExceededException", str(full))
    content = store.content()
    return 200, {"ETag": new}, json.dumps({"ItemCount": content.keys, "TotalSizeInBytes": content.size})


def _error(status: int, code: str, message: str) -> Answer:
    return status, {"x-amzn-ErrorType": code}, json.dumps({"Message": message})
