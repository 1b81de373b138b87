"""A git repository, through `git` itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from edgeship.adapters.git.conventional_commits import parsed_messages
from edgeship.adapters.git.running import git_output, run_git
from edgeship.application.versioning.ports import WorkTree
from edgeship.domain.errors import Refused
from edgeship.domain.plain_text import quoted
from edgeship.domain.versioning.commits import Commit

_BUSY = {
    "MERGE_HEAD": "a merge",
    "CHERRY_PICK_HEAD": "a cherry-pick",
    "REVERT_HEAD": "a revert",
    "rebase-merge": "a rebase",
    "rebase-apply": "a rebase",
    "BISECT_LOG": "a bisect",
}


class GitRepository:
    """The `Repository` port, for the repository that a folder lies in."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def work_tree(self) -> WorkTree:
        root = self._root
        head = run_git(root, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
        branch = run_git(root, "symbolic-ref", "--quiet", "--short", "HEAD")
        shallow = git_output(root, "rev-parse", "--is-shallow-repository").text == "true"
        return WorkTree(
            root=root,
            head=head.text if head.code == 0 else None,
            branch=branch.text if branch.code == 0 else None,
            shallow=shallow,
            changed=tuple(self._changed(root)),
            busy=self._busy(root),
        )

    def tags(self, merged: bool) -> list[str]:
        which = ("--merged", "HEAD") if merged else ()
        listed = git_output(self._folder, "for-each-ref", "--format=%(refname:strip=2)", *which, "refs/tags")
        return [name for name in listed.text.split("\n") if name]

    def tag_commit(self, name: str) -> tuple[str, bool] | None:
        found = run_git(self._folder, "rev-parse", "--verify", "--quiet", f"refs/tags/{name}^{{commit}}")
        if found.code:
            return None
        kind = git_output(self._folder, "cat-file", "-t", f"refs/tags/{name}").text
        return found.text, kind == "tag"

    def commits(self, since: str | None, folder: str) -> list[Commit]:
        span = [f"refs/tags/{since}..HEAD"] if since else ["HEAD"]
        listed = git_output(
            self._root, "log", "-z", "--topo-order", "--encoding=UTF-8", "--no-show-signature", "--no-notes",
            "--format=%H%n%B", *span, "--", *([folder] if folder else []),
        )  # fmt: skip
        named = [record.partition("\n") for record in listed.out.decode(errors="replace").split("\0") if record]
        if not named:
            return []
        parsed = parsed_messages(self._root, self._commit_of(since) if since else None)
        return [_commit(sha, message, parsed.get(sha, {})) for sha, _, message in named]

    def count(self, since: str | None) -> int:
        span = f"refs/tags/{since}..HEAD" if since else "HEAD"
        return int(git_output(self._root, "rev-list", "--count", span).text)

    def committed(self, path: str) -> bytes | None:
        found = run_git(self._root, "cat-file", "--filters", f"HEAD:{path}")
        return found.out if found.code == 0 else None

    def commit(self, paths: Sequence[str], message: str) -> str:
        root = self._root
        git_output(root, "add", "--", *paths)
        git_output(root, "commit", "--quiet", "--file=-", "--cleanup=verbatim", "--", *paths, stdin=message.encode())
        return git_output(root, "rev-parse", "HEAD").text

    def tag(self, name: str, message: str) -> None:
        git_output(
            self._root, "tag", "--annotate", "--file=-", "--cleanup=verbatim", "--", name, stdin=message.encode()
        )

    def remote(self) -> str | None:
        root = self._root
        branch = run_git(root, "symbolic-ref", "--quiet", "--short", "HEAD")
        followed = run_git(root, "config", "--get", f"branch.{branch.text}.remote") if branch.code == 0 else None
        names = git_output(root, "remote").text.split("\n")
        if followed is not None and followed.code == 0 and followed.text in names:
            return followed.text
        if "origin" in names:
            return "origin"
        return names[0] if len(names) == 1 and names[0] else None

    def remote_tag(self, remote: str, name: str) -> str | None:
        listed = run_git(
            self._root, "ls-remote", "--quiet", "--", remote, f"refs/tags/{name}", f"refs/tags/{name}^{{}}"
        )
        if listed.code:
            raise Refused(
                "remote_unreachable",
                f"The remote {quoted(remote)} can't be asked for its tags: {listed.reason}.",
                "Check the network and your access, or leave the remote out: --offline.",
            )
        lines = (line.partition("\t") for line in listed.text.split("\n"))
        found = {reference: commit for commit, _, reference in lines}
        return found.get(f"refs/tags/{name}^{{}}") or found.get(f"refs/tags/{name}")

    def push(self, remote: str, branch: str, tag: str) -> None:
        references = (f"refs/heads/{branch}:refs/heads/{branch}", f"refs/tags/{tag}:refs/tags/{tag}")
        pushed = run_git(self._root, "push", "--quiet", "--atomic", "--", remote, *references)
        if pushed.code:
            raise Refused(
                "push_refused",
                f"The remote {quoted(remote)} did not take {branch} and {tag}: {pushed.reason}.",
                f"Pull and correct what it names, then run it again; git tag -d {tag} removes the tag from this clone.",
            )

    @cached_property
    def _root(self) -> Path:
        found = run_git(self._folder, "rev-parse", "--show-toplevel")
        if found.code or not found.text:
            raise Refused(
                "no_repository",
                f"{quoted(str(self._folder))} lies in no work tree of git: {found.reason}.",
                "Run it in a clone of the repository.",
            )
        return Path(found.text)

    def _changed(self, root: Path) -> Iterator[str]:
        """Of a rename, both names."""
        status = git_output(root, "status", "--porcelain=v1", "-z", "--untracked-files=no", "--no-renames")
        yield from (field[3:] for field in status.fields)

    def _busy(self, root: Path) -> str | None:
        words = [word for name in _BUSY for word in ("--git-path", name)]
        places = git_output(root, "rev-parse", *words).text.split("\n")
        return next((what for what, place in zip(_BUSY.values(), places, strict=True) if (root / place).exists()), None)

    def _commit_of(self, tag: str) -> str:
        return git_output(self._folder, "rev-parse", "--verify", f"refs/tags/{tag}^{{commit}}").text


def _commit(sha: str, message: str, fields: Mapping[str, Any]) -> Commit:
    if not fields:
        return Commit(sha, message)
    return Commit(
        sha=sha,
        message=message,
        kind=fields["group"],
        scope=fields["scope"] or "",
        summary=fields["message"],
        breaking=(fields["breaking_description"] or fields["message"]) if fields["breaking"] else None,
    )
