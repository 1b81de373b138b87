"""What a release is refused for: a work tree, a branch or a remote that would make it another than it seems."""

from __future__ import annotations

from collections.abc import Collection

from edgeship.application.versioning.ports import Repository, WorkTree
from edgeship.domain.errors import Refused
from edgeship.domain.plain_text import quoted

_SHOWN = 5


def check_branch(tree: WorkTree) -> str:
    """The branch that HEAD is on.

    Raises:
        Refused: `detached_head`, `busy_tree`.
    """
    if tree.busy is not None:
        raise Refused("busy_tree", f"The work tree is in {tree.busy}.", "Complete it or abort it first.")
    if tree.branch is None:
        raise Refused(
            "detached_head",
            "HEAD is on no branch, so a commit or a tag could be lost.",
            "Check out the branch: git switch BRANCH.",
        )
    return tree.branch


def check_clean(tree: WorkTree, besides: Collection[str] = ()) -> None:
    """Raises:
    Refused: `dirty_tree`: tracked files have changes that are not committed.
    """
    changed = [path for path in tree.changed if path not in besides]
    if changed:
        more = f" and {len(changed) - _SHOWN} more" if len(changed) > _SHOWN else ""
        raise Refused(
            "dirty_tree",
            f"The work tree has changes that are not committed: {', '.join(map(quoted, changed[:_SHOWN]))}{more}.",
            "Commit or stash them; git restore undoes those of an interrupted bump.",
        )


def check_whole(tree: WorkTree) -> None:
    """Raises:
    Refused: `shallow_clone`.
    """
    if tree.shallow:
        raise Refused(
            "shallow_clone",
            "This clone is shallow, so commits and tags since the last release may be missing.",
            "Run git fetch --unshallow --tags; for actions/checkout, set fetch-depth: 0.",
        )


def check_remote_tag(repository: Repository, tag: str, commit: str | None) -> str | None:
    """The remote, if there is one; its tag of this name has to name `commit`.

    Raises:
        Refused: `tag_exists`, `remote_unreachable`.
    """
    remote = repository.remote()
    there = repository.remote_tag(remote, tag) if remote is not None else None
    if there is not None and there != commit:
        raise Refused(
            "tag_exists",
            f"The remote {quoted(remote or '')} has {tag} already, at {there[:10]}.",
            "Run git fetch --tags, then see which version follows: edgeship version next.",
        )
    return remote
