"""Who one is on a local cloud: placeholders that real AWS refuses."""

from __future__ import annotations

ACCOUNT = "000000000000"
REGION = "us-east-1"
"""The one region: CloudFront's alarms, certificates and Lambda@Edge functions live there
(https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-edge-how-it-works-tutorial.html)."""

ACCESS_KEY_ID = "test"
SECRET_ACCESS_KEY = "test"  # noqa: S105  a placeholder
SESSION_TOKEN = "local"  # noqa: S105  likewise
