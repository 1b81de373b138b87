"""Whatever it wraps, with its calls written down: what something costs."""

from __future__ import annotations

from typing import Any


def counted(wrapped: Any, calls: list[str]) -> Any:
    """`wrapped`, noting each call of its methods."""

    class Counted:
        def __getattr__(self, name: str) -> Any:
            method = getattr(wrapped, name)
            if not callable(method):
                return method

            def call(*args: Any, **kwargs: Any) -> Any:
                calls.append(name)
                return method(*args, **kwargs)

            return call

    return Counted()
