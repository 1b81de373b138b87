"""`edgeship.json`: the manifest that an uploader may put into the archive.

One model checks it for the command line and for the function; docs/schemas/edgeship.schema.json is generated from it.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import ErrorDetails

from edgeship.domain.errors import Refused
from edgeship.domain.naming import UPLOADED_MANIFEST_NAME
from edgeship.domain.plain_text import quoted
from edgeship.domain.releases.entry import Kind
from edgeship.domain.releases.limits import MAX_FILES
from edgeship.domain.releases.manifest import Declaration
from edgeship.domain.releases.paths.bundle_paths import MAX_PATH_BYTES
from edgeship.domain.requirements.environment import NAME_PATTERN
from edgeship.domain.requirements.ranges import MAX_RANGE_LENGTH, RANGE_PATTERN, parse_range
from edgeship.domain.requirements.requirement import MAX_REQUIREMENTS, Requirement
from edgeship.domain.version import MAX_VERSION_LENGTH

_MAX_NAMES = 50
"""In an object that is no list of files. Each fault costs a kilobyte, and 5 MiB have room for a million."""
_FAULTS_SHOWN = 10


class _NotJson(ValueError):
    """What Python's reader passes over."""


def _real_time(text: str) -> str:
    try:
        datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError):
        raise ValueError("is no time that a calendar has") from None
    return text


def _real_range(text: str) -> str:
    try:
        parse_range(text)
    except Refused:
        raise ValueError("is no range of versions") from None
    return text


_COMMIT = r"^[0-9a-fA-F]{7,64}$"
_TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$"
_SHA256 = r"^[0-9a-f]{64}$"
_SRI = r"^sha384-[A-Za-z0-9+/]{64}$"
_WIDGET = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
_FORMS = {
    _COMMIT: "7 to 64 hex digits",
    _TIME: "a time such as 2026-11-27T10:00:00Z",
    _SHA256: "64 lower-case hex digits",
    _SRI: "sha384- and 64 characters of base64",
    NAME_PATTERN: "a name of lower-case letters, digits and inner hyphens, dots and underscores",
    RANGE_PATTERN: "a range of versions such as >=3 <5",
    _WIDGET: "a name of 1 to 63 lower-case letters, digits and inner hyphens",
}
"""What each pattern asks for, in words."""

Path_ = Annotated[str, StringConstraints(min_length=1, max_length=MAX_PATH_BYTES)]
Commit = Annotated[str, StringConstraints(pattern=_COMMIT)]
Change = Annotated[str, StringConstraints(max_length=2_000)]
Time = Annotated[
    str,
    Field(
        pattern=_TIME,
        description="RFC 3339, with its offset.",
    ),
    AfterValidator(_real_time),
]


Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
Range_ = Annotated[str, Field(max_length=MAX_RANGE_LENGTH, pattern=RANGE_PATTERN), AfterValidator(_real_range)]
Requires = Annotated[
    dict[Name, Range_], Field(max_length=MAX_REQUIREMENTS, json_schema_extra={"additionalProperties": False})
]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class DeclaredFile(_Model):
    """What a public file is said to be; each field is compared with its bytes."""

    size: int | None = Field(None, ge=0, le=2**53, description="Bytes.")
    sha256: Annotated[str, StringConstraints(pattern=_SHA256)] | None = None
    sri: Annotated[str, StringConstraints(pattern=_SRI)] | None = None
    content_type: Annotated[str, StringConstraints(max_length=200)] | None = None


class _Named(_Model):
    path: Path_


class DeclaredChanges(_Model):
    breaking: tuple[Change, ...] = Field((), strict=False, max_length=500)
    features: tuple[Change, ...] = Field((), strict=False, max_length=500)
    fixes: tuple[Change, ...] = Field((), strict=False, max_length=500)


