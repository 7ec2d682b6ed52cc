"""The one pointer that says which adapter is served: swapped whole, with what was before and a log."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

from fd_core.durable_file import replace_file
from fd_core.errors import RegistryError
from fd_core.plain_data import PlainDataError, from_plain, to_plain

_LOG_KEPT = 1_000

Stamp = tuple[int, int, int]
"""Modification time in ns, inode, size: what a file's content can't change without."""


@dataclass(frozen=True, slots=True)
class Change:
    """One promotion or roll-back; `adapter` is what was served from then on."""

    at: float
    action: str
    adapter: str | None


@dataclass(frozen=True, slots=True)
class Promotions:
    """`stack`: what was promoted and not rolled back, the served one last."""

    stack: tuple[str, ...] = ()
    log: tuple[Change, ...] = ()

    @property
    def served(self) -> str | None:
        """The adapter to serve, or none: the base model alone."""
        return self.stack[-1] if self.stack else None

    def to(self, stack: tuple[str, ...], action: str) -> Promotions:
        """The same with another stack, and the change noted."""
        change = Change(time.time(), action, stack[-1] if stack else None)
        return Promotions(stack, (*self.log, change)[-_LOG_KEPT:])


@dataclass(frozen=True, slots=True)
class PromotedPointer:
    """The file. Whoever writes holds the registry's lock."""

    path: Path

    def read(self) -> Promotions:
        """What it says; nothing promoted if it is not there. Raises RegistryError if unreadable."""
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return Promotions()
        except OSError as error:
            raise RegistryError(f"{self.path}: {error}", fix="Make it readable.") from error
        try:
            return from_plain(Promotions, json.loads(content), ignore_unknown=True)
        except (PlainDataError, ValueError) as error:
            raise RegistryError(
                f"{self.path} can't be read: {error}",
                fix="Delete that file and promote an adapter again.",
            ) from error

    def write(self, promotions: Promotions) -> None:
        """Swap it atomically. Raises OSError; then it is as it was."""
        replace_file(self.path, json.dumps(to_plain(promotions), indent=1).encode())


def stamp_of(path: Path) -> Stamp | None:
    """One `stat`; None if the file is not there."""
    try:
        status = os.stat(path)  # noqa: PTH116 - on every request; Path.stat builds more
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino, status.st_size
