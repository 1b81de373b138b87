"""The console's pages by their paths, and what becomes of an error."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from edgeship.console.desk import Desk
from edgeship.console.guard import refused_page
from edgeship.console.live_overview import LiveOverview
from edgeship.console.pages.acts import Acts
from edgeship.console.pages.events import Events
from edgeship.console.pages.flag_edits import FlagEdits
from edgeship.console.pages.flags import FlagPages
from edgeship.console.pages.notifications import NotificationPages
from edgeship.console.pages.overview import OverviewPage
from edgeship.console.pages.releases import ReleasePage
from edgeship.console.pages.widget import WidgetPage
from edgeship.console.rendering import page
from edgeship.domain.errors import Refused

Endpoint = Callable[[Request], Response]
STATIC = Path(__file__).parent / "static"
_STATUSES = {"read_only": 403, "access_denied": 403, "widget_unknown": 404, "flag_unknown": 404, "not_registered": 404}


def console_app(desk: Desk, *, ahead: bool = False) -> Starlette:
    """The pages, without what stands before them: see `guard`. With `ahead`, the overview is read before it is asked
    for."""
    overview = LiveOverview(lambda: desk.part(desk.operator.overview), desk.clock, ahead=ahead)
    first, widget = OverviewPage(desk, overview), WidgetPage(desk)
    acts, releases = Acts(desk, overview), ReleasePage(desk)
    flags, edits = FlagPages(desk), FlagEdits(desk)
    events, notices = Events(desk, overview), NotificationPages(desk)

    def route(path: str, endpoint: Endpoint, *methods: str) -> Route:
        return Route(path, _explained(desk, endpoint), methods=list(methods or ("GET",)))

    return Starlette(
        routes=[
            route("/", first.whole),
            route("/overview", first.part),
            route("/widgets/{widget}", widget.whole),
            route("/widgets/{widget}/part/{name}", widget.part),
            route("/widgets/{widget}/releases/{version}", releases.whole),
            route("/widgets/{widget}/act/{act}", acts.asked),
            route("/widgets/{widget}/act/{act}", acts.done, "POST"),
            route("/flags", flags.listed),
            route("/flags/evaluate", flags.evaluated),
            route("/flags/new", edits.named),
            route("/flags/edit/{key}", edits.asked),
            route("/flags/edit/{key}", edits.previewed, "POST"),
            route("/flags/save/{key}", edits.saved, "POST"),
            route("/events", events.whole),
            route("/events/part", events.part),
            route("/events/one/{event}", events.raw),
            route("/notifications", notices.whole),
            route("/notifications/redrive", notices.asked),
            route("/notifications/redrive", notices.redriven, "POST"),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        exception_handlers={404: _missing(desk), 500: _broken},
    )


def _explained(desk: Desk, endpoint: Endpoint) -> Endpoint:
    """The endpoint, whose expected errors are a page with the reason and what to do."""

    def answer(request: Request) -> Response:
        try:
            return endpoint(request)
        except Exception as error:
            failure = desk.explain(error)
            if failure is None:
                raise
            unknown = 409 if isinstance(error, Refused) else 502
            return page(desk, request, "failure.html", _STATUSES.get(failure.code, unknown), failure=failure)

    return answer


def _missing(desk: Desk) -> Callable[[Request, Exception], Response]:
    def answer(request: Request, _: Exception) -> Response:
        failure = {"code": "not_found", "reason": "There is no such page.", "remedy": "Start from the overview."}
        return page(desk, request, "failure.html", 404, failure=failure)

    return answer


def _broken(_: Request, error: Exception) -> Any:
    return refused_page(
        "This page failed", f"{type(error).__name__}: the reason is in the terminal that the console runs in."
    )
