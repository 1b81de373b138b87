"""What happens: live, filtered, and each event as it was written."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from edgeship.console.desk import Desk
from edgeship.console.live_overview import LiveOverview
from edgeship.console.rendering import page
from edgeship.domain.errors import Refused
from edgeship.domain.events import Event, EventType
from edgeship.domain.naming import check_widget
from edgeship.domain.notifications.event_text import describe
from edgeship.domain.severity import Severity, severity_of

SHOWN = 100
READ = 300
"""Events that are read, of which those that the filter takes are shown."""


class Events:
    def __init__(self, desk: Desk, overview: LiveOverview) -> None:
        self._desk, self._overview = desk, overview

    def whole(self, request: Request) -> Response:
        return self._page(request, "events.html")

    def part(self, request: Request) -> Response:
        """What is asked for again and again."""
        return self._page(request, "_events.html")

    def raw(self, request: Request) -> Response:
        """An event as it was written."""
        wanted, widget = request.path_params["event"], _widget(request)
        found = next((event for event in self._read(widget) if event.event_id == wanted), None)
        if found is None:
            raise Refused(
                "event_unknown",
                f"Event {wanted!r:.80} is not among the newest.",
                "Name its widget, or read it with edgeship history WIDGET --json.",
            )
        deliveries = self._desk.part(lambda: self._desk.operator.deliveries.of(found.event_id))
        return page(self._desk, request, "event.html", event=found, deliveries=deliveries)

    def _page(self, request: Request, template: str) -> Response:
        asked = request.query_params
        widget, text = _widget(request), asked.get("q", "").strip()[:100]
        kind, least = asked.get("type", ""), _severity(asked.get("severity", ""))
        found = self._desk.part(lambda: self._read(widget))
        shown = [event for event in found.value or () if _takes(event, kind, least, text)]
        return page(
            self._desk,
            request,
            template,
            events=shown[:SHOWN],
            failure=found.failure,
            widget=widget,
            asked=text,
            kind=kind,
            least=least.value,
            kinds=[each.value for each in EventType],
            severities=[each.value for each in Severity],
            query=request.url.query,
        )

    def _read(self, widget: str | None) -> Sequence[Event]:
        recent = self._desk.operator.recent_events
        if widget is not None:
            return recent.of_widget(widget, READ)
        overview = self._overview.get().value
        return recent(overview.widgets if overview is not None else (), READ)


def _widget(request: Request) -> str | None:
    named = request.query_params.get("widget", "").strip()
    return check_widget(named) if named else None


def _severity(text: str) -> Severity:
    return Severity(text) if text in list(Severity) else Severity.INFO


def _takes(event: Event, kind: str, least: Severity, text: str) -> bool:
    if kind and event.type.value != kind:
        return False
    if not severity_of(event).at_least(least):
        return False
    words = f"{event.widget or ''} {describe(event)} {event.actor} {event.cause}".casefold()
    return text.casefold() in words
