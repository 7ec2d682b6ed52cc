"""Lean files of a project on disk: the user's own, dependencies and builds left out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from fd_core.errors import FdError

LEFT_OUT = frozenset({".lake", ".git", "lake-packages", "build", "node_modules", ".elan"})
"""Folders that hold no text of the user's own."""
LARGEST_BYTES = 4_000_000


class LeanFileError(FdError):
    """There is no such file, or it is no Lean."""


def read_lean(path: Path) -> str:
    """A Lean file's text as it is on disk. Raises LeanFileError with the fix."""
    try:
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError as error:
        raise LeanFileError(f"no file or folder {path}", fix="Check the path.") from error
    except IsADirectoryError as error:
        raise LeanFileError(f"{path} is a folder", fix="Name a .lean file in it.") from error
    except OSError as error:
        raise LeanFileError(f"{path}: {error.strerror}", fix="Make it readable.") from error
    except UnicodeDecodeError as error:
        raise LeanFileError(f"{path} is not UTF-8 text", fix="Name a Lean source file.") from error
    if path.suffix != ".lean":
        raise LeanFileError(f"{path} is not a Lean file", fix="Name a file that ends in .lean.")
    if "\x00" in text:
        raise LeanFileError(f"{path} holds a NUL letter, which Lean refuses", fix="Remove it.")
    return text


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
