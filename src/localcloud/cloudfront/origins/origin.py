"""The kinds of origin that CloudFront fetches from."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import replace
from urllib.parse import quote

import aiohttp
from multidict import CIMultiDict

from localcloud.cloudfront.bucket_cors import PreflightRefused, cors_headers, preflight_headers
from localcloud.cloudfront.distribution import (
    FunctionUrlOriginSettings,
    HttpOriginSettings,
    OriginSettings,
    S3OriginSettings,
    Unsupported,
)
from localcloud.cloudfront.origins.function_url import answer_of, event_of, failed, is_signed_otherwise, refused
from localcloud.http.exchange import Answer, Request
from localcloud.http.origin import HttpOrigin, Origin, OriginUnavailable
from localcloud.iam.signing import signer


class S3Origin:
    """A bucket behind an origin access control, read from the emulator by path.

    What S3 does and the emulator does not: a `+` in a path means a space, and the bucket's CORS configuration decides
    on preflights and CORS headers. It reads as the account's root, whatever the bucket's policy allows to CloudFront.
    """

    def __init__(self, client: aiohttp.ClientSession, endpoint_url: str, settings: S3OriginSettings) -> None:
        self._http = HttpOrigin(client, f"{endpoint_url.rstrip('/')}/{settings.bucket}{settings.path}", signer("s3"))
        self._custom = settings.headers
        self._cors = settings.cors

    async def fetch(self, request: Request) -> Answer:
        # A custom header takes the place of the viewer's.
        sent = request.headers.copy()
        sent.update(self._custom)
        if request.method == "OPTIONS":
            return self._preflight(sent)
        # Only the headers that S3 reads; `query` would select a subresource such as ?acl, so it stays behind.
        kept = CIMultiDict((k, v) for k, v in request.headers.items() if k.lower() in _S3_READS)
        kept.update(self._custom)
        answer = await self._http.fetch(
            Request(request.method, request.path.replace("+", "%20"), headers=kept, body=request.body)
        )
        for name in list(answer.headers):
            if name.lower().startswith("access-control-") or name.lower() in _S3_OWN:
                answer.headers.popall(name, None)
        answer.headers.update(cors_headers(self._cors, sent.get("Origin"), request.method))
        answer.headers["Server"] = "AmazonS3"
        return answer

    def _preflight(self, sent: CIMultiDict[str]) -> Answer:
        try:
            headers = preflight_headers(self._cors, sent)
        except PreflightRefused as refused:
            return _s3_error(refused.status, refused.code, str(refused))
        return Answer(200, CIMultiDict({**headers, "Content-Length": "0", "Server": "AmazonS3"}))


_S3_READS = frozenset(
    {"if-none-match", "if-modified-since", "if-match", "if-unmodified-since", "range", "content-type"}
)
_S3_OWN = frozenset({"x-amz-request-id", "x-amzn-requestid", "x-amz-id-2", "server"})


def _s3_error(status: int, code: str, message: str) -> Answer:
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
    headers = CIMultiDict({"Content-Type": "application/xml", "Content-Length": str(len(body)), "Server": "AmazonS3"})
    return Answer(status, headers, body.encode())


class FunctionUrlOrigin:
    """A Lambda function behind its URL, invoked through the Lambda API.

    Of the signature of an origin access control, what it refuses is imitated; the URL's own CORS configuration is not.
    """

    def __init__(self, client: aiohttp.ClientSession, endpoint_url: str, settings: FunctionUrlOriginSettings) -> None:
        # The API and not the URL: the emulator's URL re-encodes the query string.
        self._http = HttpOrigin(client, f"{endpoint_url.rstrip('/')}/2015-03-31/functions", signer("lambda"))
        self._settings = settings

    async def fetch(self, request: Request) -> Answer:
        headers = request.headers.copy()
        headers.update(self._settings.headers)
        if self._settings.signed and is_signed_otherwise(request):
            return refused()
        asked = replace(request, path=self._settings.path + request.path, headers=headers)
        event = event_of(asked, self._settings.domain, str(uuid.uuid4()), time.time())
        invocation = Request(
            "POST", f"/{quote(self._settings.function, safe='')}/invocations", body=json.dumps(event).encode()
        )
        answer = await self._http.fetch(invocation)
        if answer.status == 429:
            return failed(429, "Too Many Requests")
        if answer.status != 200:
            raise OriginUnavailable(f"{self._settings.function}: {answer.body.decode(errors='replace')}")
        if "X-Amz-Function-Error" in answer.headers:
            return failed(502, "Internal Server Error")
        return answer_of(answer.body)


def origin_for(client: aiohttp.ClientSession, endpoint_url: str, settings: OriginSettings) -> Origin:
    """The origin that `settings` describe, on the emulator at `endpoint_url`.

    Raises:
        Unsupported: it is a kind of origin that has no local counterpart yet.
    """
    match settings:
        case S3OriginSettings():
            return S3Origin(client, endpoint_url, settings)
        case FunctionUrlOriginSettings():
            return FunctionUrlOrigin(client, endpoint_url, settings)
        case HttpOriginSettings(domain=domain):
            raise Unsupported(f"origin {domain}: only S3 origins and Lambda function URLs are served locally")
