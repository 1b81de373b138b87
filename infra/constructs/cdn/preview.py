"""The second distribution: builds that nobody has released, under a host of their own.

It alone may read the bucket of previews, and it may read nothing else. So what a pull request uploads never shares an
origin with what is released, and no path of the first distribution leads to it.
"""

from __future__ import annotations

from aws_cdk import Acknowledgment, Duration, RemovalPolicy, Validations
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from edgeship.resource_names import LOCAL
from infra.bundling import Bundler
from infra.constructs.cdn.distribution import (
    MISSING_KEY_TTL,
    ORIGIN_HEADERS,
    PRICE_CLASSES,
    acknowledge,
    geo_restriction,
    preflight_request,
)
from infra.constructs.cdn.file_policies import file_cache, file_headers, header
from infra.constructs.storage import EXPOSED_HEADERS
from infra.options import SynthOptions
from infra.router_code import preview_code


class PreviewCdn(Construct):
    """The distribution, its function, and the store that says which previews there are, which is written at run time
    alone. `url` is the parameter that says the distribution's URL."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        options: SynthOptions,
        removal: RemovalPolicy,
        bundler: Bundler,
        bucket: s3.Bucket,
        logs: s3.Bucket,
    ) -> None:
        super().__init__(scope, id)
        names = options.names
        self.bucket = bucket
        self.store = cloudfront.KeyValueStore(
            self,
            "Store",
            key_value_store_name=names.preview_store,
            comment=f"edgeship {options.environment}: which previews there are",
        )
        self.store.apply_removal_policy(removal)
        code = preview_code(
            bundler.root,
            exposed_headers=",".join(EXPOSED_HEADERS),
            scheme="http" if options.environment == LOCAL else "https",
        )
        function = cloudfront.Function(
            self,
            "Route",
            function_name=f"{names.stack}-preview",
            comment=f"edgeship {options.environment}: which build a preview is, and whether it has expired",
            code=cloudfront.FunctionCode.from_inline(code),
            runtime=cloudfront.FunctionRuntime.JS_2_0,
            key_value_store=self.store,
        )
        headers = file_headers(
            self,
            "Headers",
            "Previews",
            [
                header("X-Robots-Tag", "noindex, nofollow"),
                # Browsers ask again each time, and the function answers no request for what has expired.
                header("Cache-Control", "no-cache"),
            ],
        )
        self.distribution = cloudfront.Distribution(
            self,
            "Distribution",
            comment=f"edgeship {options.environment}: previews",
            default_behavior=cloudfront.BehaviorOptions(
                origin=origins.S3BucketOrigin.with_origin_access_control(
                    bucket,
                    origin_access_levels=[cloudfront.AccessLevel.READ, cloudfront.AccessLevel.LIST],
                    custom_headers=ORIGIN_HEADERS,
                ),
                allowed_methods=cloudfront.AllowedMethods.ALLOW_GET_HEAD_OPTIONS,
                cached_methods=cloudfront.CachedMethods.CACHE_GET_HEAD,
                cache_policy=file_cache(self, "Cache", Duration.days(30)),
                origin_request_policy=preflight_request(self, "Preflights"),
                compress=True,
                response_headers_policy=headers,
                viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
                function_associations=[
                    cloudfront.FunctionAssociation(
                        event_type=cloudfront.FunctionEventType.VIEWER_REQUEST, function=function
                    )
                ],
            ),
            # The function answers / itself; without one, S3 would list the bucket if the function were taken away.
            default_root_object="index.html",
            error_responses=[
                cloudfront.ErrorResponse(http_status=status, ttl=MISSING_KEY_TTL) for status in (403, 404)
            ],
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            enable_ipv6=True,
            geo_restriction=geo_restriction(options),
            price_class=PRICE_CLASSES[options.price_class],
            web_acl_id=options.web_acl_arn,
            # As of the first distribution.
            log_bucket=None if options.first_deploy else logs,
            log_file_prefix=None if options.first_deploy else "cloudfront-previews/",
            log_includes_cookies=None if options.first_deploy else False,
        )
        acknowledge(self.distribution, options)
        Validations.of(self.distribution).acknowledge(
            Acknowledgment(id="AwsSolutions-CFR4", reason="It has a host of CloudFront's alone, with its TLS policy.")
        )
        self.url = ssm.StringParameter(
            self,
            "Url",
            parameter_name=names.preview_url,
            description=f"edgeship {options.environment}: where previews are served",
            string_value=f"https://{self.distribution.distribution_domain_name}",
        )
