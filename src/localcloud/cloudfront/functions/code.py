"""CloudFront Functions as they are deployed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from localcloud.cloudfront.distribution import Unsupported

MAX_CODE_BYTES = 10 * 1024
"""https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html#limits-functions"""
RUNTIME = "cloudfront-js-2.0"


@dataclass(frozen=True)
class FunctionCode:
    """The code in the stage LIVE, whose `etag` changes when another is published. `store` is the ARN of its key value
    store; a function has at most one."""

    name: str
    source: str
    etag: str = ""
    store: str | None = None


def download(cloudfront: Any, arn: str) -> FunctionCode:
    """What is published of the function `arn`.

    Args:
        cloudfront: a client of the CloudFront API.

    Raises:
        Unsupported: CloudFront would not take it, or it is of another runtime.
        botocore.exceptions.ClientError: no such function is published.
    """
    name = arn.rpartition("/")[2]
    described = cloudfront.describe_function(Name=name, Stage="LIVE")
    config = described["FunctionSummary"]["FunctionConfig"]
    if config["Runtime"] != RUNTIME:
        raise Unsupported(f"function {name}: runtime {config['Runtime']}; {RUNTIME} is imitated")
    stores = [s["KeyValueStoreARN"] for s in config.get("KeyValueStoreAssociations", {}).get("Items", ())]
    if len(stores) > 1:
        raise Unsupported(f"function {name}: CloudFront associates one key value store, not {len(stores)}")
    source = cloudfront.get_function(Name=name, Stage="LIVE")["FunctionCode"].read()
    if len(source) > MAX_CODE_BYTES:
        raise Unsupported(f"function {name}: {len(source):,} bytes of code; CloudFront takes {MAX_CODE_BYTES:,}")
    return FunctionCode(name, source.decode(), described["ETag"], stores[0] if stores else None)
