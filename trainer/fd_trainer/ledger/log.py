"""The file under a ledger: appended and synced. What `append` returned for survives a power cut.

A last line without its end was never acknowledged: a writer cuts it off. A corrupt line stays where it
is, is named, copied to `quarantine.jsonl` once, and left out; all other lines count. One process
writes at a time; readers need nothing.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from fd_core.durable_file import make_private_folder, sync_folder
from fd_core.errors import FdError
from fd_core.file_lock import try_lock

from fd_trainer.ledger.lines import Corrupt, Head, data_of, encode, head_of

FILE = "ledger.jsonl"
QUARANTINE = "quarantine.jsonl"
_SHOWN = 2_000


class LedgerError(FdError):
    """The ledger can't be written or opened; what was acknowledged is kept."""


class Log:
    """Records by kind and key, the first of each key counting, in the order of their writing."""

    def __init__(self, folder: Path, *, read_only: bool = False) -> None:
        """Raises LedgerError if another process writes, or the disk refuses."""
        self.path = folder / FILE
        self.corrupt: list[Corrupt] = []
        self.torn = 0
        """Bytes of a last line that was never acknowledged."""
        self._index: dict[tuple[str, str], tuple[int, int]] = {}
        try:
            self._descriptor = self._opened(folder, read_only)
            self._end = self._scan()
            if not read_only:
                os.ftruncate(self._descriptor, self._end)
                self._set_aside(folder)
        except OSError as error:
            raise _refused(self.path, error) from error

    def __contains__(self, kind_and_key: tuple[str, str]) -> bool:
        return kind_and_key in self._index

    def get(self, kind: str, key: str) -> Any | None:
        """The content under a key; None if there is none."""
        place = self._index.get((kind, key))
        return None if place is None else data_of(self._read(*place))

    def keys(self, kind: str) -> Iterator[str]:
        """Keys of one kind, oldest first."""
        return (key for (of, key) in list(self._index) if of == kind)

    def append(self, records: Sequence[tuple[str, str, Any]]) -> None:
        """Write (kind, key, data) records, all or none; keys that are known are left out.

        Raises LedgerError if the disk refuses; then nothing was added.
        """
        at, added, lines = self._end, dict[tuple[str, str], tuple[int, int]](), list[bytes]()
        for kind, key, data in records:
            if (kind, key) in self._index or (kind, key) in added:
                continue
            line = encode(kind, key, data)
            added[kind, key] = (at, len(line))
            lines.append(line)
            at += len(line)
        if not lines:
            return
        try:
            self._write(b"".join(lines))
        except OSError as error:
            os.ftruncate(self._descriptor, self._end)
            raise _refused(self.path, error) from error
        self._end = at
        self._index |= added

    def close(self) -> None:
        """Let go of the file. Safe to call twice."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _opened(self, folder: Path, read_only: bool) -> int:
        if read_only:
            return os.open(self.path, os.O_RDONLY)
        make_private_folder(folder)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        if not try_lock(descriptor):
            os.close(descriptor)
            raise LedgerError(
                f"{self.path} is being written by another run", fix="Wait for it, or stop it."
            )
        sync_folder(folder)
        return descriptor

    def _scan(self) -> int:
        """Index every good line; returns where the last whole line ends."""
        end = 0
        with os.fdopen(os.dup(self._descriptor), "rb") as file:
            file.seek(0)
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    self.torn = len(line)
                    break
                head = head_of(line[:-1])
                if isinstance(head, Head):
                    self._index.setdefault((head.kind, head.key), (end, len(line)))
                else:
                    self.corrupt.append(Corrupt(str(self.path), number, end, head))
                end += len(line)
        return end

    def _set_aside(self, folder: Path) -> None:
        """Copy corrupt lines for a person to look at, each once."""
        target = folder / QUARANTINE
        known = _set_aside_before(target)
        new = [bad for bad in self.corrupt if bad.line not in known]
        if not new:
            return
        rows = []
        for bad in new:
            text = self._line_at(bad.offset)[:_SHOWN].decode("utf-8", "backslashreplace")
            rows.append(json.dumps({"line": bad.line, "reason": bad.reason, "text": text}) + "\n")
        with target.open("a", encoding="utf-8") as file:
            file.writelines(rows)
            file.flush()
            os.fsync(file.fileno())

    def _line_at(self, offset: int) -> bytes:
        return self._read(offset, _SHOWN).partition(b"\n")[0]

    def _read(self, offset: int, length: int) -> bytes:
        return os.pread(self._descriptor, length, offset)

    def _write(self, data: bytes) -> None:
        at = self._end
        while data:
            written = os.pwrite(self._descriptor, data, at)
            data, at = data[written:], at + written
        os.fsync(self._descriptor)


def _set_aside_before(target: Path) -> set[int]:
    """Numbers of the lines that were copied already."""
    try:
        lines = target.read_text(encoding="utf-8").splitlines()
        return {int(json.loads(line)["line"]) for line in lines}
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def _refused(path: Path, error: OSError) -> LedgerError:
    return LedgerError(
        f"{path}: {error.strerror or error}",
        fix="See that the disk has space and the folder is writable, then resume the run.",
    )
