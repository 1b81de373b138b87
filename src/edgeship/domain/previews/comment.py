"""The comment on a pull request that says where its preview is, and how it differs from what is stable: Markdown.

Names of files and exports are those of an unreviewed build: they stand in code spans, which they can't leave.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from edgeship.domain.plain_text import printable, size
from edgeship.domain.previews.comparison import Comparison
from edgeship.domain.previews.preview import Preview
from edgeship.domain.previews.preview_name import moving_path
from edgeship.domain.releases.entry import Kind

_TAGS = {
    Kind.MODULE: '<script type="module" src="{url}"></script>',
    Kind.CLASSIC: '<script src="{url}"></script>',
    Kind.STYLE: '<link rel="stylesheet" href="{url}">',
}


def preview_url(site_url: str, widget: str, preview: Preview) -> str:
    """The URL of its entrypoint, whatever its build."""
    return f"{site_url}{moving_path(widget, preview.name)}{quote(preview.entrypoint)}"


def comment(site_url: str, widget: str, preview: Preview) -> str:
    """The first line is invisible, and the same in each comment of this preview: by it, the next one replaces it."""
    return "\n".join(_lines(site_url, widget, preview)) + "\n"


def marker(widget: str, name: str) -> str:
    return f"<!-- edgeship preview {widget} {name} -->"


def _lines(site_url: str, widget: str, preview: Preview) -> Iterator[str]:
    url = preview_url(site_url, widget, preview)
    yield marker(widget, preview.name)
    yield f"**Preview of {widget}: {preview.name}**"
    yield ""
    yield url
    if tag := _TAGS.get(preview.entry.kind):
        yield from ("", "```html", tag.format(url=url), "```")
    yield ""
    yield from _sizes(preview)
    yield ""
    yield from _surface(preview.comparison)
    yield ""
    commit = f"Commit {_code(preview.git_commit)}. " if preview.git_commit else ""
    yield f"{commit}Expires at {preview.until[:16].replace('T', ' ')} UTC."


def _sizes(preview: Preview) -> Iterator[str]:
    stable = preview.comparison
    if stable is None:
        yield f"{_files(preview.files)}, {size(preview.total_bytes)}. No release is stable to compare it with."
        return
    yield f"| | this build | {stable.check.against} (stable) | change |"
    yield "|---|---|---|---|"
    yield _row(_files(preview.files), preview.total_bytes, stable.total_bytes)
    yield _row(_code(preview.entrypoint).replace("|", "\\|"), preview.entry_bytes, stable.entry_bytes)


def _files(count: int) -> str:
    return f"{count} file{'' if count == 1 else 's'}"


def _row(what: str, new: int, old: int | None) -> str:
    if old is None:
        return f"| {what} | {size(new)} | | |"
    sign = "+" if new > old else "-" if new < old else ""
    percent = f" ({sign}{abs(new - old) / old:.1%})" if old else ""
    return f"| {what} | {size(new)} | {size(old)} | {sign}{size(abs(new - old))}{percent} |"


def _surface(comparison: Comparison | None) -> Iterator[str]:
    if comparison is None:
        return
    check = comparison.check
    if check.not_compared is not None:
        yield f"API: not compared with {check.against}: {_code(check.not_compared)}."
    elif not check.findings:
        yield f"API: the same as in {check.against}."
    else:
        yield f"API: compared with {check.against}, the next release is {check.bump}."
        yield ""
        yield from (f"- {_code(finding)}" for finding in check.findings)
        if check.count > len(check.findings):
            yield f"- and {check.count - len(check.findings)} more"


def _code(text: str) -> str:
    return f"`{printable(text).replace('`', chr(39))}`"
