"""Reads the syntax of scripts with tree-sitter's grammar of JavaScript. Nothing recurses.

tree-sitter takes about 65 bytes of memory for a byte of a minified script, and up to 450 for a hostile one. Its
recovery from errors may take minutes. Time is bounded here, memory in `parse_process`.
"""

from __future__ import annotations

import re
import time
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace

import tree_sitter_javascript
from tree_sitter import Language, Node, Parser

from edgeship.adapters.javascript.common_js import common_js
from edgeship.adapters.javascript.walking import FUNCTIONS, goto_next
from edgeship.domain.releases.entry import Syntax

MAX_DEPTH = 10_000
"""Brackets that are open at one place, strings and comments included."""
END_BYTES = 1024 * 1024
"""Of a script that is read at its ends only."""
WHOLE_SECONDS, ENDS_SECONDS = 8.0, 3.0
"""CPU time of one parse. The largest usual script takes 3."""
_CHUNK = 64 * 1024

# `import.meta` may have comments between its parts; this finds too much, never too little.
_META_OR_AWAIT = re.compile(rb"\bimport\s*[./]|\bawait\b")
_DYNAMIC_IMPORT = re.compile(rb"\bimport\s*[(/]")
_BRACKETS = re.compile(rb"[(\[{]+|[)\]}]+")
# The last statement of a bundle, as bundlers write it. A classic script can't end like this.
# What repeats gives nothing back, so the time is linear.
_EXPORT_AT_END = re.compile(
    rb"(?:^|[;}\s])export\s*+(?:\{[^{}\"'`]*+\}|default\s++[\w$]++)\s*+;?\s*+(?://[^\n]{0,1000}+\s*+)?\Z"
)
_STATEMENTS = {"import_statement": "an import statement", "export_statement": "an export statement"}
_LANGUAGE = Language(tree_sitter_javascript.language())


def whole_syntax(source: bytes) -> Syntax | None:
    """What a script's syntax says; None where a parse of it would cost too much."""
    root = parsed_tree(source, WHOLE_SECONDS)
    return _read(source, root, whole=True) if root else None


def ends_syntax(head: bytes, tail: bytes) -> Syntax:
    """What the first and the last bytes of a script say, at most `END_BYTES` each; it is not complete."""
    root = parsed_tree(head, ENDS_SECONDS)
    found = replace(_read(head, root, whole=False) if root else Syntax(None), complete=False)
    export = _EXPORT_AT_END.search(tail)
    if export is None:
        return found
    return replace(
        found,
        module_only=found.module_only or _STATEMENTS["export_statement"],
        default_export=found.default_export or b"default" in export[0],
    )


def parsed_tree(source: bytes, seconds: float, language: Language = _LANGUAGE) -> Node | None:
    """The root of the syntax tree, None where it would cost too much: more than `seconds` of CPU time."""
    if _is_deep(source):
        return None
    # Of this thread: others may put files meanwhile.
    limit = time.thread_time() + seconds

    def is_over(_: int, __: bool) -> bool:
        return time.thread_time() > limit

    def read(offset: int, _: object) -> bytes:
        return source[offset : offset + _CHUNK]

    try:
        tree = Parser(language).parse(read, encoding="utf8", progress_callback=is_over)
    except ValueError:  # is_over ended it
        return None
    return tree.root_node


def _read(source: bytes, root: Node, *, whole: bool) -> Syntax:
    statements = list(_import_and_export_statements(root))
    sources = [node.child_by_field_name("source") for node in statements]
    found = Syntax(
        _STATEMENTS[statements[0].type] if statements else None,
        _texts(source, [node for node in sources if node is not None]),
        _texts(source, _dynamic_imports(source, root)),
        any(_exports_default(source, node) for node in statements),
    )
    # Where the parser had to guess, an expression proves nothing.
    if statements or not whole or root.has_error:
        return found
    words = [match.start() for match in _META_OR_AWAIT.finditer(source)]
    module_only = _module_expression(source, root, words)
    return replace(found, module_only=module_only, common_js=None if module_only else common_js(source, root))


