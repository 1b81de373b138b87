"""Whether a script is a CommonJS module: outside of its functions, it uses names that only Node.js and bundlers give.

https://nodejs.org/api/modules.html#the-module-scope
"""

from __future__ import annotations

import re
from bisect import bisect_left

from tree_sitter import Node

from edgeship.adapters.javascript.walking import FUNCTIONS, goto_next

_NAMES = re.compile(rb"\b(?:require|exports|module)\b")
_ASKED = re.compile(rb"\btypeof\s*\(?\s*(?:require|exports|module|define)\b")
_CONDITIONS = {"if_statement": "condition", "ternary_expression": "condition", "binary_expression": "left"}


def common_js(source: bytes, root: Node) -> str | None:
    """What the script uses, in words (`module.exports`); None if it runs without.

    What stands behind a `typeof module` or in a `try` runs in a browser, too, and so does a script that declares the
    name. Only nodes that contain one of the names are entered.
    """
    words = [match.start() for match in _NAMES.finditer(source)]
    found: dict[bytes, str] = {}
    bound: set[bytes] = set()
    cursor = root.walk()
    while True:
        node = cursor.node
        assert node is not None
        first = bisect_left(words, node.start_byte)
        holds_word = first < len(words) and words[first] < node.end_byte
        if holds_word and node.type in ("identifier", "function_declaration"):
            named = node if node.type == "identifier" else node.child_by_field_name("name")
            name = source[named.start_byte : named.end_byte] if named is not None else b""
            if node.type == "function_declaration" or cursor.field_name == "name":
                bound.add(name)
            elif use := _use(source, node, name):
                found.setdefault(name, use)
        enters = holds_word and node.type not in FUNCTIONS and not _asks(source, node)
        if not (enters and cursor.goto_first_child()) and not goto_next(cursor):
            return next((use for name, use in found.items() if name not in bound), None)


def _use(source: bytes, node: Node, name: bytes) -> str | None:
    parent = node.parent
    if parent is None or parent.type == "unary_expression":
        return None
    if name == b"exports":
        return "exports"
    if name == b"module" and parent.type == "member_expression" and node == parent.child_by_field_name("object"):
        member = parent.child_by_field_name("property")
        named = source[member.start_byte : member.end_byte] if member is not None else b""
        return "module.exports" if named == b"exports" else None
    if name == b"require" and parent.type == "call_expression" and node == parent.child_by_field_name("function"):
        arguments = parent.child_by_field_name("arguments")
        given = arguments.named_children if arguments is not None else []
        return "require" if given and given[0].type in ("string", "template_string") else None
    return None


def _asks(source: bytes, node: Node) -> bool:
    """Whether it does something else where the names are not there."""
    if node.type == "try_statement":
        return node.child_by_field_name("handler") is not None
    condition = node.child_by_field_name(_CONDITIONS[node.type]) if node.type in _CONDITIONS else None
    return condition is not None and _ASKED.search(source, condition.start_byte, condition.end_byte) is not None
