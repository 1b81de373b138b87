"""edgeship local up, down and demo: the whole on this machine, without an AWS account."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edgeship.cli import context
from edgeship.cli.console import console_of_demo, require_console
from edgeship.cli.errors import ExitCode, Trouble
from edgeship.cli.local_principal import local_actor
from edgeship.cli.options import JsonOption
from edgeship.cli.output import console, plain
from edgeship.domain.edge.freshness import DEFAULT_FRESHNESS_SECONDS
from edgeship.local.state_path import STATE_PATH
from localcloud.state import down as stop_running
from localcloud.state import read_state

if TYPE_CHECKING:
    from edgeship.local.cloud import LocalCloud

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Run the whole on this machine. An AWS emulator, the deployed stack and a local CDN; needs no account.",
)

_Port = Annotated[
    int | None, typer.Option("--port", metavar="PORT", min=1, max=65535, help="Of the AWS API. Default: a free one.")
]
_EdgePort = Annotated[
    int | None, typer.Option("--edge-port", metavar="PORT", min=1, max=65535, help="Of the CDN. Default: a free one.")
]
_SecondCdnPort = Annotated[
    int | None,
    typer.Option(
        "--second-cdn-port", metavar="PORT", min=1, max=65535, help="Of the CDN before the CDN. Default: a free one."
    ),
]
_Speed = Annotated[
    float,
    typer.Option(
        "--speed",
        metavar="N",
        min=1,
        max=60,
        help="Alarms and scheduled rules run so many times faster than in real time; from 1 to 60.",
    ),
]

DEMO_SPEED = 30
"""A minute of the demo's alarms is two seconds."""

_EdgeFreshness = Annotated[
    float,
    typer.Option(
        "--edge-freshness",
        metavar="SECONDS",
        min=0.1,
        max=30,
        help="Seconds after which the edge reads the flags again; from 0.1 to 30. Default: 5, as on AWS.",
    ),
]
_StoreDelay = Annotated[
    float,
    typer.Option(
        "--store-delay",
        metavar="SECONDS",
        min=0,
        max=30,
        help="Seconds until a move has reached the edge; from 0 to 30. AWS says 'seconds'. Default: 2.",
    ),
]
DEFAULT_STORE_DELAY = 2.0
_EnforceIam = Annotated[
    bool,
    typer.Option(
        "--enforce-iam",
        help="Policies count, as on AWS: functions act as their roles, and you by the policy that EDGESHIP_AS names.",
    ),
]


_Publish = Annotated[
    Path | None,
    typer.Option(
        "--publish",
        metavar="DIR",
        exists=True,
        help="Then publish this build; a package.json in it or beside it says its widget and version.",
    ),
]


