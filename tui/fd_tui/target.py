"""What `fd-tui` is started on: a Lean file, perhaps a line in it, or a project's folder."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from fd_core import locations
from fd_core.lean_files import LeanFileError, read_lean

_FILE_AND_LINE = re.compile(r"(?P<file>.+?\.lean)(?::(?P<line>\d+))?(?::\d+)?", re.DOTALL)


class TargetError(LeanFileError):
    """There is no such line in the file."""


@dataclass(frozen=True, slots=True)
class Target:
    """A project, and the file and line (from 0) to begin at, if any were named."""

    project: Path
    file: Path | None = None
    line: int | None = None


def parse(words: str) -> Target:
    """Read `FILE`, `FILE:LINE`, `FILE:LINE:COL` or `PROJECT`. Raises LeanFileError with the fix."""
    path = Path(words)
    if path.is_dir():
        return Target(locations.project_root(path.resolve()))
    match = None if path.exists() else _FILE_AND_LINE.fullmatch(words)
    file = Path(match["file"]) if match else path
    line = int(match["line"]) - 1 if match and match["line"] else None
    text = read_lean(file)
    lines = text.count("\n") + 1
    if line is not None and not 0 <= line < lines:
        raise TargetError(
            f"{file.name} has no line {line + 1}",
            fix=f"Name a line from 1 to {lines}; lines count from 1.",
        )
    resolved = file.resolve()
    return Target(locations.project_root(resolved), resolved, line)
