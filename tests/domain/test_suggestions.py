from __future__ import annotations

import pytest

from edgeship.domain.suggestions import suggestion


@pytest.mark.parametrize(
    ("name", "known", "text"),
    [
        ("chekout", ["cart", "checkout"], "Did you mean checkout? All: all."),
        ("1.1.1", ["2.0.0", "1.1.0"], "Did you mean 1.1.0? All: all."),
        ("zzz", ["a", "b"], "Known: a, b."),
        ("zzz", [f"w{n}" for n in range(12)], "Known: w0, w1, w2, w3, w4, w5, w6, w7, w8, w9, and 2 more: all."),
        ("zzz", [], ""),
    ],
)
def test_what_was_probably_meant(name: str, known: list[str], text: str) -> None:
    assert suggestion(name, known, "all") == text