@app.command()
def up(
    ctx: typer.Context,
    port: _Port = None,
    edge_port: _EdgePort = None,
    second_cdn_port: _SecondCdnPort = None,
    speed: _Speed = 1,
    edge_freshness: _EdgeFreshness = DEFAULT_FRESHNESS_SECONDS,
    store_delay: _StoreDelay = DEFAULT_STORE_DELAY,
    publish: _Publish = None,
    enforce_iam: _EnforceIam = False,
    state: Annotated[
        Path | None,
        typer.Option(
            "--state",
            metavar="DIR",
            file_okay=False,
            help="A folder that keeps releases, channels, flags and ports until the next start.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Start a local cloud, until Ctrl-C.

    Other commands in this folder then act on it. With --json the document is printed once everything answers.

    Example:

        edgeship local up --port 4566 --edge-port 8080
    """
    out = context.output(ctx, as_json)
    with _local_trouble():
        from edgeship.local.cloud import LocalCloud
        from edgeship.local.progress import progress_line
        from localcloud.lifecycle import interruptible

        with interruptible() as interrupted, contextlib.suppress(KeyboardInterrupt), contextlib.ExitStack() as running:
            with progress_line(out.errors, "starting a local cloud") as tell:
                cloud = LocalCloud(
                    port=port,
                    edge_port=edge_port,
                    second_cdn_port=second_cdn_port,
                    state_path=STATE_PATH,
                    speed=speed,
                    edge_freshness_seconds=edge_freshness,
                    store_delay_seconds=store_delay,
                    enforce_iam=enforce_iam,
                    kept=state.expanduser().resolve() if state is not None else None,
                    on_progress=tell,
                )
                running.callback(cloud.stop)
                cloud.start()
            document = describe(cloud)
            out.result(document, [plain("\n".join(_welcome(document)))])
            sys.stdout.flush()
            if publish is not None:
                _published(publish, as_json=out.as_json)
            interrupted.wait()
    out.note("the local cloud is stopped")


@app.command()
def down(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """Stop the local cloud of this folder.

    Returns when it is gone.

    Example:

        edgeship local down
    """
    out = context.output(ctx, as_json)
    was = stop_running(STATE_PATH)
    stopped = {"pid": was.pid, "endpoint_url": was.endpoint_url, "edge_url": was.edge_url} if was else None
    line = f"stopped the local cloud (process {was.pid})" if was else "no local cloud runs in this folder"
    out.result({"stopped": stopped}, [plain(line)])


@app.command()
def demo(
    ctx: typer.Context,
    keep: Annotated[bool, typer.Option("--keep", help="Keep its cloud running at the end, until Ctrl-C.")] = False,
    stay: Annotated[
        bool, typer.Option("--stay", help="As --keep, and serve the console of its cloud, whose address is printed.")
    ] = False,
    short: Annotated[
        bool, typer.Option("--short", help="Without the two chapters that need hundreds of page views.")
    ] = False,
    speed: _Speed = DEMO_SPEED,
    edge_freshness: _EdgeFreshness = DEFAULT_FRESHNESS_SECONDS,
    store_delay: _StoreDelay = DEFAULT_STORE_DELAY,
    as_json: JsonOption = False,
) -> None:
    """Play the whole story on a local cloud.

    The cloud is the demo's own. Every step (publish, promote, roll back, refuse) is checked in what browsers get, and
    timed; the exit code is 1 when one did not happen.

    Example:

        edgeship local demo --stay
    """
    out = context.output(ctx, as_json)
    # Under --json standard output belongs to the document: the timeline goes where progress goes.
    timeline = out.errors if out.as_json else console(sys.stdout)
    keep = keep or stay
    state_path = STATE_PATH if keep and read_state(STATE_PATH) is None else None
    if stay:
        require_console()
    with _local_trouble():
        from edgeship.local.demo.play import played
        from localcloud.lifecycle import interruptible

        playing = played(
            timeline, out.errors, local_actor(), state_path, speed, edge_freshness, store_delay, short=short
        )
        with interruptible() as interrupted, playing as ending, contextlib.ExitStack() as staying:
            console_url = staying.enter_context(console_of_demo(ending, speed)) if stay else None
            shown = [plain(f"\nthe console: {console_url}", "bold")] if console_url else []
            out.result({**ending.to_dict(), "console": console_url}, shown)
            sys.stdout.flush()
            if not keep:
                out.note("to see how it stands in a browser: edgeship local demo --stay")
            else:
                out.note("its cloud keeps running until Ctrl-C")
                with contextlib.suppress(KeyboardInterrupt):
                    interrupted.wait()
    if not ending.happened:
        raise typer.Exit(ExitCode.REFUSED)


def describe(cloud: LocalCloud) -> dict[str, Any]:
    """What `edgeship local up --json` prints of a cloud that runs in this process."""
    return {
        "pid": os.getpid(),
        "environment": cloud.names.environment,
        "endpoint_url": cloud.endpoint_url,
        "edge_url": cloud.edge_url,
        "second_cdn_url": cloud.second_cdn_url,
        "preview_url": cloud.preview_url,
        "inbox": cloud.names.inbox_bucket,
        "principals": sorted(cloud.principals),
        "logs": str(cloud.logs),
    }


def _published(build: Path, *, as_json: bool) -> None:
    """By a process of its own; what it says goes where progress goes under `--json`, as the document is printed.
    The cloud runs on whatever comes of it."""
    program = "from edgeship.cli.main import run; run()"
    words = ["publish", str(build), "--env", context.LOCAL, "--wait"]
    subprocess.run(  # noqa: S603  our own arguments
        [sys.executable, "-c", program, *words], stdout=sys.stderr if as_json else None, check=False
    )


def _welcome(document: dict[str, Any]) -> Iterator[str]:
    yield f"AWS         {document['endpoint_url']}"
    yield f"CDN         {document['edge_url']}"
    yield f"second CDN  {document['second_cdn_url']}"
    yield f"previews    {document['preview_url']}"
    yield f"logs        {document['logs']}"
    if document["principals"]:
        yield f"policies    enforced; to act by one, set EDGESHIP_AS: {', '.join(document['principals'])}"
    yield ""
    yield "In this folder, edgeship acts on it. For any other client of AWS:"
    yield "  export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1"
    yield f"  export AWS_ENDPOINT_URL={document['endpoint_url']}"
    yield f"  aws s3 cp widget.tar.gz s3://{document['inbox']}/incoming/my-widget/1.0.0.tar.gz"
    yield "Ctrl-C stops it."


@contextlib.contextmanager
def _local_trouble() -> Iterator[None]:
    """The local cloud's own failures, as the command's."""
    try:
        yield
    except ModuleNotFoundError as missing:
        raise Trouble(
            "local_cloud", f"The local cloud needs {missing.name}.", "Install it: pip install 'edgeship[local]'."
        ) from missing
    except RuntimeError as failed:
        remedy = _remedy(failed)
        if remedy is None:
            raise
        raise Trouble("local_cloud", str(failed), remedy) from failed


def _remedy(failed: RuntimeError) -> str | None:
    """What to do about a failure of the local cloud; None when it is none of those that can be expected."""
    from localcloud.deploy import DeploymentFailed
    from localcloud.emulator import EmulatorFailed
    from localcloud.lifecycle import AlreadyRunning
    from localcloud.synthesis import SynthesisFailed

    if isinstance(failed, AlreadyRunning):
        return "Stop it with `edgeship local down`, or use another folder."
    if isinstance(failed, SynthesisFailed | DeploymentFailed | EmulatorFailed):
        return "If the reason is not clear, run the command again in a fresh folder."
    return None
