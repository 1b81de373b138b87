import pytest

from edgeship.domain.releases.media_types import content_type


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("widget.js", "text/javascript; charset=utf-8"),
        ("a/b/WIDGET.MJS", "text/javascript; charset=utf-8"),
        ("style.css", "text/css; charset=utf-8"),
        ("page.html", "text/html; charset=utf-8"),
        ("data.json", "application/json"),
        ("icon.svg", "image/svg+xml"),
        ("core.wasm", "application/wasm"),
        ("font.woff2", "font/woff2"),
        ("LICENSE", "application/octet-stream"),
        ("v1.2/LICENSE", "application/octet-stream"),
        ("odd.xyz", "application/octet-stream"),
    ],
)
def test_content_type(path: str, expected: str) -> None:
    assert content_type(path) == expected
