"""What brings the edge's store from one content to another, in updates that each leave it right for the router.

An update is all or nothing, has at most `MAX_KEYS` keys, and is conditional on the store's ETag. The order is: keys
that a widget's value is about to refer to, then the widgets' values, then the keys that none refers to any more. So a
process that ends between two updates leaves every widget with its old routes or its new ones. Where old and new do not
fit into the store together, those keys go first.

Limits: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/kvs-with-functions.html#kvs-limits
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from edgeship.domain.edge.route_values import MAX_STORE_BYTES, size
from edgeship.domain.edge.router import REVISION_KEY

MAX_KEYS = 50
MAX_UPDATE_BYTES = 2 * 1024 * 1024
"""Of keys and values; an update takes 3 MB."""
UNFINISHED = "0"
"""The store's revision between the first of several updates and the last."""
_OTHER_BYTES = 300
"""The keys and values of the revision and of the tokens' keys have fewer."""


@dataclass
class Update:
    puts: dict[str, str] = field(default_factory=dict)
    deletes: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.puts) + len(self.deletes)


def updates(before: Mapping[str, str], after: Mapping[str, str], revision: int) -> list[Update]:
    """The updates that turn `before` into `after`, both without their revision, and then state the `revision`."""
    found = [Update()]
    for key, value in _changes(before, after):
        update = found[-1]
        grown = size(update.puts) + len(key) + len(value or "")
        if len(update) == MAX_KEYS - 1 or grown > MAX_UPDATE_BYTES:
            update = Update()
            found.append(update)
        if value is None:
            update.deletes.append(key)
        else:
            update.puts[key] = value
    found[0].puts[REVISION_KEY] = UNFINISHED
    found[-1].puts[REVISION_KEY] = str(revision)
    return found


def _changes(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[tuple[str, str | None]]:
    changed = sorted(key for key, value in after.items() if before.get(key) != value and key != REVISION_KEY)
    puts = [(key, after[key]) for key in sorted(changed, key=lambda key: "/" not in key)]
    deletes = [(key, None) for key in sorted(before.keys() - after.keys() - {REVISION_KEY})]
    most = {**after, **{key: max(value, after.get(key, ""), key=len) for key, value in before.items()}}
    yield from [*puts, *deletes] if size(most) <= MAX_STORE_BYTES - _OTHER_BYTES else [*deletes, *puts]
