"""Quotas: what the account must have, from the options, and what to ask for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from infra.options import SynthOptions
from infra.quotas import OWN_ALARMS, Need, needs, reserved, write_needs
from tests.infra.contexts import ACCOUNT, EVERY_OPTION
from tests.infra.template import Template

REQUIRED = {"environment": "production", "account": ACCOUNT}


@pytest.mark.parametrize(
    ("options", "quota", "used", "short"),
    [
        ({}, 1_000, 0, False),
        ({}, 20, 0, False),
        ({}, 10, 0, True),
        ({"telemetry_concurrency": "50"}, 150, 0, False),
        ({"telemetry_concurrency": "50"}, 149, 0, True),
        ({"telemetry_concurrency": "50"}, 1_000, 851, True),
        ({"rescue_concurrency": "10"}, 122, 0, False),
        ({"rescue_concurrency": "10"}, 121, 0, True),
    ],
)
def test_concurrency(options: dict[str, str], quota: int, used: int, short: bool) -> None:
    need, *_ = needs(SynthOptions.from_context({**REQUIRED, **options}))
    assert (need.shortage(quota, used) is not None) is short


def test_a_shortage_says_what_to_ask_for() -> None:
    concurrency, distributions, stores, _ = needs(SynthOptions.from_context(REQUIRED))
    assert concurrency.shortage(10) == (
        "Concurrent executions of Lambda in us-east-1: the account has 10, and the stack needs 20 (functions that run "
        "at the same time). Ask AWS for 1,000: aws service-quotas request-service-quota-increase --region us-east-1 "
        "--service-code lambda --quota-code L-B99A9384 --desired-value 1000"
    )
    assert "200, of which 200 are in use" in str(distributions.shortage(200, 200))
    assert "Ask AWS for 1,001:" in str(distributions.shortage(1_000, 1_000))
    assert "console.aws.amazon.com/support" in str(stores.shortage(50, 50))


def test_an_assembly_has_its_needs_beside_its_templates(tmp_path: Path) -> None:
    options = SynthOptions.from_context(REQUIRED)
    write_needs(options, tmp_path)
    written = json.loads((tmp_path / "edgeship-quotas.json").read_text("utf-8"))
    assert tuple(Need(**each) for each in written) == needs(options)


@pytest.mark.xdist_group("infra")
@pytest.mark.synth
def test_the_needs_are_the_templates(customised: Template, production: Template, previewing: Template) -> None:
    contexts = ({**REQUIRED, **EVERY_OPTION}, REQUIRED, {**REQUIRED, "previews": "true"})
    for stack, context in zip((customised, production, previewing), contexts, strict=True):
        fronts = 2 if "previews" in context else 1
        executions = [
            function["Properties"].get("ReservedConcurrentExecutions", 0) for function in stack.functions().values()
        ]
        assert reserved(SynthOptions.from_context(context)) == sum(executions)
        assert len(stack.resources("AWS::CloudWatch::Alarm")) <= OWN_ALARMS
        assert len(stack.resources("AWS::CloudFront::Distribution")) == fronts
        assert len(stack.resources("AWS::CloudFront::KeyValueStore")) == fronts
        said = [need.needed for need in needs(SynthOptions.from_context(context)) if need.service == "cloudfront"]
        assert said == [fronts, fronts]
