"""Changes of flags, printed."""

from __future__ import annotations

from edgeship.cli.output import Output, plain
from edgeship.domain.flags.records.change_text import change_document, change_lines
from edgeship.domain.flags.records.flag_record import FlagChange


def show(out: Output, changes: list[FlagChange], *, dry_run: bool) -> None:
    """Print them, as text or under `--json`."""
    shown = change_lines(changes) or ["nothing to do"]
    if dry_run:
        out.note("dry run: nothing is applied")
    out.result({"dry_run": dry_run, "changes": change_document(changes)}, [plain(line) for line in shown])
