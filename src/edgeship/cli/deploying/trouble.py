"""The failures of what makes and deploys templates, as the command's."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from edgeship.application.deploying.ports import DeployFailed
from edgeship.cli.errors import Trouble, Usage, sentence

_REFUSED = "edgeship can't be synthesised:\n"


@contextlib.contextmanager
def deploy_trouble() -> Iterator[None]:
    """
    Raises:
        Usage: an option of the stack can't be used.
        Trouble: `deploy_extra`, `synthesis`, `deploy_failed`.
    """
    from localcloud.synthesis import SynthesisFailed

    try:
        yield
    except ModuleNotFoundError as missing:
        raise _lacking(str(missing.name)) from missing
    except SynthesisFailed as failed:
        text = str(failed)
        if _REFUSED in text:
            raise Usage(
                sentence(text.partition(_REFUSED)[2]), "Give it with -c, or correct edgeship.toml or cdk.json."
            ) from failed
        for module in ("aws_cdk", "constructs", "uv", "rjsmin", "minify"):
            if f"No module named '{module}'" in text:
                raise _lacking(module) from failed
        remedy = "If the reason is not clear, run pip install --upgrade 'edgeship[deploy]'."
        raise Trouble("synthesis", text, remedy) from failed
    except DeployFailed as failed:
        raise Trouble("deploy_failed", sentence(failed), "Read what it said, then run the command again.") from failed


def _lacking(module: str) -> Trouble:
    reason = f"A deploy needs {module}, which is not installed."
    return Trouble("deploy_extra", reason, "Install it: pip install 'edgeship[deploy]'.")
