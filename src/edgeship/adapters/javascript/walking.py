"""Walking a syntax tree with a cursor: nothing recurses, however deep the tree is."""

from __future__ import annotations

from tree_sitter import TreeCursor

FUNCTIONS = frozenset(
    {
        "function_declaration",
        "function_expression",
        "generator_function_declaration",
        "generator_function",
        "arrow_function",
        "method_definition",
        "field_definition",
        "class_static_block",
    }
)
"""What does not run when the program around it does, or has an `await` of its own."""


def goto_next(cursor: TreeCursor) -> bool:
    """Move to the node that follows, outside of the current one; False at the end of the tree."""
    while not cursor.goto_next_sibling():
        if not cursor.goto_parent():
            return False
    return True
