"""What a script offers, from its syntax tree: exports, custom elements, events and deprecations.

Queries: https://tree-sitter.github.io/tree-sitter/using-parsers/queries
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Literal

import tree_sitter_javascript
import tree_sitter_typescript
from tree_sitter import Language, Node, Query, QueryCursor

from edgeship.adapters.javascript.tree import parsed_tree
from edgeship.domain.versioning.surface.script import STAR, Deprecated, Element, Export, Script

Grammar = Literal["javascript", "typescript"]
SECONDS = 20.0
"""CPU time of one parse."""
_TAG = re.compile(r"[a-z][a-z0-9._]*-[a-z0-9._-]*")
"""ASCII's part of https://html.spec.whatwg.org/multipage/custom-elements.html#valid-custom-element-name."""
_DEPRECATED = "@deprecated"
_TEXT_SHOWN = 200
_SKIPPED = 4
"""Comments and decorators between a comment and what it is about."""
_CALLS = """
(call_expression function: (_) @function arguments: (arguments . (string) @text . (_)? @second))
(new_expression constructor: (identifier) @constructor arguments: (arguments . (string) @name))
(class_declaration) @class
(class) @class
"""
_COMMENTS = "(comment) @comment"
_EVENTS = ("Event", "CustomEvent")
_TYPES = ("interface_declaration", "type_alias_declaration")
_NAMED = (
    "class_declaration",
    "abstract_class_declaration",
    "function_declaration",
    "function_signature",
    "generator_function_declaration",
    "enum_declaration",
    "interface_declaration",
    "type_alias_declaration",
    "internal_module",
    "variable_declarator",
    "method_definition",
    "method_signature",
    "abstract_method_signature",
    "field_definition",
    "public_field_definition",
    "property_signature",
    "pair",
)


@cache
def _language(grammar: Grammar) -> Language:
    if grammar == "typescript":
        return Language(tree_sitter_typescript.language_typescript())
    return Language(tree_sitter_javascript.language())


@cache
def _query(grammar: Grammar, text: str) -> Query:
    # To compile one takes as long as a parse of 20 KB.
    return Query(_language(grammar), text)


def script_surface(source: bytes, grammar: Grammar) -> Script | None:
    """What a script offers; None where a parse of it would cost too much."""
    root = parsed_tree(source, SECONDS, _language(grammar))
    if root is None:
        return None
    deprecated: tuple[Deprecated, ...] = ()
    if _DEPRECATED.encode() in source:
        comments = QueryCursor(_query(grammar, _COMMENTS)).captures(root).get("comment", [])
        deprecated = tuple(_deprecated(source, comments))
    exports = tuple(export for node in root.named_children for export in _exports(source, node))
    if grammar == "typescript":
        return Script(exports, (), {}, deprecated)
    elements, events = _calls(source, root)
    return Script(exports, elements, events, deprecated)


def _exports(source: bytes, node: Node) -> Iterator[Export]:
    if node.type != "export_statement":
        return
    line = node.start_point.row + 1
    origin = node.child_by_field_name("source")
    again = _string(source, origin) if origin is not None else None
    # `export type { A }` and `export type * from './a'`: the word stands before all else.
    types = any(child.type == "type" for child in node.children[:2])
    declaration = node.child_by_field_name("declaration")
    if any(child.type == "default" for child in node.children):
        value = node.child_by_field_name("value") or declaration
        named = value.child_by_field_name("name") if value is not None else None
        local = _text(source, value) if value is not None and value.type == "identifier" else _text(source, named)
        yield Export("default", line, local, None, declaration is not None and declaration.type in _TYPES)
        return
    if declaration is not None:
        yield from _declared(source, declaration)
    for child in node.children:
        if child.type == "export_clause":
            for specifier in child.named_children:
                if specifier.type == "export_specifier":
                    yield _specified(source, specifier, again, types)
        elif child.type == "namespace_export":
            yield Export(_name(source, child.named_children[-1]), line, "", again, types)
        elif child.type == STAR:
            yield Export(STAR, line, "", again, types)


def _specified(source: bytes, specifier: Node, again: str | None, types: bool) -> Export:
    words = [child for child in specifier.children if child.type not in ("as", "comment", "type")]
    only_type = types or any(child.type == "type" for child in specifier.children[:1])
    return Export(_name(source, words[-1]), specifier.start_point.row + 1, _name(source, words[0]), again, only_type)


def _declared(source: bytes, declaration: Node) -> Iterator[Export]:
    if declaration.type == "ambient_declaration":
        for child in declaration.named_children:
            yield from _declared(source, child)
        return
    line = declaration.start_point.row + 1
    name = declaration.child_by_field_name("name")
    if name is not None:
        text = _name(source, name)
        yield Export(text, line, text, None, declaration.type in _TYPES)
        return
    for declarator in declaration.named_children:
        bound = declarator.child_by_field_name("name")
        for identifier in _bound(bound) if bound is not None else ():
            text = _text(source, identifier)
            yield Export(text, identifier.start_point.row + 1, text)


def _bound(pattern: Node) -> Iterator[Node]:
    """The names that a pattern binds; nothing recurses."""
    waiting = [pattern]
    while waiting:
        node = waiting.pop()
        if node.type in ("identifier", "shorthand_property_identifier_pattern"):
            yield node
        elif node.type == "pair_pattern":
            value = node.child_by_field_name("value")
            waiting += [value] if value is not None else []
        elif node.type in ("assignment_pattern", "object_assignment_pattern"):
            left = node.child_by_field_name("left")
            waiting += [left] if left is not None else []
        else:
            waiting += reversed(node.named_children)


