"""edgeship artifact: the archive of a build, as publish uploads it."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edgeship.cli import context
from edgeship.cli.errors import Usage
from edgeship.cli.options import EnvOption, JsonOption
from edgeship.cli.output import plain, table
from edgeship.cli.provenance.signatures import SignOption, signature_beside
from edgeship.cli.releases.build_options import (
    BuildArguments,
    BuildOption,
    ChangesOption,
    CommitOption,
    CreatedOption,
    DistArgument,
    EntrypointOption,
    ExcludeOption,
    FollowOption,
    KindOption,
    SbomOption,
    VersionOption,
    WidgetOption,
    limits_of_named,
    read_build,
)
from edgeship.cli.releases.dry_run import renamed_files, renamed_lines
from edgeship.cli.releases.release_name import ReleaseName
from edgeship.domain.naming import UploadKey
from edgeship.domain.plain_text import quoted, size
from edgeship.domain.provenance.locked import SBOM_PATH
from edgeship.domain.releases.bundle_warnings import shortened
from edgeship.domain.releases.manifest import CHANGE_KINDS
from edgeship.resource_names import SIGNATURE_METADATA

if TYPE_CHECKING:
    from rich.console import RenderableType

    from edgeship.application.releases.pack_bundle import Packed
    from edgeship.domain.provenance.envelope import Envelope

WARNINGS_SHOWN = 5


def artifact(
    ctx: typer.Context,
    dist: DistArgument = None,
    to: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="The archive to write, a .tar.gz file. Default: none."),
    ] = None,
    build: BuildOption = None,
    widget: WidgetOption = None,
    version: VersionOption = None,
    entrypoint: EntrypointOption = None,
    kind: KindOption = None,
    git_commit: CommitOption = None,
    created_at: CreatedOption = None,
    changes: ChangesOption = None,
    exclude: ExcludeOption = None,
    follow_symlinks: FollowOption = False,
    sbom: SbomOption = None,
    sign: SignOption = None,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Pack a folder, or an archive, as publish does, and show what is in it. Nothing is uploaded.

    The same build gives the same bytes on every machine: compare the SHA-256. An archive that this wrote says its own
    widget and version, and publish uploads exactly its bytes. A named environment's limits count; AWS is not needed.
    With --sign, the signature is written beside it, as FILE.sig.json, and publish takes it along.

    Example:

        edgeship artifact dist -o checkout-1.4.2.tar.gz
    """
    from edgeship.bootstrap.commands import packing
    from edgeship.bootstrap.commands.signing import signing

    out = context.output(ctx, as_json)
    given = BuildArguments(
        dist, build, widget, version, entrypoint, kind, git_commit, created_at, changes, exclude, follow_symlinks, sbom
    )
    if to is not None:
        _check_target(to)
    elif sign is not None:
        raise Usage("--sign has no file to write the signature beside.", "Give -o FILE; or sign at publish --sign.")
    seal = signing(sign) if sign is not None else None
    with read_build(given) as found, TemporaryDirectory(prefix="edgeship-") as scratch:
        if to is not None and found.dist.is_dir() and to.resolve().is_relative_to(found.dist.resolve()):
            raise Usage(f"--output: {to} lies in {found.dist}, and would be packed the next time.", "Write it beside.")
        key = UploadKey(found.name.widget, found.name.version, ".tar.gz")
        pack = packing.build(limits_of_named(ctx, env, out))
        archive, packed = pack(found.folder, key, found.facts, Path(scratch))
        envelope = seal(packed) if seal is not None else None
        if to is not None:
            _write(archive, to, envelope)
    for text in shortened(packed.warnings, WARNINGS_SHOWN):
        out.warning(text)
    document = _document(packed, found.name, to, envelope)
    out.result(document, _shown(document, found.name))


def _check_target(to: Path) -> None:
    if not to.name.endswith((".tar.gz", ".tgz")):
        raise Usage(f"--output: {quoted(to.name)} is no .tar.gz file.", "Name it so; publish knows archives by it.")
    if not to.parent.is_dir():
        raise Usage(f"--output: there is no folder {to.parent}.", "Make it first.")


def _write(archive: Path, to: Path, envelope: Envelope | None) -> None:
    """A file that is there is replaced, by a whole one. The signature of another archive does not stay beside it."""
    partial, beside = to.with_name(to.name + ".part"), signature_beside(to)
    try:
        shutil.copyfile(archive, partial)
        beside.unlink(missing_ok=True)
        partial.replace(to)
    finally:
        partial.unlink(missing_ok=True)
    if envelope is not None:
        beside.write_text(envelope.to_json() + "\n", "utf-8")


def _document(packed: Packed, name: ReleaseName, to: Path | None, envelope: Envelope | None) -> dict[str, Any]:
    manifest = packed.manifest
    return {
        "widget": name.widget,
        "version": str(name.version),
        "widget_from": name.widget_from,
        "version_from": name.version_from,
        "file": str(to) if to else None,
        "archive_bytes": packed.archive_bytes,
        "archive_sha256": packed.archive_sha256,
        "signature": {
            "file": str(signature_beside(to)),
            "key_id": envelope.signatures[0].key_id,
            "metadata": f"{SIGNATURE_METADATA}={envelope.carried}",
        }
        if to is not None and envelope is not None
        else None,
        "sbom": SBOM_PATH if SBOM_PATH in packed.withheld else None,
        "digest": manifest.digest,
        "entrypoint": manifest.entrypoint,
        "kind": manifest.kind,
        "git_commit": manifest.git_commit,
        "created_at": manifest.created_at or None,
        "changes": {kind: list(manifest.changes.get(kind, ())) for kind in CHANGE_KINDS},
        "total_bytes": manifest.total_bytes,
        "files": [
            {"path": path, "size": e.size, "sha256": e.sha256, "sri": e.sri, "content_type": e.content_type}
            for path, e in sorted(manifest.files.items())
        ],
        "withheld": list(packed.withheld),
        "excluded": list(packed.excluded),
        "renamed": renamed_files(packed.renamed),
        "warnings": [{"code": w.code, "file": w.path, "text": w.text} for w in packed.warnings],
    }


def _shown(document: dict[str, Any], name: ReleaseName) -> list[RenderableType]:
    files = document["files"]
    head = [
        *name.from_package,
        f"{document['file'] or 'not written (-o FILE writes it)'}: {size(document['archive_bytes'])}",
        f"sha256: {document['archive_sha256']}",
        *([f"signature: {document['signature']['file']}"] if document["signature"] else []),
        f"entrypoint: {document['entrypoint']} ({document['kind']})",
        f"commit: {document['git_commit'] or '-'}, built: {document['created_at'] or '-'}",
    ]
    rows = [(f["path"], size(f["size"]), f["content_type"], f["sri"]) for f in files]
    title = f"{name.widget} {name.version}: {len(files)} public files, {size(document['total_bytes'])}"
    tail = [
        *(f"not public, but kept in the archive: {path}" for path in document["withheld"]),
        *(f"excluded, so not in the archive: {path}" for path in document["excluded"]),
        *renamed_lines(document),
        *(f"{kind}, public in the manifest: {text}" for kind, texts in document["changes"].items() for text in texts),
    ]
    shown: list[RenderableType] = [plain("\n".join(head)), table(title, ("file", "size", "type", "sri"), rows)]
    return [*shown, plain("\n".join(tail))] if tail else shown
