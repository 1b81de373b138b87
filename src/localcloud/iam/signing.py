"""Signatures of requests that are made without an SDK."""

from __future__ import annotations

from collections.abc import Callable

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials

from localcloud.account import REGION
from localcloud.iam.credentials import ROOT, Credentials

Sign = Callable[[str, str, bytes], dict[str, str]]
"""The headers of a request's signature, by its method, URL and body."""


def signer(service: str, credentials: Credentials = ROOT) -> Sign:
    """Signs requests to `service`, s3 or another that speaks Signature Version 4."""
    kind = botocore.auth.S3SigV4Auth if service == "s3" else botocore.auth.SigV4Auth
    who = BotocoreCredentials(credentials.access_key_id, credentials.secret_access_key, credentials.session_token)
    signature = kind(who, service, REGION)

    def sign(method: str, url: str, body: bytes) -> dict[str, str]:
        request = AWSRequest(method, url, data=body)
        signature.add_auth(request)
        return dict(request.headers.items())

    return sign
