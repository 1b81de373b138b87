"""What a CloudFront Function's source may not use: what the engine there does not have, or has only lately.

Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-javascript-runtime-20.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import tree_sitter_javascript
from tree_sitter import Language, Node, Parser

_BY_TYPE: Final = {
    "class": "a class",
    "class_declaration": "a class",
    "object_pattern": "destructuring",
    "array_pattern": "destructuring",
    "spread_element": "spread or rest",
    "rest_pattern": "spread or rest",
    "optional_chain": "optional chaining",
    "??": "nullish coalescing",
    "??=": "nullish coalescing",
    "generator_function": "a generator",
    "generator_function_declaration": "a generator",
    "yield_expression": "a generator",
    "ERROR": "what is no JavaScript",
}
_BY_NAME: Final = {
    "eval": "eval",
    "Function": "eval",
    "setTimeout": "a timer or the network",
    "setInterval": "a timer or the network",
    "setImmediate": "a timer or the network",
    "fetch": "a timer or the network",
    "XMLHttpRequest": "a timer or the network",
    "Promise": "a promise that it makes itself",
}
_FUNCTIONS: Final = ("arrow_function", "function_expression", "function_declaration", "method_definition")


def outside_subset(source: str) -> Iterator[str]:
    """What of the source is outside, in words, in its order."""
    tree = Parser(Language(tree_sitter_javascript.language())).parse(source.encode())
    remaining = [tree.root_node]
    while remaining:
        node = remaining.pop()
        found = _construct(node)
        if found is not None:
            yield found
        remaining.extend(reversed(node.children))


def _construct(node: Node) -> str | None:
    text = (node.text or b"").decode()
    if node.type in ("identifier", "shorthand_property_identifier"):
        return _BY_NAME.get(text)
    if node.type == "regex_pattern":
        return "a named group or lookbehind" if "(?<" in text else None
    if node.type == "await" and node.parent is not None and node.parent.type == "for_in_statement":
        return "for await"
    if node.type == "await_expression" and _in_arguments(node):
        return "await in arguments"
    if node.type == "*" and node.parent is not None and node.parent.type == "method_definition":
        return "a generator"
    return "what is no JavaScript" if node.is_missing else _BY_TYPE.get(node.type)


def _in_arguments(node: Node) -> bool:
    above = node.parent
    while above is not None and above.type not in _FUNCTIONS:
        if above.type == "arguments":
            return True
        above = above.parent
    return False
