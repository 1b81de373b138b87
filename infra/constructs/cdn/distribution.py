"""The CDN: immutable releases from S3 by default, the router on the moving paths, flags and telemetry beside them."""

from __future__ import annotations

from aws_cdk import Acknowledgment, Duration, Validations
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from constructs import Construct

from edgeship.domain.naming import TAKEN, encoded_folder
from infra.constructs.cdn.edge import EdgeFunction
from infra.constructs.cdn.file_policies import file_cache, file_headers, header
from infra.constructs.cdn.router import Router
from infra.constructs.storage import Storage
from infra.constructs.telemetry import Telemetry
from infra.options import SynthOptions
from infra.router_code import ENCODED_ORIGIN, PLAIN_ORIGIN

MOVING_PATHS = ("*/latest/*", "*/~*/*")
"""`*` matches the empty string and `/` too, so these take a root widget's `/latest/x` and `/~1/x` as well
(https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesCacheBehavior.html)."""
OFREP_PATHS = "/ofrep/*"
"""Flags: every request is answered by the edge function, from its body; none reaches the cache or the origin."""
BEACON_PATH = "/telemetry"
BEACON_QUERY = "d"
CLIENT_PATH = "/edgeship/telemetry.js"
SIGNED_PATH = "/edgeship/token"
VIEWER_HEADERS = ("CloudFront-Viewer-Address", "User-Agent")
"""What the telemetry function tells page views apart by, and keeps as keyed hashes alone. CloudFront sets the first; no
client can."""
ROOT_RELEASE_PATHS = "/v*.*.*/*"
"""A root widget's exact releases: the router puts the widget's name in front of them."""

PRICE_CLASSES = {
    "100": cloudfront.PriceClass.PRICE_CLASS_100,
    "200": cloudfront.PriceClass.PRICE_CLASS_200,
    "all": cloudfront.PriceClass.PRICE_CLASS_ALL,
}
MISSING_KEY_TTL = Duration.seconds(1)
"""A release that was requested just before it was published is there a second later. S3 is still protected from a flood
of requests for missing files."""
# Sent to S3 with every request, so that S3's CORS rule answers every request: a script that a page once loaded without
# `crossorigin` can then be reused from the browser's cache with it. The name is reserved and never resolves.
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/add-origin-custom-headers.html
PREFLIGHT_HEADERS = ("Access-Control-Request-Method", "Access-Control-Request-Headers")
ORIGIN_HEADERS = {"Origin": "https://edgeship.invalid"}