def _is_deep(source: bytes) -> bool:
    if sum(map(source.count, (b"(", b"[", b"{"))) <= MAX_DEPTH:
        return False
    depth = deepest = 0
    for match in _BRACKETS.finditer(source):
        length = match.end() - match.start()
        # A closing bracket too many is in a string or an error; it must not hide those that open later.
        depth = depth + length if source[match.start()] in b"([{" else max(0, depth - length)
        deepest = max(deepest, depth)
    return deepest > MAX_DEPTH


def _import_and_export_statements(root: Node) -> Iterator[Node]:
    """Those at the top level. An error node is no level of its own: it holds what was read before the error."""
    cursor = root.walk()
    if not cursor.goto_first_child():
        return
    while True:
        node = cursor.node
        assert node is not None
        if node.type in _STATEMENTS:
            yield node
        entered = node.is_error and cursor.goto_first_child()
        if not entered and not goto_next(cursor):
            return


def _exports_default(source: bytes, statement: Node) -> bool:
    if statement.type != "export_statement":
        return False
    for part in statement.children:
        if part.type == "default":
            return True
        specifiers = part.named_children if part.type == "export_clause" else [part]
        named = part.type in ("export_clause", "namespace_export")
        if named and any(_last_word(source, specifier) == b"default" for specifier in specifiers):
            return True
    return False


def _last_word(source: bytes, specifier: Node) -> bytes:
    """The name under which `a as b`, `a` or `* as a` exports."""
    last = specifier.children[-1] if specifier.children else specifier
    return source[last.start_byte : last.end_byte].strip(b"'\"")


def _dynamic_imports(source: bytes, root: Node) -> Iterator[Node]:
    """The specifiers of `import(…)` that are one string. Only nodes that contain such words are entered."""
    words = [match.start() for match in _DYNAMIC_IMPORT.finditer(source)]
    cursor = root.walk()
    while True:
        node = cursor.node
        assert node is not None
        first = bisect_left(words, node.start_byte)
        holds_word = first < len(words) and words[first] < node.end_byte
        if holds_word and cursor.field_name == "function" and node.type == "import" and node.parent is not None:
            arguments = node.parent.child_by_field_name("arguments")
            given = [n for n in arguments.named_children if n.type != "comment"] if arguments is not None else []
            if given and given[0].type in ("string", "template_string"):
                yield given[0]
        if not (holds_word and cursor.goto_first_child()) and not goto_next(cursor):
            return


def _module_expression(source: bytes, root: Node, words: list[int]) -> str | None:
    """`import.meta` anywhere or `await` outside of functions, in words. `words` are the offsets that may begin one.

    Only nodes that contain one of them are entered.
    """
    awaited, bound = False, False
    functions: list[int] = []
    """The ends of the functions around the cursor."""
    cursor = root.walk()
    while True:
        node = cursor.node
        assert node is not None
        while functions and functions[-1] <= node.start_byte:
            functions.pop()
        first = bisect_left(words, node.start_byte)
        holds_word = first < len(words) and words[first] < node.end_byte
        if holds_word and node.type == "meta_property":
            return "import.meta"
        if holds_word and not functions:
            # The grammar reads `await (x)` as a call of a function `await`.
            called = cursor.field_name == "function"
            awaited = awaited or node.type == "await" or (called and _is_await(source, node))
            # A classic script may name a variable or a function like that.
            bound = bound or (not called and _is_await(source, node))
        if node.type in FUNCTIONS:
            name = node.child_by_field_name("name")
            bound = bound or (holds_word and not functions and name is not None and _is_await(source, name))
            functions.append(node.end_byte)
        if not (holds_word and cursor.goto_first_child()) and not goto_next(cursor):
            return "a top-level await" if awaited and not bound else None


def _is_await(source: bytes, node: Node) -> bool:
    return node.type == "identifier" and source[node.start_byte : node.end_byte] == b"await"


def _texts(source: bytes, strings: Iterable[Node]) -> tuple[str, ...]:
    """What is between their quotes, each once. One that has escapes or `${…}`, or is not UTF-8, is left out."""
    found: dict[str, None] = {}
    for string in strings:
        quoted = source[string.start_byte : string.end_byte]
        if b"\\" not in quoted and not (quoted[:1] == b"`" and b"${" in quoted):
            with suppress(UnicodeDecodeError):
                found[quoted[1:-1].decode()] = None
    return tuple(found)
