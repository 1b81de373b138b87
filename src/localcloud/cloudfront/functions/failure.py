"""What a viewer gets when a CloudFront Function fails."""

from __future__ import annotations


class FunctionFailed(Exception):
    """The function threw, did not load, or returned what is neither a request nor a response.

    A viewer gets `status`, and `result` in X-Cache. The Developer Guide names the results of access logs
    (x-edge-result-type) and answers 503 to execution errors (http-503-service-unavailable).
    """

    status = 503
    result = "FunctionExecutionError from cloudfront"


class FunctionThrottled(FunctionFailed):
    """The function ran longer than its budget."""

    result = "FunctionThrottledError from cloudfront"


class HeaderRefused(FunctionFailed):
    """The function added a disallowed header or edited a read-only one (edge-function-restrictions-all): 502."""

    status = 502
