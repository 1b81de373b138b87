"""Who acts on a local cloud: its root, or where it enforces policies the principal that EDGESHIP_AS names."""

from __future__ import annotations

import getpass
import os
from typing import TYPE_CHECKING

from edgeship.cli.errors import Usage

if TYPE_CHECKING:
    from localcloud.sandbox import SandboxSession
    from localcloud.state import LocalState

AS_VARIABLE = "EDGESHIP_AS"


def local_actor() -> str:
    """The actor on a local cloud, where there are no identities."""
    return f"local:{getpass.getuser()}"


def local_principal(state: LocalState) -> tuple[SandboxSession, str]:
    """A session on the local cloud, and the actor.

    Raises:
        Usage: the variable names nobody there.
    """
    from localcloud.iam.credentials import Credentials
    from localcloud.sandbox import SandboxSession

    name = os.environ.get(AS_VARIABLE)
    if not name:
        return SandboxSession(state.endpoint_url), local_actor()
    if name not in state.principals:
        raise Usage(
            f"{AS_VARIABLE} is {name!r}, and this local cloud has no such policy.",
            f"Set it to one of {', '.join(sorted(state.principals))}."
            if state.principals
            else f"Start it with --enforce-iam, or unset {AS_VARIABLE}.",
        )
    credentials = Credentials.of_variables(state.principals[name])
    return SandboxSession(state.endpoint_url, credentials=credentials), f"local:{name}"