class UploadedManifest(_Model):
    """What an uploader says of a bundle: every field may be left out or null, and each is compared with the bytes."""

    schema_url: Annotated[str, StringConstraints(max_length=1_000)] | None = Field(None, alias="$schema")
    schema_: Literal[1] | None = Field(None, alias="schema")
    widget: Annotated[str, StringConstraints(pattern=_WIDGET)] | None = None
    version: Annotated[str, StringConstraints(min_length=1, max_length=MAX_VERSION_LENGTH)] | None = None
    created_at: Time | None = None
    git_commit: Commit | None = None
    entrypoint: Path_ | None = Field(None, description="The file that a page loads.")
    kind: Kind | None = Field(None, strict=False, description="How a page embeds the entrypoint.")
    imports: list[Path_] | None = Field(None, max_length=MAX_FILES, description="Found again by a parse.")
    style: Path_ | None = Field(None, description="Found again in the bundle.")
    imported: bool | None = Field(None, description="Found again by a parse.")
    default_export: bool | None = Field(None, description="Found again by a parse.")
    changes: DeclaredChanges | None = None
    requires: Requires | None = Field(None, description="What must run in the environment: ranges of versions by name.")
    files: dict[Path_, DeclaredFile] | None = Field(None, max_length=MAX_FILES, description="All public files.")


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of `edgeship.json`."""
    schema = UploadedManifest.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": UPLOADED_MANIFEST_NAME}


def read_declaration(location: Path, most: int) -> Declaration:
    """Read an uploader's manifest of at most `most` bytes.

    Raises:
        Refused: `declaration_invalid`, naming every field that is not valid.
    """
    if location.stat().st_size > most:
        _refuse(f"is larger than {most:,} bytes")
    document = _read_json(location)
    _check_sizes(document)
    files = document.pop("files", None)
    faults = [*_faults(UploadedManifest, document, ()), *_faults_of_files(files)]
    if faults:
        _refuse(f"is not a manifest: {'; '.join(faults[:_FAULTS_SHOWN])}")
    declared = UploadedManifest.model_validate(document)
    return Declaration(
        widget=declared.widget,
        version=declared.version,
        created_at=declared.created_at,
        git_commit=declared.git_commit,
        entrypoint=_nfc(declared.entrypoint) if declared.entrypoint else None,
        kind=declared.kind,
        requires=tuple(Requirement(name, wanted) for name, wanted in sorted((declared.requires or {}).items())),
        changes=declared.changes.model_dump() if declared.changes else {},
        files={_nfc(path): file for path, file in files.items()} if files is not None else None,
    )


def _nfc(path: str) -> str:
    return unicodedata.normalize("NFC", path)


def _read_json(location: Path) -> Any:
    try:
        text = location.read_bytes().decode()
        document = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
        # A lone half of a surrogate pair, which JSON can write and nothing else can carry.
        json.dumps(document, ensure_ascii=False).encode()
    except RecursionError:
        _refuse("is nested too deeply")
    except UnicodeError:
        _refuse("is not UTF-8, or has half a surrogate pair")
    except json.JSONDecodeError as fault:
        _refuse(f"is not JSON: line {fault.lineno}, column {fault.colno}: {fault.msg}")
    except ValueError as fault:
        # Python's own text about an integer of thousands of digits is about Python.
        _refuse(f"is not JSON: {fault.args[0] if isinstance(fault, _NotJson) else 'a number is too long'}")
    return document


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for name, value in pairs:
        if name in document:
            raise _NotJson(f"{quoted(name)} is in one object twice")
        document[name] = value
    return document


def _check_sizes(document: Any) -> None:
    """Refuse what is no object, and what has so many values that their faults alone would fill the memory."""
    if not isinstance(document, dict):
        _refuse("is not an object of JSON")
    files = document.get("files")
    changes = document.get("changes")
    for place, part, limit in (
        ("document", document, _MAX_NAMES),
        ("files", files, MAX_FILES),
        ("imports", document.get("imports"), MAX_FILES),
        ("changes", changes, _MAX_NAMES),
        ("requires", document.get("requires"), _MAX_NAMES),
        *((f"changes.{name}", value, MAX_FILES) for name, value in _items(changes)[:_MAX_NAMES]),
        *((f"files.{_place((path,))}", value, _MAX_NAMES) for path, value in _items(files)[:MAX_FILES]),
    ):
        if isinstance(part, dict | list) and len(part) > limit:
            _refuse(f"has {len(part):,} entries in {place}; {limit:,} is the limit")


def _items(part: Any) -> list[tuple[str, Any]]:
    return list(part.items()) if isinstance(part, dict) else []


def _faults_of_files(files: Any) -> list[str]:
    if files is not None and not isinstance(files, dict):
        return ["files: is not an object"]
    found: list[str] = []
    for path, file in _items(files):
        found += _faults(_Named, {"path": path}, ("files",)) + _faults(DeclaredFile, file, ("files", path))
        if len(found) >= _FAULTS_SHOWN:
            break
    return found


def _faults(model: type[BaseModel], document: Any, place: tuple[int | str, ...]) -> list[str]:
    try:
        model.model_validate(document)
    except ValidationError as invalid:
        faults = invalid.errors(include_url=False, include_input=False)
        return [f"{_place((*place, *fault['loc']))}: {_message(fault)}" for fault in faults[:_FAULTS_SHOWN]]
    return []


def _no_constant(name: str) -> NoReturn:
    raise _NotJson(f"{name} is no number of JSON")


def _place(location: tuple[int | str, ...]) -> str:
    return ".".join(quoted(part, 60) if len(str(part)) > 60 else str(part) for part in map(str, location)) or "document"


def _message(fault: ErrorDetails) -> str:
    if fault["type"] == "extra_forbidden":
        return "no such field"
    if fault["type"] == "string_pattern_mismatch":
        return f"is not {_FORMS[fault['ctx']['pattern']]}"
    return fault["msg"].removeprefix("Value error, ")


def _refuse(what: str) -> NoReturn:
    raise Refused(
        "declaration_invalid",
        f"{UPLOADED_MANIFEST_NAME} {what}.",
        "Correct it (edgeship publish writes a valid one; docs/schemas/edgeship.schema.json has its fields), "
        "or leave it out.",
    )
