"""Quotas against what is in use, on moto; Service Quotas and Lambda's account settings, which moto lacks, are stubs."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from edgeship.adapters.cdk.account_quotas import AccountQuotas
from edgeship.adapters.cdk.place import NEEDS_FILE
from edgeship.application.deploying.ports import Assembly, Quotas
from edgeship.application.doctor.ports import NotAllowed
from edgeship.domain.deploying.quotas import Need, needs_to_run
from infra.options import SynthOptions
from infra.quotas import needs
from tests.fakes.deploying import FakeCloud
from tests.support.moto.aws import Aws, create_distribution
from tests.support.moto.sessions import kept_session

CONCURRENCY, DISTRIBUTIONS, STORES, ALARMS = needs(
    SynthOptions.from_context({"environment": "test", "account": "1" * 12})
)


@dataclass
class Account(boto3.Session):
    """moto's, with answers of the services that moto lacks."""

    quota: int = 1_000
    unreserved: int = 1_000
    denied: str | None = None

    def client(self, service_name: str, *args: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        if service_name in ("cloudfront", "cloudwatch"):
            return kept_session().client(service_name)
        client: Any = boto3.Session(region_name="us-east-1").client(service_name)  # type: ignore[call-overload]
        stub = Stubber(client)
        if service_name == self.denied:
            message = "User: arn:aws:iam::1:user/a is not authorized to perform: some:Action on resource: *"
            operation = {"lambda": "get_account_settings", "service-quotas": "get_service_quota"}[service_name]
            stub.add_client_error(operation, "AccessDeniedException", message)
        elif service_name == "service-quotas":
            stub.add_response("get_service_quota", {"Quota": {"Value": float(self.quota)}})
        else:
            limit = {"ConcurrentExecutions": self.quota, "UnreservedConcurrentExecutions": self.unreserved}
            stub.add_response("get_account_settings", {"AccountLimit": limit})
        stub.activate()
        return client


def assembly(folder: Path, *listed: Need) -> Assembly:
    if listed:
        (folder / NEEDS_FILE).write_text(json.dumps([asdict(need) for need in listed]))
    return Assembly(folder, {"edgeship-test": "us-east-1"}, "1" * 12)


@pytest.mark.parametrize("kind", ["moto", "fake"])
def test_what_is_short_is_a_line_each(kind: str, aws: Aws, tmp_path: Path) -> None:
    quotas: Quotas = AccountQuotas(Account(quota=10, unreserved=10)) if kind == "moto" else FakeCloud()
    (line,) = quotas.shortages(assembly(tmp_path, CONCURRENCY, ALARMS))
    assert line.startswith("Concurrent executions")


def test_an_account_with_room_and_an_assembly_without_needs(aws: Aws, tmp_path: Path) -> None:
    quotas = AccountQuotas(Account())
    assert quotas.shortages(assembly(tmp_path)) == []
    assert quotas.shortages(assembly(tmp_path, CONCURRENCY, DISTRIBUTIONS, STORES, ALARMS)) == []


def test_what_is_in_use_is_counted(aws: Aws) -> None:
    create_distribution()
    kept_session().client("cloudfront").create_key_value_store(Name="routes")
    for number in range(120):  # more than a page
        aws.cloudwatch.put_metric_alarm(
            AlarmName=f"a-{number}",
            Namespace="n",
            MetricName="m",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )
    quotas = AccountQuotas(Account(quota=1_000, unreserved=300))
    found = {need.name: quotas.use(need) for need in (CONCURRENCY, DISTRIBUTIONS, STORES, ALARMS)}
    used = {use.need: (use.quota, use.used) for use in found.values()}
    assert used == {CONCURRENCY: (1_000, 700), DISTRIBUTIONS: (1_000, 1), STORES: (50, 1), ALARMS: (5_000, 120)}


@pytest.mark.parametrize("service", ["service-quotas", "lambda"])
def test_a_denied_quota_is_a_note_of_a_deploy_and_named_to_a_diagnosis(service: str, aws: Aws, tmp_path: Path) -> None:
    quotas = AccountQuotas(Account(denied=service))
    (line,) = quotas.shortages(assembly(tmp_path, CONCURRENCY))
    assert "not checked" in line
    with pytest.raises(NotAllowed) as denied:
        quotas.use(CONCURRENCY)
    assert denied.value.needs == "some:Action"


def test_needs_to_run_are_those_of_a_template_without_what_is_there_already() -> None:
    running = {need.name: need for need in needs_to_run("us-east-1")}
    for need in (CONCURRENCY, ALARMS):
        assert replace(running[need.name], needed=need.needed, reason=need.reason) == need
        assert running[need.name].needed <= need.needed
