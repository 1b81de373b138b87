"""One release: what it brings, beside the release before it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from edgeship.console.desk import Desk
from edgeship.console.rendering import page
from edgeship.domain.naming import check_widget
from edgeship.domain.version import Version

FILES_SHOWN = 200


class ReleasePage:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def whole(self, request: Request) -> Response:
        widget, version = check_widget(request.path_params["widget"]), Version.parse(request.path_params["version"])
        brought = self._desk.operator.changes(widget, version)
        errors = self._desk.part(lambda: self._desk.operator.errors(widget, version))
        return page(
            self._desk,
            request,
            "release.html",
            widget=widget,
            brought=brought,
            files=(brought.files or ())[:FILES_SHOWN],
            said=brought.manifest.changes if brought.manifest is not None else {},
            errors=errors,
        )
