"""What makes a file no whole archive."""

from __future__ import annotations


class Damaged(Exception):
    """The bytes break the format's rules; the message says which rule, and where."""
