"""CloudFront's cache, behind the `Cdn` port.

Invalidation: https://docs.aws.amazon.com/AmazonCloudFront/latest/APIReference/API_CreateInvalidation.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from edgeship.application.propagation.ports import CdnBusy, CdnRefused

if TYPE_CHECKING:
    from mypy_boto3_cloudfront import CloudFrontClient

_BUSY = frozenset({"TooManyInvalidationsInProgress", "Throttling", "ThrottlingException", "TooManyRequestsException"})


class CloudFront:
    """One distribution. The reference is the invalidation's CallerReference: two calls make one invalidation."""

    name = "cloudfront"

    def __init__(self, client: CloudFrontClient, distribution_id: str) -> None:
        self._client = client
        self._distribution_id = distribution_id
        self._invalidation_id: str | None = None

    def refresh(self, folders: Sequence[str], reference: str) -> int:
        paths = [f"{folder}*" for folder in sorted(folders)]
        try:
            answer = self._client.create_invalidation(
                DistributionId=self._distribution_id,
                InvalidationBatch={
                    "Paths": {"Quantity": len(paths), "Items": paths},
                    "CallerReference": reference,
                },
            )
        except ClientError as error:
            raise _cdn_error(error) from error
        self._invalidation_id = answer["Invalidation"]["Id"]
        return len(paths)

    def is_refreshed(self) -> bool:
        if self._invalidation_id is None:
            return True
        try:
            answer = self._client.get_invalidation(DistributionId=self._distribution_id, Id=self._invalidation_id)
        except ClientError as error:
            raise _cdn_error(error) from error
        return answer["Invalidation"]["Status"] == "Completed"


def _cdn_error(error: ClientError) -> CdnBusy | CdnRefused:
    code = error.response["Error"]["Code"]
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    if code in _BUSY or status >= 500:
        return CdnBusy(code)
    return CdnRefused(f"{code}: {error.response['Error'].get('Message', '')}")
