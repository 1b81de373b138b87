"""Response headers policies: what CloudFront adds to and removes from an answer on its way to the viewer. Pure.

Rules of the CloudFront Developer Guide, understanding-response-headers-policies: CORS headers go on answers to CORS
requests, that is, requests with an Origin that the policy allows; `override` decides between the policy's value and
the origin's; headers are removed before any are added, and stored objects are never touched.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from multidict import CIMultiDict


@dataclass(frozen=True)
class Addition:
    name: str
    value: str
    override: bool


@dataclass(frozen=True)
class Cors:
    allow_origins: tuple[str, ...]
    allow_headers: tuple[str, ...] = ()
    allow_methods: tuple[str, ...] = ()
    expose_headers: tuple[str, ...] = ()
    allow_credentials: bool = False
    max_age: int | None = None
    override: bool = True

    def additions(self, origin: str, method: str) -> list[Addition]:
        """The headers of an answer to a request from `origin`; none when it is not allowed."""
        if not origin or not any(_covers(allowed, origin) for allowed in self.allow_origins):
            return []
        headers = {"Access-Control-Allow-Origin": "*" if "*" in self.allow_origins else origin}
        if self.allow_credentials:
            headers["Access-Control-Allow-Credentials"] = "true"
        if self.expose_headers:
            headers["Access-Control-Expose-Headers"] = ",".join(self.expose_headers)
        if method == "OPTIONS":
            methods = ("GET", "HEAD", "PUT", "POST", "PATCH", "DELETE", "OPTIONS")
            headers["Access-Control-Allow-Methods"] = ",".join(
                methods if "ALL" in self.allow_methods else self.allow_methods
            )
            headers["Access-Control-Allow-Headers"] = ",".join(self.allow_headers)
            if self.max_age is not None:
                headers["Access-Control-Max-Age"] = str(self.max_age)
        return [Addition(name, value, self.override) for name, value in headers.items() if value]


def _covers(allowed: str, origin: str) -> bool:
    # An entry without a scheme, such as *.example.com, allows its hosts under either.
    return fnmatch.fnmatchcase(origin if "://" in allowed else origin.split("://", 1)[-1], allowed)


@dataclass(frozen=True)
class HeadersPolicy:
    """An empty one changes nothing."""

    cors: Cors | None = None
    additions: tuple[Addition, ...] = ()
    removals: tuple[str, ...] = ()

    @classmethod
    def from_api(cls, config: Mapping[str, Any]) -> HeadersPolicy:
        """From the API's ResponseHeadersPolicyConfig."""
        return cls(
            cors=_cors(config["CorsConfig"]) if config.get("CorsConfig") else None,
            additions=(*_security(config.get("SecurityHeadersConfig") or {}), *_custom(config)),
            removals=tuple(i["Header"] for i in (config.get("RemoveHeadersConfig") or {}).get("Items", ())),
        )

    def apply(self, headers: CIMultiDict[str], *, origin: str, method: str) -> None:
        """Change `headers` in place for a viewer whose request had `origin` as its Origin ("" for none)."""
        for name in self.removals:
            headers.popall(name, None)
        added = [*self.additions, *(self.cors.additions(origin, method) if self.cors else ())]
        for addition in added:
            if addition.override or addition.name not in headers:
                headers[addition.name] = addition.value


def _custom(config: Mapping[str, Any]) -> list[Addition]:
    items = (config.get("CustomHeadersConfig") or {}).get("Items", ())
    return [Addition(i["Header"], i["Value"], i["Override"]) for i in items]


def _cors(config: Mapping[str, Any]) -> Cors:
    def items(name: str) -> tuple[str, ...]:
        return tuple((config.get(name) or {}).get("Items", ()))

    return Cors(
        allow_origins=items("AccessControlAllowOrigins"),
        allow_headers=items("AccessControlAllowHeaders"),
        allow_methods=items("AccessControlAllowMethods"),
        expose_headers=items("AccessControlExposeHeaders"),
        allow_credentials=config["AccessControlAllowCredentials"],
        max_age=config.get("AccessControlMaxAgeSec"),
        override=config["OriginOverride"],
    )


def _security(config: Mapping[str, Any]) -> list[Addition]:
    added: list[Addition] = []
    if hsts := config.get("StrictTransportSecurity"):
        value = f"max-age={hsts['AccessControlMaxAgeSec']}"
        value += "; includeSubDomains" if hsts.get("IncludeSubdomains") else ""
        value += "; preload" if hsts.get("Preload") else ""
        added.append(Addition("Strict-Transport-Security", value, hsts["Override"]))
    if options := config.get("ContentTypeOptions"):
        added.append(Addition("X-Content-Type-Options", "nosniff", options["Override"]))
    if frame := config.get("FrameOptions"):
        added.append(Addition("X-Frame-Options", frame["FrameOption"], frame["Override"]))
    if referrer := config.get("ReferrerPolicy"):
        added.append(Addition("Referrer-Policy", referrer["ReferrerPolicy"], referrer["Override"]))
    if csp := config.get("ContentSecurityPolicy"):
        added.append(Addition("Content-Security-Policy", csp["ContentSecurityPolicy"], csp["Override"]))
    if xss := config.get("XSSProtection"):
        value = "1" if xss["Protection"] else "0"
        value += "; mode=block" if xss["Protection"] and xss.get("ModeBlock") else ""
        value += f"; report={xss['ReportUri']}" if xss.get("ReportUri") else ""
        added.append(Addition("X-XSS-Protection", value, xss["Override"]))
    return added
