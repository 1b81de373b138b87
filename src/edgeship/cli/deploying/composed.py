"""Composes a deploy to the account of the credentials, or to the local cloud of this folder."""

from __future__ import annotations

import os

from edgeship.adapters.cdk.account_quotas import AccountQuotas
from edgeship.adapters.cdk.place import app_place
from edgeship.adapters.cdk.stacks import CloudFormationStacks
from edgeship.adapters.cdk.toolkit import CdkToolkit, npx
from edgeship.application.deploying.deploy_environment import DeployEnvironment
from edgeship.application.deploying.destroy_environment import DestroyEnvironment
from edgeship.application.deploying.ports import Progress
from edgeship.cli.context import Target


def deployment(target: Target, on_progress: Progress) -> DeployEnvironment:
    """
    Raises:
        ModuleNotFoundError: the extra `deploy` is not installed.
    """
    from edgeship.local.synthesising import CachedApp

    npx()
    place = app_place()
    stacks = CloudFormationStacks(target.session)
    app = CachedApp(place, on_progress)
    if target.local is not None:
        from edgeship.local.deploying import LocalStacks, LocalToolkit, NoQuotas
        from localcloud.sandbox import SandboxSession

        session = SandboxSession(target.local.endpoint_url)
        return DeployEnvironment(LocalStacks(session), app, LocalToolkit(session, place.cache / "cdk"), NoQuotas())
    return DeployEnvironment(stacks, app, CdkToolkit(os.environ, place.cache / "cdk"), AccountQuotas(target.session))


def destruction(target: Target) -> DestroyEnvironment:
    return DestroyEnvironment(CloudFormationStacks(target.session))
