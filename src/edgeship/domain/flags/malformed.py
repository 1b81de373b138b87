"""Reading the parts of a flag's JSON, which should have been validated before."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Malformed(Exception):
    """A document is not what it should be; the message says where."""


def an_object(value: object, what: str) -> dict[str, Any]:
    if type(value) is not dict:
        raise Malformed(f"{what:.80} is not an object")
    return value


def a_list(value: object, what: str) -> list[Any]:
    if type(value) is not list:
        raise Malformed(f"{what:.80} is not a list")
    return value


def a_number(value: object, what: str) -> float:
    if type(value) is not int and type(value) is not float:
        raise Malformed(f"{what:.80} is not a number")
    return value
