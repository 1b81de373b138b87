"""All named requests, for the router's specification and for its code under both engines."""

from __future__ import annotations

from tests.domain.edge.router_cases import paths, users

GROUPS = {
    "channels and ranges": paths.CHANNELS_AND_RANGES,
    "exported": paths.EXPORTED,
    "entrypoints": paths.ENTRYPOINTS,
    "spilled": paths.SPILLED,
    "earlier": paths.EARLIER,
    "unknown": paths.UNKNOWN,
    "exact": paths.EXACT,
    "one spelling": paths.ONE_SPELLING,
    "climbing": paths.CLIMBING,
    "too long": paths.TOO_LONG,
    "root": paths.ROOT,
    "not filled": paths.NOT_FILLED,
    "policy": paths.POLICY,
    "options": paths.OPTIONS,
    "queries": users.QUERIES,
    "identities": users.IDENTITIES,
    "track": users.TRACK,
    "flags": users.FLAGS,
    "earlier users": users.EARLIER,
    "bytes of users": users.bytes_of_users(),
    "golden": users.golden(),
}
