"""Which commit a folder is at, read from git's files: no process, no lock, two small reads."""

from __future__ import annotations

from pathlib import Path


def commit_of(folder: Path) -> str:
    """The commit's hash, or "" outside of a repository and before the first commit."""
    git = _git_folder(folder)
    if git is None:
        return ""
    head = _read(git / "HEAD")
    if not head.startswith("ref: "):
        return head
    name = head.removeprefix("ref: ")
    common = _common(git)
    return _read(git / name) or _read(common / name) or _packed(common, name)


def _git_folder(folder: Path) -> Path | None:
    for parent in [folder, *folder.parents]:
        git = parent / ".git"
        if git.is_dir():
            return git
        if git.is_file():  # a worktree or submodule names its folder
            return (parent / _read(git).removeprefix("gitdir: ")).resolve()
    return None


def _common(git: Path) -> Path:
    named = _read(git / "commondir")
    return (git / named).resolve() if named else git


def _packed(git: Path, name: str) -> str:
    for line in _read(git / "packed-refs").splitlines():
        commit, _, ref = line.partition(" ")
        if ref == name:
            return commit
    return ""


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""
