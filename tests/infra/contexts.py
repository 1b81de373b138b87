"""The contexts that the tests' stacks are made under."""

from __future__ import annotations

ACCOUNT = "123456789012"
CERTIFICATE = f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/01234567-89ab-cdef-0123-456789abcdef"
WEB_ACL = f"arn:aws:wafv2:us-east-1:{ACCOUNT}:global/webacl/edge/01234567-89ab-cdef-0123-456789abcdef"
EVERY_OPTION = {
    "domain_name": "widgets.example.com",
    "certificate_arn": CERTIFICATE,
    "geo_deny": "KP,SY",
    "price_class": "100",
    "web_acl_arn": WEB_ACL,
    "pointer_max_age": "60",
    "edge_freshness_seconds": "8",
    "edge_regions": "us-east-1,eu-west-1,ap-southeast-1",
    "root_widget": "checkout",
    "table_restored": "2026-11-28",
    "cloudflare_zone": "023e105f4ecef8ad9ca31a8372d0c353",
    "cloudflare_url": "https://widgets.example.org",
    "cloudflare_token": "secretsmanager:edgeship/production/cloudflare",
    "latest_copies_grace_days": "3",
    "upload_limits": "files:8000,file_mib:200",
    "telemetry_concurrency": "20",
    "rescue_concurrency": "10",
    "require_signatures": "true",
    "dashboard": "false",
    "widget_policies": "checkout,chat-bubble",
    "tracing": "true",
    "log_retention_days": "400",
    "access_log_retention_days": "30",
    "accepted_retention_days": "90",
    "event_retention_days": "14",
    "alarm_email": "oncall@example.com",
    "notification_email": "team@example.com",
}
REQUIRED = {"environment": "production", "account": ACCOUNT}
CONTEXTS = {
    "production": REQUIRED,
    "customised": {**REQUIRED, **EVERY_OPTION},
    "first": {**REQUIRED, "first_deploy": "true"},
    "previewing": {**REQUIRED, "previews": "true"},
    "local": {"environment": "local"},
}
"""By the name of the fixture that holds the stack."""
