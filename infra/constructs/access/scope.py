"""What a policy for people is about: every widget of an environment, or one."""

from __future__ import annotations

from dataclasses import dataclass

from edgeship.adapters.dynamodb import keys
from edgeship.adapters.dynamodb.deliveries import WATCHED as UNDELIVERED
from edgeship.resource_names import COPIES_PREFIX, HEALTH_PREFIX, NOTICE_PREFIX
from infra.constructs.permissions import alarms, objects
from infra.constructs.telemetry import ERROR_BOOKS
from infra.options import SynthOptions

SHARED = (
    keys.ENVIRONMENT,
    keys.FLAGS,
    keys.FREEZES,
    keys.IDENTITIES,
    keys.INVALIDATIONS,
    keys.NOTIFICATIONS,
    keys.WIDGETS,
)
"""Partitions of the environment as a whole, which every command reads. Records of several widgets are in each, so what
may write one may write those of others."""
AROUND_AN_UPLOAD = (keys.ENVIRONMENT, keys.FREEZES, keys.WIDGETS)
"""Those that decide what becomes of an upload."""
DECIDING = (keys.ENVIRONMENT, keys.FLAGS, keys.FREEZES)
"""Those with a record that a change of a widget is conditioned on."""


@dataclass(frozen=True)
class Scope:
    """`widget` is None for every widget."""

    options: SynthOptions
    widget: str | None = None

    @property
    def label(self) -> str:
        """Of a policy's description."""
        return f"{self.options.environment}{f', {self.widget}' if self.widget else ''}"

    def inbox(self, prefix: str) -> str:
        """Objects of the inbox bucket, under a prefix that has a folder for each widget."""
        return objects(self.options.names.inbox_bucket, f"{prefix}{self._folder}*")

    def published(self) -> tuple[str, ...]:
        """Objects of the site bucket: files of releases, latest copies, health pages."""
        site, folder = self.options.names.site_bucket, self._folder
        return (
            objects(site, f"{self.widget or '*'}/v*/*"),
            objects(site, f"{COPIES_PREFIX}{folder}*"),
            objects(site, f"{HEALTH_PREFIX}{folder}*"),
        )

    def health_pages(self) -> str:
        return objects(self.options.names.site_bucket, f"{HEALTH_PREFIX}{self._folder}*")

    def health_alarms(self) -> tuple[str, ...]:
        """The alarms of the widget's releases, and of its channels; `checkout-v*` also is a release of a widget named
        `checkout-v2`: names of alarms allow no narrower pattern."""
        prefix = self.options.names.health_alarm_prefix
        ends = (f"{self.widget}-v*", f"{self.widget}@*") if self.widget else ("*",)
        return tuple(alarms(self.options, f"{prefix}{end}") for end in ends)

    def own(self) -> tuple[str, ...]:
        """The partitions of the widget's state and history."""
        return (keys.widget_pk(self._any),)

    def followed(self) -> tuple[str, ...]:
        """The partitions that say what became of an upload."""
        return (*self.own(), keys.refused_pk(self._any), *AROUND_AN_UPLOAD)

    def read(self) -> tuple[str, ...]:
        """The partitions that commands about the widget read."""
        return (*self.own(), keys.refused_pk(self._any), f"{ERROR_BOOKS}{self._any}", f"{NOTICE_PREFIX}*", *SHARED)

    @staticmethod
    def read_in_index() -> tuple[str, ...]:
        """The index's other partitions hold channels of every widget."""
        return (UNDELIVERED,)

    @property
    def _folder(self) -> str:
        return f"{self.widget}/" if self.widget else ""

    @property
    def _any(self) -> str:
        return self.widget or "*"