class Cdn(Construct):
    """The distribution and its policies."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        options: SynthOptions,
        storage: Storage,
        edge: EdgeFunction,
        router: Router,
        telemetry: Telemetry,
    ) -> None:
        super().__init__(scope, id)
        site = self._bucket_origin(storage, PLAIN_ORIGIN)
        cache = file_cache(self, "Cache", Duration.days(365))
        immutable = file_headers(self, "ImmutableHeaders", "Exact releases", [])
        # A policy acts on errors, too, and the file behind a moving path says immutable itself: so nothing may be kept,
        # until the router's function for responses, which runs for no error, says for how long.
        moving = file_headers(self, "MovingHeaders", "Paths whose meaning moves", [header("Cache-Control", "no-store")])

        preflights = preflight_request(self, "Preflights")

        def behavior(
            headers: cloudfront.ResponseHeadersPolicy,
            functions: list[cloudfront.FunctionAssociation] | None = None,
            origin: cloudfront.IOrigin = site,
        ) -> cloudfront.BehaviorOptions:
            return cloudfront.BehaviorOptions(
                origin=origin,
                allowed_methods=cloudfront.AllowedMethods.ALLOW_GET_HEAD_OPTIONS,
                cached_methods=cloudfront.CachedMethods.CACHE_GET_HEAD,
                cache_policy=cache,
                origin_request_policy=preflights,
                compress=True,
                response_headers_policy=headers,
                viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
                function_associations=functions,
            )

        evaluated = [
            cloudfront.EdgeLambda(
                event_type=cloudfront.LambdaEdgeEventType.VIEWER_REQUEST,
                function_version=edge.version,
                include_body=True,
            )
        ]
        flags = cloudfront.BehaviorOptions(
            origin=site,
            # CloudFront lets POST through only together with the other writing methods.
            allowed_methods=cloudfront.AllowedMethods.ALLOW_ALL,
            cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
            compress=False,
            # Contexts carry user data, and a redirected POST would have sent them in the clear already.
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
            edge_lambdas=evaluated,
        )
        telemetry_origin = origins.FunctionUrlOrigin.with_origin_access_control(telemetry.url)
        beacons = cloudfront.BehaviorOptions(
            origin=telemetry_origin,
            allowed_methods=cloudfront.AllowedMethods.ALLOW_GET_HEAD,
            cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
            # Nothing of the viewer's but the beacon and these two headers: no cookie, no Referer.
            origin_request_policy=cloudfront.OriginRequestPolicy(
                self,
                "BeaconRequest",
                comment="The beacon, and whose it is",
                query_string_behavior=cloudfront.OriginRequestQueryStringBehavior.allow_list(BEACON_QUERY),
                cookie_behavior=cloudfront.OriginRequestCookieBehavior.none(),
                header_behavior=cloudfront.OriginRequestHeaderBehavior.allow_list(*VIEWER_HEADERS),
            ),
            compress=False,
            # These headers set no Cache-Control: the function's own stands.
            response_headers_policy=immutable,
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
        )
        tokens = cloudfront.BehaviorOptions(
            origin=site,
            allowed_methods=cloudfront.AllowedMethods.ALLOW_GET_HEAD,
            # The function answers every request; none reaches the cache or the origin.
            cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
            compress=False,
            response_headers_policy=immutable,
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
            function_associations=router.of_tokens,
        )
        # CloudFront takes the first pattern that matches, in this order.
        behaviors = {
            OFREP_PATHS: flags,
            BEACON_PATH: beacons,
            SIGNED_PATH: tokens,
            # The function's own Cache-Control stands.
            CLIENT_PATH: behavior(immutable, origin=telemetry_origin),
        } | {path: behavior(moving, router.associations) for path in MOVING_PATHS}
        if options.root_widget:
            behaviors[ROOT_RELEASE_PATHS] = behavior(moving, router.associations)

        # Origins that the functions choose by their ids; only a behavior puts an origin into a distribution. Under
        # these paths themselves there is nothing: the origin's path comes before them.
        for taken in TAKEN:
            folder = f"/{encoded_folder(taken)}"
            coded = self._bucket_origin(storage, ENCODED_ORIGIN + taken, folder.rstrip("/"))
            behaviors[f"{folder}*"] = behavior(immutable, origin=coded)

        default = behavior(immutable, router.of_exact_paths)
        self.distribution = cloudfront.Distribution(
            self,
            "Distribution",
            comment=f"edgeship {options.environment}",
            default_behavior=default,
            additional_behaviors=behaviors,
            default_root_object="index.html",
            error_responses=[
                cloudfront.ErrorResponse(http_status=status, ttl=MISSING_KEY_TTL) for status in (403, 404)
            ],
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            enable_ipv6=True,
            # CloudFront's own certificate comes with its own policy; the choice exists for a custom domain alone.
            minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021 if options.domain_name else None,
            domain_names=[options.domain_name] if options.domain_name else None,
            certificate=acm.Certificate.from_certificate_arn(self, "Certificate", options.certificate_arn)
            if options.certificate_arn
            else None,
            geo_restriction=geo_restriction(options),
            price_class=PRICE_CLASSES[options.price_class],
            web_acl_id=options.web_acl_arn,
            # The first object in its bucket keeps it from being deleted when a first deploy fails.
            log_bucket=None if options.first_deploy else storage.logs,
            log_file_prefix=None if options.first_deploy else "cloudfront/",
            log_includes_cookies=None if options.first_deploy else False,
        )
        acknowledge(self.distribution, options)

    def _bucket_origin(self, storage: Storage, id_: str, path: str | None = None) -> cloudfront.IOrigin:
        return origins.S3BucketOrigin.with_origin_access_control(
            storage.site,
            origin_id=id_,
            origin_path=path,
            # LIST turns S3's answer for a missing key from 403 to 404. It gives nobody a listing: S3 lists on a
            # request for the bucket's root, and that is always rewritten to the default root object.
            origin_access_levels=[cloudfront.AccessLevel.READ, cloudfront.AccessLevel.LIST],
            custom_headers=ORIGIN_HEADERS,
        )


def acknowledge(distribution: cloudfront.Distribution, options: SynthOptions) -> None:
    """The findings that hold for each distribution of widgets."""
    reasons = {
        "Annotation::@aws-cdk/aws-cloudfront-origins:listBucketSecurityRisk": (
            "default_root_object is set, so that a request for / lists nothing."
        )
    }
    if not (options.geo_allow or options.geo_deny):
        reasons["AwsSolutions-CFR1"] = "Widgets run on pages anywhere; geo_allow or geo_deny restricts where asked."
    if not options.web_acl_arn:
        reasons["AwsSolutions-CFR2"] = "Static public files behind a cache; web_acl_arn attaches a web ACL where asked."
    if not options.domain_name:
        reasons["AwsSolutions-CFR4"] = (
            "*.cloudfront.net has CloudFront's own certificate and TLS policy; a domain_name gets TLSv1.2_2021."
        )
    for id_, reason in reasons.items():
        Validations.of(distribution).acknowledge(Acknowledgment(id=id_, reason=reason))


def geo_restriction(options: SynthOptions) -> cloudfront.GeoRestriction | None:
    if options.geo_allow:
        return cloudfront.GeoRestriction.allowlist(*options.geo_allow)
    return cloudfront.GeoRestriction.denylist(*options.geo_deny) if options.geo_deny else None


def preflight_request(scope: Construct, id: str) -> cloudfront.OriginRequestPolicy:
    """With the Origin of `ORIGIN_HEADERS`, S3's CORS rule then answers OPTIONS."""
    return cloudfront.OriginRequestPolicy(
        scope,
        id,
        comment="What S3 needs to answer a CORS preflight",
        header_behavior=cloudfront.OriginRequestHeaderBehavior.allow_list(*PREFLIGHT_HEADERS),
        query_string_behavior=cloudfront.OriginRequestQueryStringBehavior.none(),
        cookie_behavior=cloudfront.OriginRequestCookieBehavior.none(),
    )
