import mimetypes

import pytest

from edgeship.domain.releases.media_types import DEFAULT, content_type
from tests.domain.releases import write_media_types


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
        ("odd.unknown", "application/octet-stream"),
    ],
)
def test_content_type(path: str, expected: str) -> None:
    assert content_type(path) == expected


# MDN's "Common media types" (https://developer.mozilla.org/docs/Web/HTTP/Guides/MIME_types/Common_types), where neither
# IANA's registry nor the WHATWG's MIME Sniffing standard says otherwise.
COMMON = """
aac audio/aac; apng image/apng; avif image/avif; bmp image/bmp; css text/css; csv text/csv; epub application/epub+zip
gif image/gif; htm text/html; html text/html; ics text/calendar; jpeg image/jpeg; jpg image/jpeg; js text/javascript
json application/json; jsonld application/ld+json; mid audio/midi; midi audio/midi; mjs text/javascript; mp3 audio/mpeg
mp4 video/mp4; mpeg video/mpeg; ogv video/ogg; oga audio/ogg; ogx application/ogg; otf font/otf; png image/png
pdf application/pdf; rtf text/rtf; svg image/svg+xml; tif image/tiff; tiff image/tiff; ts video/mp2t; ttf font/ttf
txt text/plain; wav audio/wav; weba audio/webm; webm video/webm; webp image/webp; woff font/woff; woff2 font/woff2
xhtml application/xhtml+xml; zip application/zip; 3gp video/3gpp; 3g2 video/3gpp2; 7z application/x-7z-compressed
gltf model/gltf+json; glb model/gltf-binary; jxl image/jxl; heic image/heic; mpd application/dash+xml
ttc font/collection; m3u8 application/vnd.apple.mpegurl; wasm application/wasm; atom application/atom+xml
webmanifest application/manifest+json
"""


@pytest.mark.parametrize("entry", [entry.strip() for line in COMMON.split("\n") for entry in line.split(";") if entry])
def test_common_types_of_the_web(entry: str) -> None:
    extension, name = entry.split()
    assert content_type(f"a.{extension.upper()}") in (name, f"{name}; charset=utf-8")


def test_no_font_image_or_video_that_python_knows_is_another_kind_of_file_here() -> None:
    known = mimetypes.MimeTypes(filenames=()).types_map[1]
    for extension, name in known.items():
        kind = content_type(f"a{extension}").partition("/")[0]
        if name.partition("/")[0] in ("font", "image", "video"):
            assert kind == name.partition("/")[0] or content_type(f"a{extension}") == DEFAULT, extension


@pytest.mark.nightly
def test_the_table_is_the_one_of_its_source() -> None:
    """If not: `python -m tests.domain.releases.write_media_types`."""
    table = write_media_types.table(write_media_types.chosen(write_media_types.database()))
    assert write_media_types.TABLE.read_text() == table
