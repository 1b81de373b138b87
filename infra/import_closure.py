"""What a module imports, and what that imports in turn: read from the source, nothing is executed."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath


class UnknownModule(Exception):
    """A first-party import names no file."""


@dataclass(frozen=True)
class Closure:
    """`sources`: first-party files by their path in a bundle. `third_party`: top-level names of all other imports."""

    sources: Mapping[str, Path]
    third_party: frozenset[str]


def import_closure(entry: str, packages: Mapping[str, Path]) -> Closure:
    """Follow the imports of module `entry`, anywhere in a file but under `if TYPE_CHECKING:`.

    `packages` gives the folder of each first-party top-level package. Importing `a.b.c` runs `a/__init__.py` and
    `a/b/__init__.py`, so these belong to the closure. Names handed to `importlib` are invisible here.

    Raises:
        UnknownModule: the entry, or a first-party import, has no source file.
    """
    sources: dict[str, Path] = {}
    third_party: set[str] = set()
    pending = [entry]
    seen: set[str] = set()
    while pending:
        module = pending.pop()
        if module in seen:
            continue
        seen.add(module)
        top, _, rest = module.partition(".")
        if top not in packages:
            if top not in sys.stdlib_module_names:
                third_party.add(top)
            continue
        if rest:
            pending.append(module.rpartition(".")[0])
        location, is_package = _locate(module, packages)
        if location is None:
            raise UnknownModule(f"{module}: no such module under {packages[top]}")
        sources[_bundle_path(module, is_package)] = location
        package = module if is_package else module.rpartition(".")[0]
        pending.extend(_imports(_executed_imports(location.read_bytes(), str(location)), package, packages))
    return Closure(sources, frozenset(third_party))


def _locate(module: str, packages: Mapping[str, Path]) -> tuple[Path | None, bool]:
    top, _, rest = module.partition(".")
    base = packages[top].joinpath(*rest.split(".")) if rest else packages[top]
    if (init := base / "__init__.py").is_file():
        return init, True
    if rest and (file := base.with_name(base.name + ".py")).is_file():
        return file, False
    return None, False


def _bundle_path(module: str, is_package: bool) -> str:
    path = PurePosixPath(*module.split("."))
    return str(path / "__init__.py" if is_package else path.with_name(path.name + ".py"))


@cache
def _executed_imports(source: bytes, name: str) -> tuple[ast.Import | ast.ImportFrom, ...]:
    """Most functions share their modules: each is parsed once."""
    tree = ast.parse(source, filename=name)
    return tuple(node for node in _executed(tree) if isinstance(node, ast.Import | ast.ImportFrom))


def _imports(
    nodes: tuple[ast.Import | ast.ImportFrom, ...], package: str, packages: Mapping[str, Path]
) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        else:
            base = node.module or ""
            if node.level:
                parents = package.split(".")
                base = ".".join([*parents[: len(parents) - node.level + 1], *([node.module] if node.module else [])])
            yield base
            if base.partition(".")[0] in packages:
                # `from package import name` imports package.name when that is a module.
                names = (f"{base}.{alias.name}" for alias in node.names)
                yield from (name for name in names if _locate(name, packages)[0] is not None)


def _executed(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and _is_type_checking(node.test):
            for other in node.orelse:
                yield other
                yield from _executed(other)
            continue
        yield node
        yield from _executed(node)


def _is_type_checking(test: ast.expr) -> bool:
    name = test.attr if isinstance(test, ast.Attribute) else test.id if isinstance(test, ast.Name) else ""
    return name == "TYPE_CHECKING"
