"""One widget for a person: what it asks of people, its channels, and what waits or was refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from edgeship.application.notifications.ports import Delivery
from edgeship.application.status.read_status import Status, WidgetStatus
from edgeship.cli.output import grid, plain
from edgeship.cli.propagation.deployment_document import mismatches_shown
from edgeship.cli.status.edge_document import edge_lines
from edgeship.cli.status.numbers import numbers_notes, numbers_shown
from edgeship.cli.status.standing_text import following, standings_shown
from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.rollout import Phase, Rollout
from edgeship.domain.plain_text import ago, cut, span, who
from edgeship.domain.releases.rejection import Rejection
from edgeship.domain.status.standing import Need, next_command, phase_word, rolls_back_automatically, time_left

if TYPE_CHECKING:
    from rich.console import RenderableType

Document = Mapping[str, Any]

LISTED = 5
"""Of what waits, is quarantined or was refused: the newest. The rest is in the JSON."""
MAX_REASON = 160
BAR = 20


def widget_shown(status: WidgetStatus, found: Status, document: Document, environment: str) -> Iterator[RenderableType]:
    """`document` is the widget's under `--json`, which has the numbers and the deployments of its channels."""
    now = found.at
    yield plain(f"{status.widget} in {environment}", "bold")
    asked = [each for each in status.standings if each.need not in (Need.QUIET, Need.CLIMBING)]
    if asked:
        yield plain("")
        yield standings_shown(asked, now)
    for channel, described in zip(status.channels, document["channels"], strict=True):
        yield plain("")
        yield from channel_shown(channel, described, status, now)
    yield from _lists(status, found, now)
    if status.mode == "watch":
        yield plain("mode watch: people are notified of unhealthy releases, and nothing else is done", "yellow")
    routes = {status.widget: status.routes}
    lines = [plain(line, "yellow") for line in edge_lines(found.edge, routes, found.flags_left_out)]
    yield from [plain(""), *lines] if lines else []
    yield plain("")
    yield plain(f"next: {following(_next(status))}", "bold cyan")


def channel_shown(
    channel: Channel, document: Document, status: WidgetStatus, now: datetime
) -> Iterator[RenderableType]:
    """A channel, its rollout, and the numbers of both versions."""
    live = f"{channel.version}" if channel.version is not None else "no version is live yet"
    if channel.flag:
        live += f", or the choice of flag {channel.flag}"
    rows = [(plain(channel.name, "bold"), plain(live, "bold"))]
    rows += [(plain(""), plain(line)) for line in _facts(channel, document, status, now)]
    rollout = channel.rollout
    if rollout is not None and rollout.active:
        frozen = any(each.need is Need.FROZEN for each in status.standings)
        rows += [(plain(""), plain(line)) for line in rollout_lines(channel, rollout, now, frozen=frozen)]
    yield grid(rows)
    for line in mismatches_shown(document["deployment"]):
        yield plain(f"  {line}", "red")
    numbers = numbers_shown(document["numbers"])
    if numbers is not None:
        yield numbers
    yield from (plain(note, "dim") for note in numbers_notes(document["numbers"], now))


def rollout_lines(channel: Channel, rollout: Rollout, now: datetime, *, frozen: bool = False) -> list[str]:
    """Where it is, as a bar and in words, and how long it takes."""
    whom = " (testers only)" if rollout.phase is Phase.RUNNING and rollout.percent == 0 else ""
    filled = round(BAR * rollout.percent / 100) or int(rollout.percent > 0)
    steps = " ".join(
        f"[{step.percent:g}]" if number == rollout.step else f"{step.percent:g}"
        for number, step in enumerate(rollout.steps)
    )
    at = f"at {rollout.percent:g} %{whom}, step {rollout.step + 1} of {len(rollout.steps)}"
    lines = [
        f"{channel.version} → {rollout.candidate}: {phase_word(rollout)} {at}",
        f"{'█' * filled}{'░' * (BAR - filled)} {steps} %",
    ]
    left = time_left(rollout, now)
    if frozen and rollout.phase is Phase.RUNNING:
        lines.append("goes on after the freeze")
    elif left is not None:
        following = f"next step in {span(left[0])}" if left[0] else "the next minute decides"
        lines.append(f"{following}, everybody in {span(left[1])} if it stays healthy")
    elif rollout.held is not None and rollout.held.by is None:
        lines.append(f"waits, {ago(rollout.held.since.isoformat(), now)}: {cut(rollout.held.cause, MAX_REASON)}")
    return lines


def _facts(channel: Channel, document: Document, status: WidgetStatus, now: datetime) -> Iterator[str]:
    if channel.version is None:
        return
    by = f", by {who(channel.moved_by)}" if channel.moved_by else ""
    yield f"live: {ago(channel.moved_at, now)}{by}"
    deployment = document["deployment"]
    if deployment is not None:
        words = {
            "propagating": "on its way",
            "verified": f"verified {ago(deployment['at'], now)}",
            "failed": "MISMATCH",
        }
        yield f"on the CDNs: {words[deployment['state']]}"
    if rolls_back_automatically(channel, status.can_roll_back_to.__contains__, now):
        assert channel.watch is not None
        left = span((channel.watch.until - now).total_seconds())
        yield f"if unhealthy: rolled back automatically, for {left} more"
    elif channel.alert is None:
        yield "if unhealthy: people are notified"


def _lists(status: WidgetStatus, found: Status, now: datetime) -> Iterator[RenderableType]:
    waiting = [(str(each.version), cut(each.reason, MAX_REASON)) for each in status.waiting]
    quarantined = [
        (str(release.version), f"{ago(release.quarantine.since, now)}: {cut(release.quarantine.cause, MAX_REASON)}")
        for release in status.quarantined
        if release.quarantine
    ]
    for title, rows in (
        ("waiting", waiting),
        ("quarantined", quarantined),
        ("refused uploads", refused_rows(found.rejections, now)),
        ("undelivered notifications", undelivered_rows(found.undelivered, now)),
    ):
        yield from listed(title, rows)


def refused_rows(rejections: Iterable[Rejection], now: datetime) -> list[tuple[str, str]]:
    return [
        (ago(each.rejected_at, now), f"{each.key}: {cut(each.reason, MAX_REASON)} {cut(each.remedy, MAX_REASON)}")
        for each in rejections
    ]


def undelivered_rows(undelivered: Iterable[Delivery], now: datetime) -> list[tuple[str, str]]:
    return [(ago(each.occurred_at, now), _undelivered(each)) for each in undelivered]


def rejections_shown(widget: str, found: Status) -> Iterator[RenderableType]:
    """A widget that has no release: every upload was refused."""
    yield plain(f"{widget} has no release: its uploads were refused", "bold")
    yield from listed("refused uploads", refused_rows(found.rejections, found.at))


def _undelivered(each: Delivery) -> str:
    why = cut(each.reason or each.status.value, MAX_REASON)
    return f"{each.title} to {each.destination}, {each.attempts} attempts: {why}"


def listed(title: str, rows: list[tuple[str, str]]) -> Iterator[RenderableType]:
    """A titled list; of more than `LISTED`, the first. Nothing when it is empty."""
    if not rows:
        return
    more = f", {LISTED} of {len(rows)} (all: --json)" if len(rows) > LISTED else ""
    yield plain("")
    yield plain(f"{title}{more}", "bold")
    yield grid([(plain(first), plain(text)) for first, text in rows[:LISTED]])


def _next(status: WidgetStatus) -> str:
    """The command that helps most now."""
    return next_command(status.standings) or f"edgeship history {status.widget}"
