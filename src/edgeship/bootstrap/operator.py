"""Composes what the command line can do, with the operator's own credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeship.bootstrap.operations.acting import Acting
from edgeship.bootstrap.operations.publishing import Publishing
from edgeship.bootstrap.operations.reading import Reading
from edgeship.resource_names import ResourceNames

if TYPE_CHECKING:
    import boto3


class Operator(Reading, Acting, Publishing):
    """The use cases of an operator in one environment, each made when it is first asked for."""


def build(names: ResourceNames, session: boto3.Session, site_url: str | None) -> Operator:
    """The use cases; `site_url` is where the environment's CDN answers, if that is known. Nothing is called yet."""
    return Operator(names, session, site_url)
