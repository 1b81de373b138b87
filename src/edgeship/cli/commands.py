"""All commands, each loaded when it is called: no command waits for what another imports.

So the help of the program knows them by this table, and a test holds the table to the commands' own help.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.core import TyperGroup


class Lazy(NamedTuple):
    """A command, or a group of commands: where it is, and the first sentence of its help."""

    module: str
    attribute: str
    help: str


COMMANDS: Mapping[str, Lazy] = {
    "init": Lazy(
        "edgeship.cli.scaffolding.init",
        "init",
        "Write the files of a new project: edgeship.toml, a workflow for CI, and a widget",
    ),
    "publish": Lazy(
        "edgeship.cli.releases.publish",
        "publish",
        "Upload a folder, or an archive, as one version of a widget, or as a preview",
    ),
    "artifact": Lazy(
        "edgeship.cli.releases.artifact",
        "artifact",
        "Pack a folder, or an archive, as publish does, and show what is in it",
    ),
    "releases": Lazy("edgeship.cli.releases.reading", "releases", "List a widget's releases, newest version first"),
    "status": Lazy(
        "edgeship.cli.status.status",
        "status",
        "Show what is live, what climbs, what needs a person, and the next command to type",
    ),
    "resolve": Lazy(
        "edgeship.cli.edge.resolve",
        "resolve",
        "Show what a URL of the CDN means now for a user, and why: by the table, and by the edge's store",
    ),
    "verify": Lazy(
        "edgeship.cli.propagation.verify",
        "verify",
        "Probe a channel through every CDN, and check its copies under latest",
    ),
    "propagate": Lazy(
        "edgeship.cli.propagation.propagate",
        "propagate",
        "Bring the version that a channel points at to the CDNs again, and verify it there",
    ),
    "history": Lazy(
        "edgeship.cli.releases.reading",
        "history",
        "Show what happened, newest first: when, what, who and why",
    ),
    "errors": Lazy(
        "edgeship.cli.telemetry.top_errors",
        "errors",
        "Show the errors that browsers report most often of a release, with their lines of source",
    ),
    "source-maps": Lazy(
        "edgeship.cli.telemetry.source_maps",
        "source_maps",
        "Write a release's scripts and source maps as an artifact bundle of Sentry's",
    ),
    "sbom": Lazy(
        "edgeship.cli.provenance.sbom", "sbom", "Write the SBOM that a release was published with, a CycloneDX document"
    ),
    "incident": Lazy(
        "edgeship.cli.status.incident",
        "incident",
        "Walk through an incident: what is live, what changed, what browsers say, and the possible acts",
    ),
    "logs": Lazy(
        "edgeship.cli.status.logs",
        "logs",
        "Show what the functions logged about a widget, or about one event, in order",
    ),
    "changes": Lazy(
        "edgeship.cli.releases.changes", "changes", "Show what a release brings, beside the release before it"
    ),
    "open": Lazy("edgeship.cli.edge.open_urls", "open_urls", "Show the URLs of a widget, or open one in a browser"),
    "promote": Lazy(
        "edgeship.cli.channels.channels",
        "promote",
        "Approve a release: it is rolled out to a channel by the widget's policy",
    ),
    "rollback": Lazy(
        "edgeship.cli.channels.channels", "rollback", "Roll a channel back to a good version, in one write"
    ),
    "unlock": Lazy("edgeship.cli.channels.channels", "unlock", "Let uploads move a channel after a rollback"),
    "unquarantine": Lazy("edgeship.cli.channels.channels", "unquarantine", "Lift the quarantine of a release"),
    "route": Lazy(
        "edgeship.cli.channels.channels",
        "route",
        "Let a flag choose a channel's version for each user, for example for an A/B test of two releases",
    ),
    "freeze": Lazy(
        "edgeship.cli.calendar.freeze",
        "freeze",
        "Let nothing of a widget, or of any widget, start or advance automatically until a time",
    ),
    "unfreeze": Lazy("edgeship.cli.calendar.freeze", "unfreeze", "End a freeze before its time"),
    "embed": Lazy("edgeship.cli.embeds.embed", "embed", "Print the tags that put a widget into a page"),
    "prune": Lazy(
        "edgeship.cli.pruning.prune", "prune", "Show the old releases that nothing needs, or delete them with --yes"
    ),
    "cost": Lazy("edgeship.cli.cost.cost", "cost", "Estimate what an environment costs in a month, and what lowers it"),
    "synth": Lazy("edgeship.cli.deploying.synth", "synth", "Write the CloudFormation template of an environment"),
    "deploy": Lazy("edgeship.cli.deploying.deploy", "deploy", "Create or update an environment"),
    "destroy": Lazy("edgeship.cli.deploying.destroy", "destroy", "Delete an environment's stacks"),
    "doctor": Lazy(
        "edgeship.cli.doctor.doctor",
        "doctor",
        "Check an environment, its account and this machine, and say what fixes each finding",
    ),
    "version": Lazy(
        "edgeship.cli.versioning.version",
        "app",
        "Which version a project has and which one follows; changelog, tag, public surface",
    ),
    "rollout": Lazy("edgeship.cli.channels.rollout", "app", "Move a channel to a release by steps, and control it"),
    "policy": Lazy("edgeship.cli.channels.policy", "app", "Show and change what an upload of a widget does"),
    "preview": Lazy(
        "edgeship.cli.previews.preview", "app", "The previews that are served, and their end before their time"
    ),
    "environment": Lazy(
        "edgeship.cli.requirements.environment",
        "app",
        "What runs around the widgets: names that releases require, with their versions",
    ),
    "flags": Lazy("edgeship.cli.flags.flags", "app", "Show, change and evaluate feature flags"),
    "notifications": Lazy(
        "edgeship.cli.notifications.notifications", "app", "Show, change and test who is notified of events"
    ),
    "identity": Lazy(
        "edgeship.cli.provenance.identities", "app", "Identities: whose signature may publish which widget"
    ),
    "console": Lazy(
        "edgeship.cli.console",
        "console",
        "Serve a web page that shows the environment, and acts on it, until Ctrl-C",
    ),
    "local": Lazy("edgeship.cli.local", "app", "Run the whole on this machine"),
}


class Loaded(Mapping[str, Any]):
    """The commands by name, each loaded when it is asked for."""

    def __init__(self) -> None:
        self._loaded: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._loaded:
            self._loaded[name] = _load(name, COMMANDS[name])
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


class LazyGroup(TyperGroup):
    """The program: a group whose commands are loaded one at a time."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = Loaded()  # type: ignore[assignment]  # nothing is added to them

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002  typer's
        return list(COMMANDS)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002  typer's
        with formatter.section("Commands"):
            formatter.write_dl([(name, each.help) for name, each in COMMANDS.items()])


def _load(name: str, lazy: Lazy) -> Any:
    found = getattr(import_module(lazy.module), lazy.attribute)
    if isinstance(found, typer.Typer):
        group = typer.main.get_group(found)
        group.name = name
        return group
    alone = typer.Typer(add_completion=False, rich_markup_mode=None)
    alone.command(name)(found)
    return typer.main.get_command(alone)
