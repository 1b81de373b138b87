"""A flag is edited: first the difference to what is stored, and who gets something else; then it is saved."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from edgeship.application.flags.evaluate_flags import UserChange
from edgeship.console.desk import Desk
from edgeship.console.pages.flags import context_of
from edgeship.console.rendering import page, path
from edgeship.domain.errors import Refused
from edgeship.domain.flags.records.change_text import change_lines
from edgeship.domain.flags.records.flag_record import SHARED_KEYS, Document, rolled_out, toggled
from edgeship.domain.flags.validation.validate import problems
from edgeship.domain.strict_json import NotJson, parse

MAX_USERS = 50
"""Users that a person names, to see who gets something else."""
NOTHING = ""
"""The digest of a flag that does not exist."""

_NOTHING_YET = {
    "lines": (),
    "moved": (),
    "users": "",
    "refused": None,
    "deletes": False,
    "reason": "",
    "checked": False,
}
"""What a page shows of a flag before anything was asked."""


class FlagEdits:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def named(self, request: Request) -> Response:
        """Lead to a new flag of this key, or to the one that has it."""
        key = _checked(request.query_params.get("key", "").strip())
        for _, fault in problems({"flags": [_example(key)]}):
            raise Refused("flags_invalid", f"{key!r:.80} is no key of a flag: {fault}.", "Choose another one.")
        return RedirectResponse(f"{path('flags', 'edit', key)}?new=1", 303)

    def asked(self, request: Request) -> Response:
        """The flag as it is stored."""
        key = _key(request)
        stored = self._stored(key)
        if stored is None and request.query_params.get("new") != "1":
            raise Refused("flag_unknown", f"There is no flag {key!r}.", "See the list of flags.")
        text = _text(stored if stored is not None else _example(key))
        return self._page(request, key, stored, text, seen=digest(stored))

    def previewed(self, request: Request) -> Response:
        """What would change, without changing it. Faults are listed with their places."""
        self._desk.check_may_act()
        key, form = _key(request), request.state.form
        return self._preview(request, key, form, None)

    def saved(self, request: Request) -> Response:
        """Save it, unless the flag has changed since it was seen."""
        self._desk.check_may_act()
        key, form = _key(request), request.state.form
        reason = form.get("reason", "").strip()
        try:
            if not reason:
                raise Refused("reason_missing", "There is no reason. Nothing was changed.", "Say why, for the history.")
            wanted = None if form.get("delete") == "1" else _document(key, form.get("document", ""))
            occasion = self._desk.occasion(reason)

            def edit(stored: Document | None) -> Document | None:
                if digest(stored) != form.get("seen", ""):
                    raise Refused(
                        "changed_since",
                        f"Flag {key} changed since you saw it. Nothing was changed.",
                        "Start again from the flag as it is now.",
                    )
                return wanted

            made = self._desk.operator.flags.edit(key, edit, occasion)
        except Refused as refused:
            return self._preview(request, key, form, refused)
        said = f"Done: flag {key} is {'deleted' if wanted is None else 'saved'}." if made else "Nothing to do."
        return RedirectResponse(f"/flags?note={self._desk.note(said)}", 303)

    def _preview(self, request: Request, key: str, form: Mapping[str, str], refused: Refused | None) -> Response:
        stored, seen = self._stored(key), form.get("seen", "")
        text, users, deletes = form.get("document", ""), form.get("users", ""), form.get("delete") == "1"
        lines: list[str] = []
        moved: list[UserChange] = []
        try:
            wanted = None if deletes else _changed(key, text, form)
            if wanted is not None:
                text = _text(wanted)
            lines = change_lines(
                self._desk.operator.flags.edit(key, lambda _: wanted, self._desk.occasion("dry run"), dry_run=True)
            )
            if wanted is not None and stored is not None:
                moved = self._moved(key, wanted, users)
        except Refused as fault:
            refused = refused or fault
        if digest(stored) != seen and refused is None:
            refused = Refused(
                "changed_since",
                f"Flag {key} changed since you opened it.",
                "Open it again; what you typed is below.",
            )
        return self._page(
            request,
            key,
            stored,
            text,
            seen=seen,
            status=409 if refused is not None else 200,
            lines=lines or ([] if refused is not None else ["Nothing to do."]),
            moved=moved,
            users=users,
            refused=refused,
            deletes=deletes,
            reason=form.get("reason", ""),
            checked=refused is None and bool(lines),
        )

    def _moved(self, key: str, wanted: Document, users: str) -> list[UserChange]:
        named = list(dict.fromkeys(user.strip() for user in users.splitlines() if user.strip()))[:MAX_USERS]
        return self._desk.operator.evaluate.compare(key, wanted, [context_of(user, "") for user in named])

    def _page(self, request: Request, key: str, stored: Document | None, text: str, **values: Any) -> Response:
        shown: dict[str, Any] = {**_NOTHING_YET, **values}
        status = shown.pop("status", 200)
        rollout = (stored or {}).get("rollout")
        percentage = rollout.get("percentage", 0) if isinstance(rollout, Mapping) else None
        return page(
            self._desk,
            request,
            "flag.html",
            status,
            key=key,
            stored=stored,
            text=text,
            percentage=percentage if isinstance(percentage, int | float) else 0,
            variants=list((stored or {}).get("variants") or {}),
            may_act=not self._desk.read_only,
            **shown,
        )

    def _stored(self, key: str) -> Document | None:
        return next((record.document for record in self._desk.operator.state.flags() if record.key == key), None)


def digest(document: Document | None) -> str:
    """What was seen of a flag, in few characters."""
    if document is None:
        return NOTHING
    return hashlib.sha256(json.dumps(document, default=str).encode()).hexdigest()[:32]


def _changed(key: str, text: str, form: Mapping[str, str]) -> Document:
    """The flag that the form asks for: the document, or one of its short ways."""
    document = _document(key, text)
    act = form.get("act", "")
    if act == "toggle":
        return toggled(key, document, None)
    if act == "percentage":
        return rolled_out(key, document, _percentage(form.get("percentage", "")), form.get("variant") or None)
    return document


def _percentage(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise Refused("flags_invalid", f"{text!r:.20} is no percentage.", "Give a number from 0 to 100.") from None
    return int(value) if value.is_integer() else value


def _document(key: str, text: str) -> Document:
    try:
        found = parse(text)
    except NotJson as fault:
        raise Refused("flags_invalid", f"The flag is no JSON: {fault}.", "Fix it, and check it again.") from None
    if not isinstance(found, dict):
        raise Refused("flags_invalid", "The flag is no JSON object.", "Fix it, and check it again.")
    if found.get("key", key) != key:
        raise Refused("flags_invalid", f"The flag's key is {found['key']!r:.80}, not {key!r}.", "A key stays.")
    return {"key": key, **found}


def _key(request: Request) -> str:
    return _checked(request.path_params["key"])


def _checked(key: str) -> str:
    if key in SHARED_KEYS:
        raise Refused("flag_unknown", f"{key} is no flag.", "Change what flags share with edgeship flags apply.")
    return key


def _text(document: Document) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False, default=str)


def _example(key: str) -> dict[str, Any]:
    return {"key": key, "variants": {"on": True, "off": False}, "default_variant": "off"}
