"""Synthesised stacks. A synth takes seconds, so each is made once a session, and all by one worker (xdist_group)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infra.app import ROOT, build_app
from tests.infra.template import Template

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
    "root_widget": "checkout",
    "cloudflare_zone": "023e105f4ecef8ad9ca31a8372d0c353",
    "cloudflare_url": "https://widgets.example.org",
    "cloudflare_token": "secretsmanager:edgeship/production/cloudflare",
    "latest_copies_grace_days": "3",
    "telemetry_concurrency": "20",
    "log_retention_days": "400",
    "access_log_retention_days": "30",
    "accepted_retention_days": "90",
    "event_retention_days": "14",
    "alarm_email": "oncall@example.com",
    "notification_email": "team@example.com",
}


def synthesise(folder: Path, context: dict[str, Any]) -> Template:
    """Synthesise in this process, under the AwsSolutions rules; any finding without an acknowledgment fails."""
    from aws_cdk import Validations
    from cdk_nag import AwsSolutionsChecks

    app = build_app(context, outdir=str(folder))
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()
    return Template(folder, f"edgeship-{context['environment']}")


@pytest.fixture(scope="session")
def production(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """Nothing but the required options."""
    return synthesise(tmp_path_factory.mktemp("production"), {"environment": "production", "account": ACCOUNT})


@pytest.fixture(scope="session")
def customised(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """The same environment with every option set."""
    context = {"environment": "production", "account": ACCOUNT, **EVERY_OPTION}
    return synthesise(tmp_path_factory.mktemp("customised"), context)


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """The local cloud's stack, made as the local cloud makes it: by the app in a process of its own."""
    folder = tmp_path_factory.mktemp("local")
    done = run_app({"environment": "local"}, folder)
    assert done.returncode == 0, done.stderr
    return Template(folder, "edgeship-local")


def run_app(context: dict[str, Any], folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "CDK_OUTDIR": str(folder), "CDK_CONTEXT_JSON": json.dumps(context)}
    environment.pop("CDK_DEFAULT_ACCOUNT", None)
    command = [sys.executable, "-m", "infra.app"]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
