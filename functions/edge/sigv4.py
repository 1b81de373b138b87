"""AWS Signature Version 4 for reading one S3 object, with the standard library.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
"""

from __future__ import annotations

import hashlib
import hmac
import time

EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()

_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/")


class Credentials:
    """An access key; `token` is there when they are temporary, as a Lambda function's are."""

    __slots__ = ("access_key", "secret_key", "token")

    def __init__(self, access_key: str, secret_key: str, token: str | None = None) -> None:
        self.access_key = access_key
        self.secret_key = secret_key
        self.token = token


def quote_key(key: str) -> str:
    """An object's key as S3 wants it in the path of a request: percent-encoded UTF-8, slashes left alone."""
    return "".join(chr(byte) if byte in _UNRESERVED else f"%{byte:02X}" for byte in key.encode())


def sign_get(path: str, headers: dict[str, str], credentials: Credentials, region: str, now: float) -> dict[str, str]:
    """The headers of a signed `GET path`: the given ones and those that the signature adds.

    Arguments:
        path: percent-encoded, without a query.
        headers: lowercase names, `host` among them; all of them are signed.
        now: seconds since the epoch; S3 refuses a request that is more than 15 minutes off.
    """
    timestamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    signed = {**headers, "x-amz-content-sha256": EMPTY_SHA256, "x-amz-date": timestamp}
    if credentials.token:
        signed["x-amz-security-token"] = credentials.token
    names = sorted(signed)
    canonical_headers = "".join(f"{name}:{' '.join(signed[name].split())}\n" for name in names)
    signed_names = ";".join(names)
    canonical_request = f"GET\n{path}\n\n{canonical_headers}\n{signed_names}\n{EMPTY_SHA256}"

    scope = f"{timestamp[:8]}/{region}/s3/aws4_request"
    digest = hashlib.sha256(canonical_request.encode()).hexdigest()
    key = f"AWS4{credentials.secret_key}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, f"AWS4-HMAC-SHA256\n{timestamp}\n{scope}\n{digest}".encode(), "sha256").hex()
    signed["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={credentials.access_key}/{scope}, "
        f"SignedHeaders={signed_names}, Signature={signature}"
    )
    return signed
