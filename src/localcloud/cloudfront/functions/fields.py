"""The one structure of query strings, headers and cookies in the events of CloudFront Functions. Pure.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html, "Structure for a
query string, header, or cookie": `{name: {"value": …, "multiValue"?: [{"value": …}, …]}}`; the cookies of a response
have `attributes` beside each value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from localcloud.cloudfront.functions.failure import FunctionFailed

Entry = dict[str, str]
"""`value`, and perhaps `attributes`."""
Fields = dict[str, dict[str, Any]]


def collapse(entries: Iterable[tuple[str, Entry]]) -> Fields:
    """Fields by name, in the order of first appearance; a name that comes more than once has a `multiValue`."""
    grouped: dict[str, list[Entry]] = {}
    for name, entry in entries:
        grouped.setdefault(name, []).append(entry)
    return {
        name: {**listed[0], "multiValue": listed} if len(listed) > 1 else dict(listed[0])
        for name, listed in grouped.items()
    }


def expand(shown: object, before: Mapping[str, Mapping[str, Any]], what: str) -> list[tuple[str, Entry]]:
    """The entries of fields that a function returned, given the fields that it got.

    A `multiValue` that the function added or changed counts alone; otherwise a changed `value` takes the place of the
    first of the values.

    Raises:
        FunctionFailed: they are not of the structure; the message names `what`.
    """
    if not isinstance(shown, dict):
        raise FunctionFailed(f"{what} is not an object")
    expanded = []
    for name, field in shown.items():
        if not isinstance(field, dict):
            raise FunctionFailed(f"{what}[{name!r}] is not an object with a value")
        expanded += [(name, entry) for entry in _entries(field, before.get(name, {}), f"{what}[{name!r}]")]
    return expanded


def _entries(field: Mapping[str, Any], before: Mapping[str, Any], where: str) -> list[Entry]:
    many = field.get("multiValue")
    if many is None:
        return [_entry(field, where)]
    if not isinstance(many, list) or not many:
        raise FunctionFailed(f"{where}.multiValue is not an array of objects with a value")
    listed = [_entry(item, f"{where}.multiValue") for item in many]
    if many == before.get("multiValue"):
        listed[0] = _entry(field, where)
    return listed


def _entry(item: object, where: str) -> Entry:
    if not isinstance(item, dict) or not isinstance(item.get("value"), str):
        raise FunctionFailed(f"{where} has no value that is a string")
    entry = {"value": item["value"]}
    if "attributes" in item:
        if not isinstance(item["attributes"], str):
            raise FunctionFailed(f"{where}.attributes is not a string")
        entry["attributes"] = item["attributes"]
    if any(c in text for text in entry.values() for c in "\r\n\0"):
        raise FunctionFailed(f"{where} has a control character")
    return entry
