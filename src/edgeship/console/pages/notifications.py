"""Notifications: who is notified, what was not delivered, and what ended in the queues of failures."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from edgeship.console.desk import Desk
from edgeship.console.rendering import page
from edgeship.domain.errors import Refused

SHOWN = 50


class NotificationPages:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def whole(self, request: Request) -> Response:
        operator = self._desk.operator
        return page(
            self._desk,
            request,
            "notifications.html",
            rules=self._desk.part(operator.state.notifications),
            undelivered=self._desk.part(lambda: operator.deliveries.list_undelivered(SHOWN)),
            queues=self._desk.part(lambda: operator.dead_letters()),
            may_act=not self._desk.read_only,
        )

    def asked(self, request: Request) -> Response:
        """The messages of one queue, and what a redrive would do."""
        queue = self._desk.operator.dead_letters.one(request.query_params.get("queue", ""))
        return page(
            self._desk, request, "redrive.html", queue=queue, may_act=not self._desk.read_only, refused=None, reason=""
        )

    def redriven(self, request: Request) -> Response:
        """Move the messages to where they failed."""
        self._desk.check_may_act()
        form, operator = request.state.form, self._desk.operator
        try:
            moved = operator.redrive(form.get("queue", ""))
        except Refused as refused:
            queue = operator.dead_letters.one(form.get("queue", ""))
            return page(self._desk, request, "redrive.html", 409, queue=queue, may_act=True, refused=refused, reason="")
        said = f"Done: {moved} messages of {form.get('queue', '')} are tried again."
        return RedirectResponse(f"/notifications?note={self._desk.note(said)}", 303)
