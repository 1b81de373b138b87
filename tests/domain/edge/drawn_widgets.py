"""Widgets with all that may become of them, drawn by hypothesis: many releases, channels, rollouts, flags."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import cycle
from typing import Any

from hypothesis import strategies as st

from edgeship.domain.bucketing import bucket, is_in, rollout_salt, salt_of_testers, user_token
from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.rollout import Phase, Rollout, Step
from edgeship.domain.edge.route_values import Routes
from edgeship.domain.edge.routes import routes_of
from edgeship.domain.flags.snapshot_entry import snapshot_entry
from edgeship.domain.releases.entry import Entry, Kind
from edgeship.domain.releases.release import Quarantine, Release
from edgeship.domain.releases.serving import Serve
from edgeship.domain.version import MAX_VERSION_LENGTH, Version
from tests.support.releases import a_release

LIVE = "2026-11-23T10:00:00.000Z"
NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
USERS = ("ann", "bob@example.com", "日本", "user-4", "user-5", "user-6")
CHANNELS = ("latest", "next", "beta", "constructor", "valueof", "a", "x" * 32, *(f"channel-{n:02}" for n in range(20)))
WIDGET = "w" * 63
TESTERS = frozenset(user_token(user, salt_of_testers(WIDGET)) for user in USERS[2:5])
INTEGRITY = f"sha256-{'A' * 43}="


@dataclass(frozen=True)
class Widget:
    channels: list[Channel]
    releases: list[Release]
    serve: Serve
    flags: Mapping[str, Mapping[str, Any]]
    testers: frozenset[str] = frozenset()

    def routes(self) -> Routes:
        return routes_of(self.channels, self.releases, self.serve, self.flags, "production", self.testers)


percentages = st.sampled_from([0, 0.01, 0.07, 1, 12.34, 50, 57.9, 99.99, 100])
kinds = st.sampled_from([Kind.MODULE, Kind.CLASSIC, Kind.CLASSIC, Kind.HTML, Kind.STYLE, Kind.ASSET])
entrypoints = st.sampled_from(
    ["widget.js", "dist/a b.js", "é.js", "x" * 197 + ".js", "x" * 198 + ".js", "日" * 60 + ".js"]
)


@st.composite
def versions(draw: st.DrawFn) -> list[Version]:
    """Some, or hundreds; of a usual length, or as long as they may be."""
    minors = draw(st.sampled_from([1, 2, 3, 8, 40, 400]))
    majors = draw(st.sampled_from([1, 1, 2, 12]))
    texts = [f"{minor % majors}.{minor}.{minor % 7}" for minor in range(minors)]
    if draw(st.booleans()):
        texts += [f"7.0.{patch}-{'a' * (MAX_VERSION_LENGTH - 6)}" for patch in range(draw(st.integers(1, 9)))]
    if draw(st.booleans()):
        texts.append(f"{'9' * 30}.{'8' * 30}.1")
    return [Version.parse(text) for text in texts]


@st.composite
def flags(draw: st.DrawFn, key: str, known: list[Version]) -> dict[str, Any]:
    """A flag that chooses among versions, channels, ranges, and what is not there."""
    named = st.sampled_from([*(str(version) for version in known[:6]), "~1", "~next", "latest", "99.0.0", "v0.0.0"])
    values = draw(st.lists(named, min_size=1, max_size=draw(st.sampled_from([2, 4, 30]))))
    variants = {f"v{number}": value for number, value in enumerate(values)}
    names = st.sampled_from(list(variants))
    flag: dict[str, Any] = {"key": key, "variants": variants, "default_variant": draw(names)}
    if draw(st.booleans()):
        count = draw(st.sampled_from([1, 3, 60]))
        flag |= {"target_users": [*USERS[:3], *(f"target-{n}" for n in range(count))], "target_variant": draw(names)}
    if draw(st.booleans()):
        dates = [
            datetime.fromtimestamp(1_000 * (n + 1), UTC).isoformat() for n in range(draw(st.sampled_from([0, 2, 40])))
        ]
        steps = [{"at": at, "percentage": draw(percentages)} for at in dates]
        flag["rollout"] = {"variant": draw(names), "percentage": draw(percentages), "schedule": steps}
    elif draw(st.booleans()):
        flag["rules"] = [{"if": [], "split": dict.fromkeys(variants, 1.5)}]
    elif draw(st.booleans()):
        flag["rules"] = [{"if": [{"attribute": "plan", "op": "eq", "values": ["pro"]}], "variant": draw(names)}]
    return snapshot_entry(flag)


def an_entry(kind: Kind, alone: bool, imported: bool, default: bool) -> Entry:
    module = kind is Kind.MODULE
    return Entry(kind, INTEGRITY, alone, None, module and imported, module and default)


entries = st.builds(an_entry, kinds, st.booleans(), st.booleans(), st.booleans())
forms = st.fixed_dictionaries(
    {
        "entrypoint": entrypoints,
        "entry": entries | entries | entries | st.none(),
        "promoted_at": st.sampled_from([LIVE, LIVE, None]),
        "quarantine": st.sampled_from([None, None, None, Quarantine(LIVE, "ann", "bad")]),
    }
)
"""What may be different among releases. A drawing of each of hundreds would take longer than what is tested."""
some_forms = st.lists(forms, min_size=1, max_size=9)
live_form = {"promoted_at": LIVE}


@st.composite
def widgets(draw: st.DrawFn) -> Widget:
    known = draw(versions())
    some = st.sampled_from(known)
    channels, entries = [], {}
    count = draw(st.sampled_from([1, 2, 4, len(CHANNELS)]))
    for name in CHANNELS[:count]:
        channel = Channel("checkout", name, draw(st.sampled_from([None, *known[:20]]) if name != "latest" else some))
        if draw(st.booleans()):
            phase = draw(st.sampled_from([Phase.RUNNING, Phase.RUNNING, Phase.PAUSED, Phase.ABORTED]))
            steps = (Step(draw(percentages), 0), Step(100, 0))
            channel = replace(channel, rollout=Rollout(draw(some), steps, NOW, NOW, NOW, phase=phase))
        if draw(st.sampled_from([True, False, False])):
            key = draw(st.sampled_from(["ab", "k" * 128, "absent"]))
            channel = replace(channel, flag=key)
            if key != "absent":
                entries[key] = draw(flags(key, known))
        channels.append(channel)
    drawn: list[dict[str, Any]] = [live_form] if len(known) > 20 else draw(some_forms)
    found = [replace(a_release(str(version)), **form) for version, form in zip(known, cycle(drawn), strict=False)]
    serve: Serve = draw(st.sampled_from(["auto", "pin", "in_place"]))
    testers = draw(st.sampled_from([frozenset(), TESTERS]))
    return Widget(channels, found, serve, entries, testers)


def expected(routes: Routes, widget: str, selector: str, user: str, now: float, *, asked: bool = True) -> str | None:
    """The version that the routes give a user: what the router is held to. None when the selector means nothing.
    `asked` says whether the selector lies in the widget's own value, where testers are asked."""
    entry = routes["channels"].get(selector)
    if entry is None:
        found: str | None = routes["ranges"].get(selector)
        return found
    by_flag = entry.get("by_flag")
    if by_flag is not None:
        phases = by_flag["p"]
        phase = next((phase for phase in reversed(phases[1:]) if phase[0] <= now), phases[0])
        if phase[2:] and user_token(user, by_flag["k"]) in by_flag["targets"]:
            choice = phase[2]
        else:
            choice = next(choice for end, choice in phase[1] if bucket(user, by_flag["k"]) < end)
        if choice >= 0:
            return str(by_flag["versions"][choice])
    asks = asked and "testers" in entry and not (by_flag or {}).get("targets")
    if asks and user_token(user, salt_of_testers(widget)) in entry["testers"]:
        return str(entry["candidate"])
    if "candidate" in entry and is_in(user, rollout_salt(widget, selector, entry["candidate"]), entry["percent"]):
        return str(entry["candidate"])
    return str(entry["stable"])
