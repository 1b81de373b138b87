"""Why an act was refused, when it names a widget, a channel or a version that is not there.

A use case says what it lacks, such as a rollout to pause. To a person who mistyped a name, that is not the reason.
"""

from __future__ import annotations

from dataclasses import dataclass

from edgeship.application.status.ports import EnvironmentState
from edgeship.domain.errors import Refused
from edgeship.domain.suggestions import suggestion
from edgeship.domain.version import Version

ABOUT_NAMES = frozenset(
    {
        "channel_unknown",
        "no_good_version",
        "no_rollout",
        "not_locked",
        "not_quarantined",
        "not_registered",
        "nothing_live",
        "widget_unknown",
    }
)
"""The refusals that may come from a name that is not there."""

_NO_FLAG = "There is no flag yet: edgeship flags apply."


@dataclass(frozen=True)
class Named:
    """The names that a command was given; None for what it does not name."""

    widget: str | None = None
    channel: str | None = None
    version: Version | None = None
    flag: str | None = None


@dataclass(frozen=True)
class ExplainUnknown:
    state: EnvironmentState

    def __call__(self, refused: Refused, named: Named) -> Refused:
        """The refusal that names what is not there; else the same. Reads only after a refusal that may come from it."""
        if refused.code == "flag_unknown" and named.flag is not None:
            known = [flag.key for flag in self.state.flags() if flag.document is not None]
            return Refused(
                refused.code, refused.reason, suggestion(named.flag, known, "edgeship flags list") or _NO_FLAG
            )
        if refused.code not in ABOUT_NAMES or named.widget is None:
            return refused
        if self.state.widget(named.widget) is None:
            return self.widget_unknown(named.widget)
        if refused.code == "not_registered" and named.version is not None:
            return self._version_unknown(named.widget, named.version)
        if named.channel is not None:
            channels = [channel.name for channel in self.state.channels(named.widget)]
            if channels and named.channel not in channels:
                return Refused(
                    "channel_unknown",
                    f"{named.widget} has no channel {named.channel!r}.",
                    suggestion(named.channel, channels, f"edgeship status {named.widget}")
                    + f" A promotion makes one: edgeship promote {named.widget} VERSION --channel {named.channel}.",
                )
        return refused

    def widget_unknown(self, widget: str) -> Refused:
        """`widget_unknown`, with what it was probably meant to be."""
        known = [each.name for each in self.state.widgets()]
        remedy = suggestion(widget, known, "edgeship status") or "No widget has a release yet: edgeship publish."
        return Refused("widget_unknown", f"There is no widget {widget!r}.", remedy)

    def _version_unknown(self, widget: str, version: Version) -> Refused:
        known = [str(release.version) for release in self.state.releases(widget)]
        return Refused(
            "not_registered",
            f"{widget} {version} is not a registered release.",
            suggestion(str(version), known, f"edgeship releases {widget}"),
        )
