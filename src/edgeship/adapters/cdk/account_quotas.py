"""What an account may have, compared with what an assembly says that it needs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from edgeship.adapters.aws_answers import unread
from edgeship.adapters.cdk.place import NEEDS_FILE
from edgeship.application.deploying.ports import Assembly
from edgeship.domain.deploying.quotas import Need
from edgeship.domain.doctor.account import Used
from edgeship.resource_names import REGION


class AccountQuotas:
    """Reads Service Quotas and what is in use. A quota that these credentials may not read is a note, no failure."""

    def __init__(self, session: boto3.Session) -> None:
        self._session = session

    def shortages(self, assembly: Assembly) -> list[str]:
        file = assembly.folder / NEEDS_FILE
        needs = [Need(**need) for need in json.loads(file.read_text("utf-8"))] if file.is_file() else []
        return [line for need in needs if (line := self._checked(need))]

    def use(self, need: Need) -> Used:
        """
        Raises:
            NotAllowed, NotRead: this quota, or what is in use of it.
        """
        with unread("servicequotas:GetServiceQuota"):
            quota = self._quota(need)
        with unread(_ACTIONS.get(_call(need), "")):
            return Used(need, quota, self._used(need))

    def _checked(self, need: Need) -> str | None:
        try:
            used = self._used(need)
            return need.shortage(self._quota(need), used)
        except (BotoCoreError, ClientError) as error:
            return f"{need.name}: not checked ({error})"

    def _quota(self, need: Need) -> int:
        if need.code is None:
            return need.default
        quotas = self._session.client("service-quotas", region_name=REGION)
        return int(quotas.get_service_quota(ServiceCode=need.service, QuotaCode=need.code)["Quota"]["Value"])

    def _used(self, need: Need) -> int:
        counters: dict[str, Callable[[Any], int]] = {
            "lambda get-account-settings": _reserved,
            "cloudfront list-distributions": _distributions,
            "cloudfront list-key-value-stores": _stores,
            "cloudwatch describe-alarms": _alarms,
        }
        call = _call(need)
        counter = counters.get(call)
        client: Callable[..., Any] = self._session.client  # of which service, the quota says
        return counter(client(call.split()[0], region_name=REGION)) if counter else 0


_ACTIONS = {
    "lambda get-account-settings": "lambda:GetAccountSettings",
    "cloudwatch describe-alarms": "cloudwatch:DescribeAlarms",
    "cloudfront list-distributions": "cloudfront:ListDistributions",
    "cloudfront list-key-value-stores": "cloudfront:ListKeyValueStores",
}


def _call(need: Need) -> str:
    return need.used_by.partition(":")[0]


def _reserved(functions: Any) -> int:
    limit = functions.get_account_settings()["AccountLimit"]
    return int(limit["ConcurrentExecutions"] - limit["UnreservedConcurrentExecutions"])


def _distributions(cloudfront: Any) -> int:
    pages = cloudfront.get_paginator("list_distributions").paginate()
    return sum(int(page["DistributionList"]["Quantity"]) for page in pages)


def _stores(cloudfront: Any) -> int:
    pages = cloudfront.get_paginator("list_key_value_stores").paginate()
    return sum(int(page["KeyValueStoreList"]["Quantity"]) for page in pages)


def _alarms(cloudwatch: Any) -> int:
    pages = cloudwatch.get_paginator("describe_alarms").paginate(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    return sum(len(page["MetricAlarms"]) + len(page["CompositeAlarms"]) for page in pages)
