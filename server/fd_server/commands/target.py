"""What a command is asked about: a Lean file on disk, and perhaps a place in it.

On the command line lines and columns count from 1, columns in letters (code points).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from fd_core import locations
from fd_core.lean_files import LeanFileError, read_lean
from fd_core.lean_source import sorries
from fd_core.proof import Document, Position

_TARGET = re.compile(r"(?P<file>.+?)(?::(?P<line>\d+))?(?::(?P<column>\d+))?", re.DOTALL)


class TargetError(LeanFileError):
    """There is no such line or column in the file."""


@dataclass(frozen=True, slots=True)
class LeanFile:
    """A file as it is on disk now."""

    path: Path
    document: Document

    @property
    def project(self) -> Path:
        """The innermost Lean project, or the file's own folder."""
        return locations.project_root(self.path)

    @property
    def note(self) -> str:
        """A word where no project was found."""
        if any((self.project / mark).exists() for mark in _project_marks()):
            return ""
        return f"no lakefile or lean-toolchain above {self.path.name}: its folder is the project"

    def open_goals(self) -> list[Position]:
        """Where each `sorry` starts, in order."""
        return [self.document.position(start) for start, _ in sorries(self.document.text)]


@dataclass(frozen=True, slots=True)
class Target:
    """A file, and the place named in it, if one was."""

    file: LeanFile
    at: Position | None


def _project_marks() -> tuple[str, ...]:
    """What makes a folder a Lean project."""
    return ("lakefile.lean", "lakefile.toml", "lean-toolchain")


def read(path: Path) -> LeanFile:
    """Read a Lean file. Raises LeanFileError with the fix."""
    text = read_lean(path)
    resolved = path.resolve()
    return LeanFile(resolved, Document(resolved.as_uri(), 0, text))


def parse(words: str) -> Target:
    """Read `FILE`, `FILE:LINE` or `FILE:LINE:COL`. Raises LeanFileError with the fix."""
    if Path(words).exists():
        return Target(read(Path(words)), None)
    match = _TARGET.fullmatch(words)
    assert match is not None
    file = read(Path(match["file"]))
    if match["line"] is None:
        return Target(file, None)
    return Target(file, _position(file, int(match["line"]), match["column"]))


def _position(file: LeanFile, line: int, column: str | None) -> Position:
    lines = file.document.lines
    if not 1 <= line <= len(lines):
        raise TargetError(
            f"{file.path.name} has no line {line}",
            fix=f"Name a line from 1 to {len(lines)}; lines count from 1.",
        )
    text = lines[line - 1]
    if column is None:
        return _first_sorry(file, line - 1) or Position(line - 1, len(text))
    if not 1 <= int(column) <= len(text) + 1:
        raise TargetError(
            f"line {line} of {file.path.name} has no column {column}",
            fix=f"Name a column from 1 to {len(text) + 1}; columns count letters, from 1.",
        )
    return Position(line - 1, int(column) - 1)


def _first_sorry(file: LeanFile, line: int) -> Position | None:
    return next((at for at in file.open_goals() if at.line == line), None)
