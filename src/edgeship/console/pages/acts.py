"""An act, asked for first and then done: what will happen, what is there, and why."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from edgeship.console.acting.doing import do
from edgeship.console.acting.plans import plan
from edgeship.console.desk import Desk
from edgeship.console.live_overview import LiveOverview
from edgeship.console.rendering import page, path
from edgeship.domain.errors import Refused
from edgeship.domain.naming import LATEST, check_widget

ALL = "-"
"""In place of a widget's name, which can't be it: every widget of the environment."""


class Acts:
    def __init__(self, desk: Desk, overview: LiveOverview) -> None:
        self._desk, self._overview = desk, overview

    def asked(self, request: Request) -> Response:
        """The page that says what will happen."""
        self._desk.check_may_act()
        return self._asked(request, request.query_params, None)

    def done(self, request: Request) -> Response:
        """Do it, and lead to the widget's page. What is refused is said on the page that asks, with what is there
        now."""
        self._desk.check_may_act()
        widget, form = _widget(request), request.state.form
        try:
            occasion = self._desk.occasion(_reason(form))
            said = do(self._desk.operator, request.path_params["act"], widget, form, occasion)
        except Refused as refused:
            return self._asked(request, form, refused)
        finally:
            self._overview.changed()
        home = path("widgets", widget) if widget is not None else "/"
        return RedirectResponse(f"{home}?note={self._desk.note(f'Done: {said}.')}", 303)

    def _asked(self, request: Request, given: Any, refused: Refused | None) -> Response:
        act, widget = request.path_params["act"], _widget(request)
        channel, version = given.get("channel") or LATEST, given.get("version") or None
        found = self._desk.part(lambda: plan(self._desk.operator, act, widget, channel, version))
        if found.value is None:
            failure, status = refused or found.failure, 409
            return page(self._desk, request, "failure.html", status, failure=failure, back=_home(widget))
        remedy = _remedy(refused) if refused is not None else None
        return page(
            self._desk,
            request,
            "act.html",
            409 if refused is not None else 200,
            plan=found.value,
            refused=refused,
            remedy=remedy,
            back=_home(widget),
            reason=given.get("reason", ""),
            hours=given.get("hours", "12"),
        )


def _reason(form: Any) -> str:
    reason: str = form.get("reason", "").strip()
    if not reason:
        raise Refused("reason_missing", "There is no reason. Nothing was changed.", "Say why, for the history.")
    return reason


def _remedy(refused: Refused) -> str:
    """A command's options are of no use here."""
    return "See below what is there now, and decide again." if refused.code == "changed_since" else refused.remedy


def _widget(request: Request) -> str | None:
    named: str = request.path_params["widget"]
    return None if named == ALL else check_widget(named)


def _home(widget: str | None) -> str:
    return path("widgets", widget) if widget is not None else "/"
