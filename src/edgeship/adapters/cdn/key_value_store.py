"""The CloudFront KeyValueStore behind the `RouteStore` port.

Its data API is signed with SigV4A, for which botocore needs awscrt.
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/kvs-with-functions-kvp.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import awscrt  # type: ignore[import-untyped]  # noqa: F401  named here so that a bundle carries it
from botocore.exceptions import ClientError

from edgeship.application.edge.ports import StoreContent, StoreFull
from edgeship.domain.errors import Conflict

if TYPE_CHECKING:
    from botocore.awsrequest import AWSRequest
    from mypy_boto3_cloudfront_keyvaluestore import CloudFrontKeyValueStoreClient

_PAGE = 50
"""The most of ListKeys."""


def at_its_endpoint(client: CloudFrontKeyValueStoreClient) -> CloudFrontKeyValueStoreClient:
    """The client, also where an endpoint is given: botocore puts the account before its host. Without one, the client's
    own `endpoint_url` is not where requests go, and they stay as they are."""
    host = urlsplit(client.meta.endpoint_url).netloc

    def back_to_the_endpoint(request: AWSRequest, **_: object) -> None:
        url = urlsplit(str(request.url))
        if url.netloc.endswith(f".{host}"):
            request.url = url._replace(netloc=host).geturl()

    # Of one id, so that a client that is given twice has it once.
    client.meta.events.register("before-sign.cloudfront-keyvaluestore", back_to_the_endpoint, unique_id=__name__)
    return client


class KeyValueStore:
    def __init__(self, client: CloudFrontKeyValueStoreClient, arn: str) -> None:
        self._client = client
        self._arn = arn

    def content(self) -> StoreContent:
        described = self._client.describe_key_value_store(KvsARN=self._arn)
        return StoreContent(described["ETag"], described["ItemCount"], described["TotalSizeInBytes"])

    def get(self, key: str) -> str | None:
        try:
            return self._client.get_key(KvsARN=self._arn, Key=key)["Value"]
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return None
            raise

    def all(self) -> dict[str, str]:
        pages = self._client.get_paginator("list_keys").paginate(KvsARN=self._arn, PaginationConfig={"PageSize": _PAGE})
        return {item["Key"]: item["Value"] for page in pages for item in page["Items"]}

    def update(self, puts: Mapping[str, str], deletes: Sequence[str], etag: str) -> str:
        changes: dict[str, Any] = {}
        if puts:
            changes["Puts"] = [{"Key": key, "Value": value} for key, value in puts.items()]
        if deletes:
            changes["Deletes"] = [{"Key": key} for key in deletes]
        try:
            return self._client.update_keys(KvsARN=self._arn, IfMatch=etag, **changes)["ETag"]
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "ConflictException":
                raise Conflict("the edge's store was written by another") from error
            if code == "ServiceQuotaExceededException":
                raise StoreFull(error.response["Error"].get("Message", code)) from error
            raise
