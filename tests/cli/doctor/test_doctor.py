"""`edgeship doctor` against moto: healthy, with findings, denied, and without credentials."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, NoCredentialsError, ProfileNotFound

from edgeship.adapters.cdk.account_quotas import AccountQuotas
from edgeship.domain.deploying.quotas import Need
from edgeship.domain.doctor.account import Used
from tests.cli.command_line import CommandLine
from tests.cli.documentation import assert_as_documented
from tests.cli.loopback import Answer, serving
from tests.cli.test_every_command import Refusing
from tests.support.moto.aws import NAMES, Aws
from tests.support.moto.sessions import kept_session

TEMPLATE = {
    "Resources": {"Poison": {"Type": "AWS::SQS::Queue"}},
    "Outputs": {"Version": {"Value": "0.1.0"}},
}
ROUTER, CLIENT = "/edgeship/~t/", "/edgeship/telemetry.js"


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Answer]]:
    """What the CDN answers, by path."""
    found: dict[str, Answer] = dict.fromkeys((ROUTER, CLIENT), (200, "text/javascript", b""))
    with serving(lambda path: found.get(path, (404, "text/plain", b""))) as url:
        monkeypatch.setenv("EDGESHIP_URL", url)
        yield found


@pytest.fixture
def deployed(
    edgeship: CommandLine, aws: Aws, store: object, answers: object, monkeypatch: pytest.MonkeyPatch
) -> CommandLine:
    """A healthy environment."""
    kept_session().client("cloudformation").create_stack(StackName=NAMES.stack, TemplateBody=json.dumps(TEMPLATE))
    put_alarm(aws, "OK")
    monkeypatch.setattr(AccountQuotas, "use", lambda _, need: Used(need, need.default, 0))
    monkeypatch.setattr("edgeship.application.doctor.compare_edge.SETTLES_SECONDS", 0.0)
    return edgeship


def put_alarm(aws: Aws, state: str) -> None:
    aws.cloudwatch.put_metric_alarm(
        AlarmName=f"{NAMES.stack}-Relay-Lag",
        AlarmDescription="Changes don't reach the edge.",
        Namespace="n",
        MetricName="m",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    aws.cloudwatch.set_alarm_state(AlarmName=f"{NAMES.stack}-Relay-Lag", StateValue=state, StateReason="because")


def states(done: Any) -> dict[str, str]:
    return {each["check"]: each["state"] for each in done.document["checks"] if each["state"] != "ok"}


def test_a_healthy_environment(deployed: CommandLine) -> None:
    done = deployed("doctor")
    assert (done.code, done.out.strip()) == (0, "test: 11 checks, no finding")
    document = deployed("doctor", "--json").document
    assert (document["healthy"], document["findings"]) == (True, [])


def test_findings_with_their_fixes(deployed: CommandLine, aws: Aws, answers: dict[str, Answer]) -> None:
    put_alarm(aws, "ALARM")
    answers[ROUTER] = (503, "text/plain", b"")
    (url,) = aws.sqs.list_queues(QueueNamePrefix=NAMES.stack)["QueueUrls"]
    aws.sqs.send_message(QueueUrl=url, MessageBody="{}")
    done = deployed("doctor", "--json")
    assert (done.code, states(done)) == (1, {"cdn": "error", "alarms": "error", "queues": "error"})
    assert_as_documented(done.document, "edgeship doctor")
    shown = deployed("doctor").out.splitlines()
    assert shown[0] == "test: 11 checks: 3 error"
    assert all(line.split()[0] in ("error", "fix:") for line in shown[1:])
    assert f"--queue-url {url}" in "".join(shown)


def test_it_is_read_on_sixty_columns(deployed: CommandLine, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    put_alarm(aws, "ALARM")
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    shown = deployed("doctor").out
    assert "Relay-Lag" in shown
    assert max(len(re.sub("\x1b.*?m", "", line)) for line in shown.splitlines()) <= 60


def test_a_store_that_is_not_there(edgeship: CommandLine, answers: object) -> None:
    done = edgeship("doctor", "--json")
    assert done.code == 1
    assert states(done)["edge"] == "error"
    assert states(done)["stack"] == "error"


def test_a_name_of_ones_own_and_further_regions(deployed: CommandLine) -> None:
    Path("edgeship.toml").write_text(
        'environment = "test"\n[options]\ndomain_name = "widgets.invalid"\nedge_regions = ["eu-west-1"]\n'
    )
    done = deployed("doctor", "--json")
    assert states(done) == {"stack": "error", "cdn": "error"}
    texts = [finding["text"] for finding in done.document["findings"]]
    assert sum("https://widgets.invalid/" in text for text in texts) == 2
    assert "There is no stack edgeship-test-edge-eu-west-1 in eu-west-1." in texts


class Denying:
    """A session that may call nothing but GetCallerIdentity."""

    def client(self, name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "sts":
            return kept_session().client("sts")
        error = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "Anything")
        return Refusing(error).client(name)


def test_everything_is_denied(edgeship: CommandLine, answers: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("boto3.Session", lambda **_: Denying())
    done = edgeship("doctor", "--json")
    assert done.code == 0
    unchecked = ["stack", "edge", "alarms", "queues", "quotas", "telemetry"]
    assert states(done) == dict.fromkeys(unchecked, "unchecked")
    needs = "".join(finding["text"] for finding in done.document["findings"])
    for action in ("cloudformation:DescribeStacks", "cloudwatch:DescribeAlarms", "servicequotas:GetServiceQuota"):
        assert action in needs


@pytest.mark.parametrize(
    "error",
    [
        NoCredentialsError(),
        ProfileNotFound(profile="nobody"),
        ClientError({"Error": {"Code": "ExpiredToken", "Message": "because"}}, "GetCallerIdentity"),
    ],
)
def test_without_credentials_the_cdn_is_checked(
    bare: CommandLine, aws: Aws, answers: dict[str, Answer], error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers[CLIENT] = (502, "text/plain", b"")
    monkeypatch.setenv("EDGESHIP_ENV", "test")

    def session(**_: Any) -> Refusing:
        if isinstance(error, ProfileNotFound):
            raise error
        return Refusing(error)

    monkeypatch.setattr("boto3.Session", session)
    done = bare("doctor", "--json")
    assert (done.code, done.document["account"]) == (1, None)
    assert states(done) == {"credentials": "error", "cdn": "error"}
    assert "aws sso login" in done.document["findings"][0]["fix"]


def test_a_quota_that_runs_out(deployed: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    def use(_: object, need: Need) -> Used:
        return Used(need, 10, 0)

    monkeypatch.setattr(AccountQuotas, "use", use)
    done = deployed("doctor", "--json")
    assert (done.code, states(done)) == (0, {"quotas": "warning"})
