"""edgeship publish --dry-run: what would be uploaded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from edgeship.cli.output import Output, plain
from edgeship.cli.releases.release_name import ReleaseName
from edgeship.domain.naming import UploadKey
from edgeship.domain.plain_text import size
from edgeship.domain.releases.bundle_warnings import shortened
from edgeship.domain.releases.contents.release_paths import BUNDLER_MANIFEST_NAME
from edgeship.domain.releases.manifest import CHANGE_KINDS

if TYPE_CHECKING:
    from edgeship.application.releases.pack_bundle import BundleFacts
    from edgeship.domain.releases.limits import Limits

WARNINGS_SHOWN = 5


def show_bundle(out: Output, folder: Path, name: ReleaseName, facts: BundleFacts, limits: Limits) -> None:
    """Pack the folder and check it as an upload would be, then print what is in it. Nothing of AWS is called.

    Raises:
        Refused: with the code that the upload would get.
    """
    from edgeship.bootstrap.commands import packing

    key = UploadKey(name.widget, name.version, ".tar.gz")
    with TemporaryDirectory(prefix="edgeship-") as scratch:
        _, packed = packing.build(limits)(folder, key, facts, Path(scratch))
    manifest = packed.manifest
    document = {
        "widget": key.widget,
        "version": str(key.version),
        "widget_from": name.widget_from,
        "version_from": name.version_from,
        "key": str(key),
        "dry_run": True,
        "digest": manifest.digest,
        "entrypoint": manifest.entrypoint,
        "kind": manifest.kind,
        "files": {path: entry.size for path, entry in sorted(manifest.files.items())},
        "archive_bytes": packed.archive_bytes,
        "warnings": [{"code": w.code, "file": w.path, "text": w.text} for w in packed.warnings],
        "withheld": list(packed.withheld),
        "excluded": list(packed.excluded),
        "renamed": renamed_files(packed.renamed),
        "changes": {kind: list(manifest.changes.get(kind, ())) for kind in CHANGE_KINDS},
    }
    for text in shortened(packed.warnings, WARNINGS_SHOWN):
        out.warning(text)
    out.result(document, [plain("\n".join([*name.from_package, *_lines(document)]))])


def _lines(document: dict[str, Any]) -> Iterator[str]:
    files = document["files"]
    yield (
        f"{document['widget']} {document['version']} would be uploaded: {len(files)} files, "
        f"{size(sum(files.values()))}, packed {size(document['archive_bytes'])}"
    )
    yield f"entrypoint: {document['entrypoint']} ({document['kind']})"
    yield from (f"    {path}  {size(length)}" for path, length in files.items())
    yield from (f"not public, but kept in the archive: {path}" for path in document["withheld"])
    yield from (f"excluded, so not in the archive: {path}" for path in document["excluded"])
    yield from renamed_lines(document)
    for kind, texts in document["changes"].items():
        yield from (f"{kind}, public in the manifest: {text}" for text in texts)
    yield "nothing was uploaded"


def renamed_files(manifest: str) -> list[dict[str, str]]:
    """What is published under another name than the bundle has it: its own `manifest.json`, if there is one."""
    return [{"file": manifest, "published_as": BUNDLER_MANIFEST_NAME}] if manifest else []


def renamed_lines(document: dict[str, Any]) -> Iterator[str]:
    for each in document["renamed"]:
        yield f"{each['file']} is published as {each['published_as']}: manifest.json is the release's own"
