from __future__ import annotations

import pytest

from edgeship.domain.releases.contents.siblings import Sibling, served, siblings

BR, GZ = Sibling("a.js.br", "a.js", "br"), Sibling("a.js.gz", "a.js", "gzip")


@pytest.mark.parametrize(
    ("paths", "found"),
    [
        (["a.js", "a.js.br", "a.js.gz"], [BR, GZ]),
        (["a.js.br", "b.js", ".br", "x/.gz"], []),
        (["a.js", "a.js.br", "a.js.br.gz"], [BR]),
        (["a.js", "x/a.js.gz"], []),
        ([], []),
    ],
)
def test_a_sibling_has_its_original_beside_it(paths: list[str], found: list[Sibling]) -> None:
    assert list(siblings(paths)) == found


@pytest.mark.parametrize(
    ("found", "sizes", "expected"),
    [
        ([BR, GZ], {"a.js.br": 1, "a.js.gz": 2}, {"br-gzip": BR, "br": BR, "gzip": GZ}),
        ([BR, GZ], {"a.js.br": 2, "a.js.gz": 1}, {"br-gzip": GZ, "br": BR, "gzip": GZ}),
        ([BR, GZ], {"a.js.br": 1, "a.js.gz": 1}, {"br-gzip": BR, "br": BR, "gzip": GZ}),
        ([BR], {"a.js.br": 1}, {"br-gzip": BR, "br": BR}),
        ([GZ], {"a.js.gz": 1}, {"br-gzip": GZ, "gzip": GZ}),
        ([], {}, {}),
    ],
)
def test_each_viewer_gets_the_smallest_that_it_takes(
    found: list[Sibling], sizes: dict[str, int], expected: dict[str, Sibling]
) -> None:
    assert dict(served(found, sizes)) == expected
