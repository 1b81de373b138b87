"""Composes what versions a project on this machine, and needs nothing of AWS."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from edgeship.adapters.archives.reader import ArchiveReader
from edgeship.adapters.documents.path_patterns import GitignorePatterns
from edgeship.adapters.git.repository import GitRepository
from edgeship.adapters.javascript.parser import JavaScriptParser
from edgeship.adapters.javascript.surface_process import ScriptSurfaces
from edgeship.adapters.projects.project_files import ProjectFiles
from edgeship.application.versioning.bump_version import BumpVersion
from edgeship.application.versioning.describe_build import changes_for as read_changes
from edgeship.application.versioning.describe_build import git_version as read_git_version
from edgeship.application.versioning.plan_release import Plan, Wanted, plan_release
from edgeship.application.versioning.read_bundle import ReadBundle
from edgeship.application.versioning.read_project import Standing, read_project
from edgeship.application.versioning.tag_release import TagRelease
from edgeship.domain.version import Version
from edgeship.domain.versioning.changes import Changes


def standing(folder: Path, prefix: str | None) -> Standing:
    return read_project(GitRepository(folder), ProjectFiles(), folder, prefix)


def workspaces(folder: Path) -> tuple[Path, ...]:
    """The folders of the projects in a project; none where there is no project."""
    return ProjectFiles().read(folder).workspaces


def plan(folder: Path, prefix: str | None, wanted: Wanted) -> Plan:
    return plan_release(GitRepository(folder), standing(folder, prefix), wanted)


def bump() -> BumpVersion:
    # A changelog's day is that of the person who writes it.
    return BumpVersion(GitRepository, ProjectFiles(), lambda: datetime.now().astimezone().date())


def tag() -> TagRelease:
    return TagRelease(GitRepository, ProjectFiles())


def read_bundle() -> ReadBundle:
    return ReadBundle(ArchiveReader(), JavaScriptParser(), GitignorePatterns(), ScriptSurfaces())


def git_version(folder: Path, widget: str) -> Version:
    return read_git_version(GitRepository(folder), folder, widget)


def changes_for(folder: Path, widget: str, version: Version) -> Changes | None:
    return read_changes(GitRepository(folder), folder, widget, version)
