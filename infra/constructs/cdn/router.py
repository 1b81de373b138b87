"""The CloudFront Functions, and the store that the router and the tokens' function read."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_cloudfront as cloudfront
from constructs import Construct

from edgeship.resource_names import LOCAL
from infra.bundling import Bundler
from infra.constructs.storage import EXPOSED_HEADERS
from infra.options import SynthOptions
from infra.router_code import exact_code, moving_headers_code, router_code, token_code


class Router(Construct):
    """`store` is written at run time alone: what a template puts into it, the next deploy would put there again."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        options: SynthOptions,
        bundler: Bundler,
    ) -> None:
        super().__init__(scope, id)
        names = options.names
        self.store = cloudfront.KeyValueStore(
            self,
            "Routes",
            key_value_store_name=names.route_store,
            comment=f"edgeship {options.environment}: what moving paths mean",
        )
        # What it holds is derived from the table, and the next store is filled before the CDN reads it.
        self.store.apply_removal_policy(RemovalPolicy.DESTROY)
        route = router_code(
            bundler.root,
            root_widget=options.root_widget,
            pointer_max_age=options.pointer_max_age,
            exposed_headers=",".join(EXPOSED_HEADERS),
            scheme="http" if options.environment == LOCAL else "https",
        )
        self.route = cloudfront.Function(
            self,
            "Route",
            function_name=f"{names.stack}-route",
            comment=f"edgeship {options.environment}: which release a page view gets",
            code=cloudfront.FunctionCode.from_inline(route),
            runtime=cloudfront.FunctionRuntime.JS_2_0,
            key_value_store=self.store,
        )
        self._headers = cloudfront.Function(
            self,
            "Headers",
            function_name=f"{names.stack}-moving-headers",
            comment=f"edgeship {options.environment}: how long browsers keep what a moving path serves",
            code=cloudfront.FunctionCode.from_inline(
                moving_headers_code(bundler.root, pointer_max_age=options.pointer_max_age)
            ),
            runtime=cloudfront.FunctionRuntime.JS_2_0,
        )

        self._exact = cloudfront.Function(
            self,
            "Exact",
            function_name=f"{names.stack}-exact",
            comment=f"edgeship {options.environment}: who gets what a build compressed ahead",
            code=cloudfront.FunctionCode.from_inline(exact_code(bundler.root)),
            runtime=cloudfront.FunctionRuntime.JS_2_0,
        )

        # Not the router's part: that has few bytes left of the 10,240 that a function may have.
        self._token = cloudfront.Function(
            self,
            "Token",
            function_name=f"{names.stack}-token",
            comment=f"edgeship {options.environment}: the token that a page view reports with",
            code=cloudfront.FunctionCode.from_inline(token_code(bundler.root)),
            runtime=cloudfront.FunctionRuntime.JS_2_0,
            key_value_store=self.store,
        )

    @property
    def functions(self) -> tuple[cloudfront.Function, ...]:
        """All of them, for their alarms."""
        return self.route, self._headers, self._exact, self._token

    @property
    def of_tokens(self) -> list[cloudfront.FunctionAssociation]:
        """Of the behavior of the tokens' path."""
        return [
            cloudfront.FunctionAssociation(event_type=cloudfront.FunctionEventType.VIEWER_REQUEST, function=self._token)
        ]

    @property
    def of_exact_paths(self) -> list[cloudfront.FunctionAssociation]:
        """Of the behavior of exact paths."""
        return [
            cloudfront.FunctionAssociation(event_type=cloudfront.FunctionEventType.VIEWER_REQUEST, function=self._exact)
        ]

    @property
    def associations(self) -> list[cloudfront.FunctionAssociation]:
        """Of a behavior of moving paths."""
        return [
            cloudfront.FunctionAssociation(event_type=cloudfront.FunctionEventType.VIEWER_REQUEST, function=self.route),
            cloudfront.FunctionAssociation(
                event_type=cloudfront.FunctionEventType.VIEWER_RESPONSE, function=self._headers
            ),
        ]
