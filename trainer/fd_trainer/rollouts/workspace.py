"""The folder of one attempt: a few small Lean files, nothing outside, gone when the attempt ends."""

from __future__ import annotations

import re
import shutil
import tempfile
import weakref
from pathlib import Path

MOST_FILES = 32
MOST_BYTES = 64 * 1024
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,63}(?:\.lean)?")


class Workspace:
    """Files by name. A name is a name: no folders, no links, no way out."""

    def __init__(self, parent: Path | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="fd-attempt-", dir=parent))
        self._names: list[str] = []
        self._remove = weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)

    def write(self, name: object, code: object) -> str:
        """Keep a file; the answer says under which name, or why not."""
        found = _name(name)
        if found is None:
            return 'write_file needs a "file_name" of letters, digits, "_" and "-", as "Try.lean".'
        if not isinstance(code, str):
            return 'write_file needs "code": the text of the file.'
        content = code.encode("utf-8", "replace")
        if len(content) > MOST_BYTES:
            return f"The file is longer than {MOST_BYTES // 1024} KiB; nothing was written."
        if found not in self._names and len(self._names) >= MOST_FILES:
            return f"There are {MOST_FILES} files already: write over one of them."
        try:
            (self.folder / found).write_bytes(content)
        except OSError as error:
            return f"The file can't be written: {error.strerror}."
        if found in self._names:
            self._names.remove(found)
        self._names.append(found)
        return f"Wrote {found}."

    def read(self, name: object) -> str | None:
        """A file's text; None if there is none of that name."""
        found = _name(name)
        if found not in self._names:
            return None
        return (self.folder / found).read_text(encoding="utf-8", errors="replace")

    @property
    def names(self) -> tuple[str, ...]:
        """What was written, the latest last."""
        return tuple(self._names)

    def close(self) -> None:
        """Remove the folder. Safe to call twice."""
        self._remove()


def _name(name: object) -> str | None:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        return None
    return name if name.endswith(".lean") else f"{name}.lean"
