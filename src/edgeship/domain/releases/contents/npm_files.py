"""Which files npm publishes of a package, as rules that npm-packlist has: `files` of `package.json` and what npm adds.

https://docs.npmjs.com/cli/configuring-npm/package-json#files, https://github.com/npm/npm-packlist.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from edgeship.domain.naming import UPLOADED_MANIFEST_NAME
from edgeship.domain.provenance.locked import SBOM_PATH

EntryKindOf = Callable[[str], Literal["file", "folder"] | None]
"""What lies at a path of the package; None where nothing does."""

ALWAYS_PACKED = (
    "/package.json",
    f"/{UPLOADED_MANIFEST_NAME}",
    f"/{SBOM_PATH}",
    *(f"/{name}{{,.*[^~$]}}" for name in ("readme", "copying", "license", "licence")),
)
NEVER_PACKED = (
    "/node_modules",
    ".npmrc",
    *(f"/{name}" for name in ("package-lock.json", "yarn.lock", "pnpm-lock.yaml", "bun.lockb")),
)
NEVER_NESTED = (
    *(".npmignore", ".gitignore", ".npmrc", ".DS_Store", "._*", ".*.swp", "*.orig", "npm-debug.log"),
    *(".git", ".svn", ".hg", "CVS"),
)
"""Names that npm leaves out below the top folder, whatever lists their folder."""


@dataclass(frozen=True)
class Rule:
    """A glob pattern of minimatch, without regard to case; one without a slash means a name at any depth. A path that
    matches is packed, or is not, unless a later rule says otherwise."""

    pattern: str
    packs: bool


def packed_rules(files: Iterable[str], required: Iterable[str], kind_of: EntryKindOf) -> list[Rule]:
    """The rules of `files`; the last that matches a path counts. `required` are packed whatever `files` says.

    A file that is listed by its own name is packed even if a pattern takes it out again.
    """
    by_pattern: list[Rule] = []
    by_name: list[Rule] = []
    for written in files:
        path = written[1:] if written.startswith("./") else written
        path = f"{path}*" if path.endswith("/*") else path
        pattern = path.lstrip("!")
        packs = (len(path) - len(pattern)) % 2 == 0
        match kind_of(pattern):
            case "file":
                by_name.insert(0, Rule(pattern, packs))
            case "folder":
                by_pattern += [Rule(pattern, packs), Rule(f"{pattern.rstrip('/')}/**", packs)]
            case None:
                by_pattern.append(Rule(pattern, packs))
    return [
        Rule("*", packs=False),
        *by_pattern,
        *by_name,
        *(Rule(pattern, packs=True) for pattern in ALWAYS_PACKED),
        *(Rule(pattern, packs=False) for pattern in NEVER_PACKED),
        *(Rule(f"/{path.removeprefix('./').lstrip('/')}", packs=True) for path in required),
    ]
