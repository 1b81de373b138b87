"""How the files of widgets are served by any distribution: with which headers, and kept by what."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_cloudfront as cloudfront
from constructs import Construct

from infra.constructs.storage import EXPOSED_HEADERS


def file_headers(
    scope: Construct,
    id: str,
    comment: str,
    more: Sequence[cloudfront.ResponseCustomHeader],
) -> cloudfront.ResponseHeadersPolicy:
    """The policy of files that pages of any origin load, with further headers."""
    return cloudfront.ResponseHeadersPolicy(
        scope,
        id,
        comment=comment,
        cors_behavior=cloudfront.ResponseHeadersCorsBehavior(
            access_control_allow_credentials=False,
            access_control_allow_headers=["*"],
            access_control_allow_methods=["GET", "HEAD"],
            access_control_allow_origins=["*"],
            access_control_expose_headers=list(EXPOSED_HEADERS),
            access_control_max_age=Duration.days(1),
            origin_override=True,
        ),
        security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
            content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
            strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                access_control_max_age=Duration.days(730), include_subdomains=False, override=True
            ),
        ),
        custom_headers_behavior=cloudfront.ResponseCustomHeadersBehavior(
            custom_headers=[
                header("Cross-Origin-Resource-Policy", "cross-origin"),
                header("Timing-Allow-Origin", "*"),
                # S3 has no such header for what is compressed ahead. Its own Vary names what never varies here:
                # every request to it has the same Origin.
                header("Vary", "Accept-Encoding"),
                *more,
            ]
        ),
    )


def file_cache(scope: Construct, id: str, keep: Duration) -> cloudfront.CachePolicy:
    """The policy of files that lie under paths of their own; `keep` is the longest that one stays."""
    return cloudfront.CachePolicy(
        scope,
        id,
        comment="By path alone; as long as Cache-Control says, and no minimum",
        min_ttl=Duration.seconds(0),
        default_ttl=Duration.days(1),
        max_ttl=keep,
        enable_accept_encoding_gzip=True,
        enable_accept_encoding_brotli=True,
        query_string_behavior=cloudfront.CacheQueryStringBehavior.none(),
        cookie_behavior=cloudfront.CacheCookieBehavior.none(),
        header_behavior=cloudfront.CacheHeaderBehavior.none(),
    )


def header(name: str, value: str) -> cloudfront.ResponseCustomHeader:
    return cloudfront.ResponseCustomHeader(header=name, value=value, override=True)
