"""The keys of the table's records.

| pk | sk | record |
|---|---|---|
| `WIDGETS` | `<widget>` | widget: its first version |
| `WIDGET#<widget>` | `RELEASE#<version>` | release |
| `WIDGET#<widget>` | `CLAIM#<version>` | the digest a version is bound to |
| `WIDGET#<widget>` | `CHANNEL#<name>` | channel, its rollout included |
| `WIDGET#<widget>` | `DEPLOYMENT#<channel>` | the progress of the channel's newest move to the CDNs |
| `WIDGET#<widget>` | `POLICY` | policy |
| `WIDGET#<widget>` | `EVENT#<occurred_at>#<event_id>` | outbox and history |
| `FLAGS` | `FLAG#<key>` | flag, and the shared evaluators |
| `FLAGS` | `EVENT#<occurred_at>#<event_id>` | outbox and history of the flags |
| `WIDGET#<widget>` | `WAITING` | that a release waits for the end of a freeze |
| `FREEZES` | `FREEZE#<widget>` | freeze; `FREEZE#` alone is that of the environment |
| `FREEZES` | `EVENT#<occurred_at>#<event_id>` | outbox and history of the environment's freeze |
| `ENVIRONMENT` | `RUNNING` | which versions run around the widgets |
| `ENVIRONMENT` | `EVENT#<occurred_at>#<event_id>` | outbox and history of these |
| `NOTIFICATIONS` | `RULES` | destinations of notifications, and the rules |
| `NOTIFICATIONS` | `EVENT#<occurred_at>#<event_id>` | outbox and history of the notifications |
| `IDENTITIES` | `IDENTITIES` | whose signature may publish which widget |
| `IDENTITIES` | `EVENT#<occurred_at>#<event_id>` | outbox and history of the identities |
| `WIDGET#<widget>` | `PREVIEWS` | the previews, as one record |
| `WIDGET#<widget>` | `STATEMENT` | the newest statement by which a release was registered |
| `INVALIDATIONS` | `<month>` | the count of a month's invalidation paths |
| `INBOX` | `UPLOAD#<upload_id>` | a refused upload |
| `INBOX` | `EVENT#<occurred_at>#<event_id>` | outbox and list of refused uploads |
| `REFUSED#<widget>` | `<rejected_at>#<upload_id>` | the refused uploads of one widget: a copy of each |

Error books (`ERRORS#<widget>`), deliveries of notices (`NOTICE#<event_id>`) and comparisons have their own keys, in
`health/error_books.py`, `deliveries.py` and `health/comparisons.py`.

A widget's records share a partition key, so the stream delivers them in the order in which they were written.

Channels with a rollout or a watch have the attribute `watched`, so a query of the index by it (`WATCHED_INDEX`) finds
only these, however many widgets there are. Records of widgets of which a release waits have it with another value,
and records of previews that have not ended with a third; all other channels with a live version have it with the value
of their turn.
"""

from __future__ import annotations

from edgeship.domain.version import Version

WIDGETS = "WIDGETS"
INBOX = "INBOX"
FLAGS = "FLAGS"
FREEZES = "FREEZES"
IDENTITIES = "IDENTITIES"
INVALIDATIONS = "INVALIDATIONS"
NOTIFICATIONS = "NOTIFICATIONS"
ENVIRONMENT = "ENVIRONMENT"
RUNNING = "RUNNING"
POLICY = "POLICY"
PREVIEWS = "PREVIEWS"
"""The sort key of a record of previews, and its key in the index."""
RULES = "RULES"
STATEMENT = "STATEMENT"
WATCHED = "WATCHED"
"""The key of channels in the index of what the minute tick reads."""
WAITING = "WAITING"
"""The key there of records of releases that wait, and their sort key in the table."""

MISMATCH = "MISMATCH"
"""The key there of deployments that are not served everywhere."""


def live(turn: int) -> str:
    """The key there of the channels at rest that are checked in this turn."""
    return f"LIVE#{turn}"


def widget_pk(widget: str) -> str:
    return f"WIDGET#{widget}"


def release_sk(version: Version) -> str:
    return f"RELEASE#{version}"


def claim_sk(version: Version) -> str:
    return f"CLAIM#{version}"


def flag_sk(key: str) -> str:
    return f"FLAG#{key}"


def freeze_sk(widget: str | None) -> str:
    """No widget's name is empty."""
    return f"FREEZE#{widget or ''}"


def channel_sk(name: str) -> str:
    return f"CHANNEL#{name}"


def deployment_sk(channel: str) -> str:
    return f"DEPLOYMENT#{channel}"


def comparison_sk(channel: str) -> str:
    return f"COMPARISON#{channel}"


def refused_pk(widget: str) -> str:
    return f"REFUSED#{widget}"


def refused_sk(rejected_at: str, upload_id: str) -> str:
    return f"{rejected_at}#{upload_id}"


def upload_sk(upload_id: str) -> str:
    return f"UPLOAD#{upload_id}"
