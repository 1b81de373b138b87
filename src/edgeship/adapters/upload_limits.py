"""The limits of an environment's uploads, as its stack says them in Parameter Store.

GetParameter: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from edgeship.domain.releases.limits import Limits

if TYPE_CHECKING:
    import boto3

_PATIENCE = Config(retries={"mode": "standard", "max_attempts": 2}, connect_timeout=3, read_timeout=5)
"""An upload does not depend on the answer."""


class DeployedLimits:
    """The `UploadLimits` port. The client is made when it is first needed: most commands never ask."""

    def __init__(self, session: boto3.Session, region: str, parameter: str) -> None:
        self._session = session
        self._region = region
        self._parameter = parameter

    def read(self) -> Limits | None:
        client = self._session.client("ssm", region_name=self._region, config=_PATIENCE)
        try:
            found = client.get_parameter(Name=self._parameter)
            return Limits.from_dict(json.loads(found["Parameter"]["Value"]))
        except (BotoCoreError, ClientError, ValueError):
            return None
