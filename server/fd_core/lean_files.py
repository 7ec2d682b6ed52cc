"""Lean files of a project on disk: the user's own, dependencies and builds left out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

LEFT_OUT = frozenset({".lake", ".git", "lake-packages", "build", "node_modules", ".elan"})
"""Folders that hold no text of the user's own."""
LARGEST_BYTES = 4_000_000


def lean_files(root: Path) -> Iterator[Path]:
    """Lean files below a folder (or the one file), in order; what can't be looked at is left out."""
    if root.is_file():
        yield root
        return
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in LEFT_OUT)
        for name in sorted(files):
            path = Path(folder, name)
            if path.suffix == ".lean" and _size(path) <= LARGEST_BYTES:
                yield path


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return LARGEST_BYTES + 1