def _calls(source: bytes, root: Node) -> tuple[tuple[Element, ...], dict[str, int]]:
    defined: dict[str, tuple[int, Node | None]] = {}
    events: dict[str, int] = {}
    classes: dict[str, dict[str, int]] = {}
    found = (captures for _, captures in QueryCursor(_query("javascript", _CALLS)).matches(root))
    for captures in sorted(found, key=lambda captures: min(node.start_byte for (node,) in captures.values())):
        if "class" in captures:
            (node,) = captures["class"]
            if name := _text(source, node.child_by_field_name("name")) or _assigned_name(source, node):
                classes[name] = _observed(source, node)
        elif "constructor" in captures:
            (constructor,), (name_node,) = captures["constructor"], captures["name"]
            if _text(source, constructor) in _EVENTS:
                events.setdefault(_string(source, name_node), name_node.start_point.row + 1)
        else:
            (function,), (text,) = captures["function"], captures["text"]
            second = captures.get("second", [None])[0]
            tag = _string(source, text)
            if _TAG.fullmatch(tag) and _defines(source, function, second):
                defined.setdefault(tag, (text.start_point.row + 1, second))
    elements = []
    for tag, (line, given) in defined.items():
        inside = given is not None and given.type == "class"
        attributes = _observed(source, given) if given is not None and inside else classes.get(_text(source, given), {})
        elements.append(Element(tag, line, attributes))
    return tuple(elements), events


def _defines(source: bytes, function: Node, second: Node | None) -> bool:
    """Whether a call defines an element: `customElements.define(tag, Class)`, whatever a minifier calls the registry,
    or the decorator `customElement(tag)`."""
    if function.type == "member_expression":
        method = _text(source, function.child_by_field_name("property"))
        return method == "define" and second is not None and second.type in ("identifier", "class", "member_expression")
    return function.type == "identifier" and _text(source, function) == "customElement"


def _assigned_name(source: bytes, node: Node) -> str:
    """`A` of `const A = class {…}` and `A = class {…}`, also where one stands behind the other."""
    parent = node.parent
    while parent is not None and parent.type == "parenthesized_expression":
        parent = parent.parent
    if parent is None or parent.type not in ("variable_declarator", "assignment_expression"):
        return ""
    return _text(source, parent.child_by_field_name("name") or parent.child_by_field_name("left"))


def _observed(source: bytes, node: Node) -> dict[str, int]:
    """The texts of the array that `observedAttributes` of a class is or returns."""
    body = node.child_by_field_name("body")
    found: dict[str, int] = {}
    for member in body.named_children if body is not None else ():
        name = member.child_by_field_name("name") or member.child_by_field_name("property")
        if _text(source, name) != "observedAttributes":
            continue
        array = member.child_by_field_name("value")
        block = member.child_by_field_name("body")
        if block is not None:
            returned = [child for child in block.named_children if child.type == "return_statement"]
            array = next((child for child in returned[-1].named_children), None) if returned else None
        if array is not None and array.type == "array":
            for item in array.named_children:
                if item.type == "string":
                    found[_string(source, item)] = item.start_point.row + 1
    return found


def _deprecated(source: bytes, comments: list[Node]) -> Iterator[Deprecated]:
    for comment in sorted(comments, key=lambda node: node.start_byte):
        node: Node | None
        text = _text(source, comment)
        at = text.find(_DEPRECATED)
        if at < 0 or not text.startswith("/**"):
            continue
        node = comment.next_named_sibling
        # To find a sibling takes time that grows with their number.
        for _ in range(_SKIPPED):
            if node is not None and node.type in ("comment", "decorator"):
                node = node.next_named_sibling
        symbol = _symbol(source, node) if node is not None else ""
        if symbol:
            line = comment.start_point.row + 1 + text.count("\n", 0, at)
            yield Deprecated(symbol, line, _said(text[at + len(_DEPRECATED) :]))


def _said(text: str) -> str:
    """What follows `@deprecated` in a comment, up to its next tag."""
    words = []
    for line in text.removesuffix("*/").split("\n"):
        bare = line.strip().lstrip("*").strip()
        if bare.startswith("@"):
            break
        words.append(bare)
    return " ".join(" ".join(words).split())[:_TEXT_SHOWN]


def _symbol(source: bytes, node: Node) -> str:
    """What is declared at a node, with the class or the interface around it."""
    for _ in range(4):
        if node.type in _NAMED:
            break
        inner = node.child_by_field_name("declaration") or next(iter(node.named_children), None)
        if inner is None or node.type not in (
            "export_statement", "ambient_declaration", "lexical_declaration", "variable_declaration",
        ):  # fmt: skip
            return _text(source, node.child_by_field_name("left")) if node.type == "assignment_expression" else ""
        node = inner
    named = node.child_by_field_name("name") or node.child_by_field_name("property") or node.child_by_field_name("key")
    name = _name(source, named) if named is not None else ""
    body = node.parent
    if name and body is not None and body.type in ("class_body", "interface_body", "object_type"):
        around = body.parent.child_by_field_name("name") if body.parent is not None else None
        return f"{_text(source, around)}.{name}" if around is not None else name
    return name


def _name(source: bytes, node: Node) -> str:
    return _string(source, node) if node.type == "string" else _text(source, node)


def _string(source: bytes, node: Node) -> str:
    """Between its quotes, as written."""
    return _text(source, node)[1:-1]


def _text(source: bytes, node: Node | None) -> str:
    # `node.text` of a tree that was read in parts is read in parts again.
    return source[node.start_byte : node.end_byte].decode(errors="replace") if node is not None else ""
