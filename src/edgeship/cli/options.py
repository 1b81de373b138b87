"""The options and arguments that commands share."""

from __future__ import annotations

from typing import Annotated

import typer

from edgeship.cli import completion

EnvOption = Annotated[
    str | None,
    typer.Option(
        "--env",
        metavar="NAME",
        autocompletion=completion.environments,
        help="The environment to act on. Default: EDGESHIP_ENV, else the local cloud that runs in this folder.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]
WidgetArgument = Annotated[
    str, typer.Argument(metavar="WIDGET", help="The widget's name.", autocompletion=completion.widgets)
]
VersionArgument = Annotated[
    str, typer.Argument(metavar="VERSION", help="A version, such as 1.4.2.", autocompletion=completion.versions)
]
ChannelOption = Annotated[
    str, typer.Option("--channel", metavar="NAME", help="The channel to act on.", autocompletion=completion.channels)
]
ReasonOption = Annotated[
    str | None,
    typer.Option("--reason", metavar="TEXT", help="Why, for the history. Default: that it was done by hand."),
]
StepsOption = Annotated[
    str | None,
    typer.Option(
        "--steps",
        metavar="SCHEDULE",
        help="The steps as PERCENT:BAKE, such as 1:1d,5:1d,25:2d,50:2d,100. Default: the policy's.",
    ),
]
OverrideOption = Annotated[
    bool, typer.Option("--override", help="Do it during a freeze, too. The event says which freeze was overridden.")
]
