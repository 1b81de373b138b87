"""Composes the diagnosis of one environment, with the credentials of the person who asks."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from edgeship.adapters.aws_answers import unread
from edgeship.adapters.caller import RefusedCallers, StsCallers
from edgeship.adapters.cdk.account_quotas import AccountQuotas
from edgeship.adapters.cdk.seen_stacks import SeenStacks
from edgeship.adapters.cdk.stacks import CloudFormationStacks
from edgeship.adapters.cloudwatch.metrics import CloudWatchMetrics
from edgeship.adapters.cloudwatch.own_alarms import EnvironmentAlarms
from edgeship.adapters.http.cdn_probe import CdnProbe
from edgeship.adapters.messaging.stack_queues import StackQueues
from edgeship.application.doctor.compare_edge import CompareEdge
from edgeship.application.doctor.count_arrivals import CountArrivals
from edgeship.application.doctor.diagnose_environment import AwsReaders, DiagnoseEnvironment, Readers, Subject
from edgeship.application.doctor.ports import Callers
from edgeship.bootstrap import operator
from edgeship.bootstrap.runtime import operator_config, utc_now
from edgeship.domain.deploying.quotas import Need
from edgeship.resource_names import REGION, ResourceNames


@dataclass(frozen=True)
class Known:
    """What is known of the environment before it is asked: its stacks' Regions by name, where its CDN answers (with
    the domain that a name of one's own has to lead to), and what it needs of its account."""

    names: ResourceNames
    version: str
    stacks: Mapping[str, str]
    cdns: Mapping[str, str | None]
    needs: Sequence[Need] = field(default=())


def build(known: Known, session: boto3.Session) -> DiagnoseEnvironment:
    """With credentials that AWS may take."""
    return _diagnosis(known, StsCallers(session, utc_now), _readers(known.names, session))


def build_refused(known: Known, error: ClientError | BotoCoreError, asked: datetime) -> DiagnoseEnvironment:
    """Without credentials that AWS takes: `error` says why, and `asked` (aware) is when it was asked for."""
    return _diagnosis(known, RefusedCallers(error, asked, utc_now()), None)


def _diagnosis(known: Known, callers: Callers, aws: AwsReaders | None) -> DiagnoseEnvironment:
    subject = Subject(known.names.environment, known.stacks, known.version, known.needs)
    probes = [CdnProbe(url, expects) for url, expects in known.cdns.items()]
    return DiagnoseEnvironment(subject, Readers(callers, probes, aws))


def _readers(names: ResourceNames, session: boto3.Session) -> AwsReaders:
    config = operator_config()
    tools = operator.build(names, session, None)
    cloudwatch = session.client("cloudwatch", region_name=REGION, config=config)
    compare = CompareEdge(tools.state, tools.read_edge, names.environment, time.sleep)

    return AwsReaders(
        unread=unread,
        stacks=SeenStacks(CloudFormationStacks(session)),
        alarms=EnvironmentAlarms(cloudwatch, names),
        queues=StackQueues(
            session.client("cloudformation", region_name=REGION, config=config),
            session.client("sqs", region_name=REGION, config=config),
            names.stack,
        ),
        quotas=AccountQuotas(session),
        edge=compare,
        arrivals=CountArrivals(tools.state, CloudWatchMetrics(cloudwatch, names.environment), utc_now),
    )
