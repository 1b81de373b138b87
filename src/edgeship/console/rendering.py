"""Templates, and what they may say: everything is escaped, and control characters are made visible."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from edgeship.console.desk import Desk
from edgeship.domain.notifications.event_text import describe
from edgeship.domain.plain_text import ago, cut, number, printable, size, span, when, who
from edgeship.domain.severity import severity_of
from edgeship.domain.status.standing import Need, phase_word

_TONES = {
    Need.FROZEN: "calm",
    Need.CLIMBING: "good",
    Need.QUIET: "good",
}
_ICONS = {
    Need.UNHEALTHY: "✖",
    Need.UNSERVED: "✖",
    Need.MISMATCH: "≠",
    Need.CANDIDATE: "✖",
    Need.PAUSED: "‖",
    Need.LOCKED: "⊘",
    Need.APPROVAL: "?",
    Need.HELD: "‖",
    Need.FROZEN: "❄",
    Need.CLIMBING: "↗",
    Need.QUIET: "✓",
}


def tone(need: Need) -> str:
    """How loud it is: `bad`, `warn`, `calm` or `good`; never said by colour alone."""
    return _TONES.get(need, "bad" if need <= Need.CANDIDATE else "warn")


def icon(need: Need) -> str:
    return _ICONS[need]


def path(*segments: object) -> str:
    """A path of the console: each segment is one, whatever it holds."""
    return "/" + "/".join(quote(str(segment), safe="") for segment in segments)


def clock_time(at: str | datetime | None, now: datetime) -> Markup:
    """A time as its age, with the time itself beside it for who asks."""
    if not at:
        return Markup("-")
    text = at if isinstance(at, str) else at.isoformat()
    return Markup('<time datetime="{}" title="{} UTC">{}</time>').format(text, when(text), ago(text, now))


def finalized(value: Any) -> Any:
    """What a template writes: text of uploads and browsers may hold control characters, and lone surrogates."""
    if isinstance(value, Markup):
        return value
    return cut(printable(value, keep="\n"), 100_000) if isinstance(value, str) else value


@cache
def environment() -> Environment:
    made = Environment(
        loader=PackageLoader("edgeship.console"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=finalized,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters |= {
        "size": size,
        "number": number,
        "span": span,
        "when": when,
        "who": who,
        "shorten": cut,
        "signed_size": lambda value: f"{'+' if value >= 0 else '-'}{size(abs(value))}",
        "pretty": lambda value: json.dumps(value, indent=2, ensure_ascii=False, sort_keys=False, default=str),
        "data": lambda value: escape(json.dumps(value, separators=(",", ":"))),
    }
    made.globals |= {
        "tone": tone,
        "icon": icon,
        "path": path,
        "describe": describe,
        "severity_of": severity_of,
        "phase_word": phase_word,
        "Need": Need,
    }
    return made


def page(desk: Desk, request: Request, template: str, http_status: int = 200, **values: Any) -> Response:
    """A page, or a part of one."""
    now = desk.clock()

    def time_of(at: str | datetime | None) -> Markup:
        return clock_time(at, now)

    context: Mapping[str, Any] = {
        "desk": desk,
        "now": now,
        "time_of": time_of,
        "here": request.url.path,
        "note": desk.noted(request.query_params.get("note")),
        **values,
    }
    return HTMLResponse(environment().get_template(template).render(context), http_status)
