"""What a Lambda function behind its URL is invoked with, and what its result means. Pure.

https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads (payload format 2.0)
"""

from __future__ import annotations

import base64
import binascii
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from multidict import CIMultiDict

from localcloud.http.exchange import Answer, Request

_TEXT = ("text/", "application/json", "application/javascript", "application/xml")
_LOOPBACK = "127.0.0.1"
"""The address that the function sees as its caller's: the CDN's. The viewer's is in X-Forwarded-For."""


def event_of(request: Request, domain: str, request_id: str, now: float) -> dict[str, Any]:
    """
    Args:
        request: as the CDN sends it to its origin.
        domain: of the function URL.
        now: epoch seconds.
    """
    url_id = domain.split(".", 1)[0]
    headers = {name.lower(): ",".join(request.headers.getall(name)) for name in request.headers}
    cookies = [pair.strip() for pair in headers.pop("cookie", "").split(";") if pair.strip()]
    forwarded_for = headers.get("x-forwarded-for")
    headers |= {
        "host": domain,
        "x-forwarded-for": f"{forwarded_for}, {request.client_ip}" if forwarded_for else request.client_ip,
        "x-forwarded-port": "443",
        "x-forwarded-proto": "https",
    }
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": request.path,
        "rawQueryString": request.query,
        "headers": headers,
        "requestContext": {
            "accountId": "anonymous",
            "apiId": url_id,
            "authentication": None,
            "domainName": domain,
            "domainPrefix": url_id,
            "http": {
                "method": request.method,
                "path": request.path,
                "protocol": "HTTP/1.1",
                "sourceIp": _LOOPBACK,
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": request_id,
            "routeKey": "$default",
            "stage": "$default",
            "time": f"{datetime.fromtimestamp(now, UTC):%d/%b/%Y:%H:%M:%S +0000}",
            "timeEpoch": int(now * 1000),
        },
        "isBase64Encoded": False,
    }
    if cookies:
        event["cookies"] = cookies
    if request.query:
        parameters: dict[str, str] = {}
        for name, value in parse_qsl(request.query, keep_blank_values=True):
            parameters[name] = f"{parameters[name]},{value}" if name in parameters else value
        event["queryStringParameters"] = parameters
    if request.body:
        is_text = headers.get("content-type", "").startswith(_TEXT)
        event["body"] = request.body.decode(errors="replace") if is_text else base64.b64encode(request.body).decode()
        event["isBase64Encoded"] = not is_text
    return event


def is_signed_otherwise(request: Request) -> bool:
    """Whether the signature that CloudFront makes of a request, by an origin access control, is none to Lambda.

    SigV4 encodes `! ' ( ) *`, and what signs at the edge takes the query as the viewer wrote it; encodeURIComponent
    leaves these five as they are. And CloudFront does not read a body: the viewer must send its hash
    (https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-lambda.html).
    """
    if any(character in request.query for character in "!'()*"):
        return True
    return request.method in ("POST", "PUT") and "x-amz-content-sha256" not in request.headers


def answer_of(payload: bytes) -> Answer:
    """What the function returned, as an HTTP answer.

    An object with a `statusCode` is one; anything else is the body of a 200, as JSON. What is neither gives a 502.
    """
    try:
        result = json.loads(payload)
        if not isinstance(result, dict) or "statusCode" not in result:
            return _answer(200, CIMultiDict({"Content-Type": "application/json"}), payload)
        headers: CIMultiDict[str] = CIMultiDict(
            (name, str(value)) for name, value in (result.get("headers") or {}).items()
        )
        headers.setdefault("Content-Type", "application/json")
        for cookie in result.get("cookies") or ():
            headers.add("Set-Cookie", cookie)
        text = result.get("body") or ""
        body = base64.b64decode(text, validate=True) if result.get("isBase64Encoded") else text.encode()
        return _answer(int(result["statusCode"]), headers, body)
    except (ValueError, TypeError, AttributeError, binascii.Error):
        return failed(502, "Internal Server Error")


def refused() -> Answer:
    """As a function URL refuses a signature."""
    return failed(
        403, "The request signature we calculated does not match the signature you provided. Check your signing method."
    )


def failed(status: int, message: str) -> Answer:
    """As a function URL says that there is no result."""
    body = json.dumps({"Message": message}).encode()
    return _answer(status, CIMultiDict({"Content-Type": "application/json"}), body)


def _answer(status: int, headers: CIMultiDict[str], body: bytes) -> Answer:
    headers["Content-Length"] = str(len(body))
    return Answer(status, headers, body)
