"""A stretch of text that is followed through edits. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from fd_server.documents import Edit

_KEPT_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Region:
    """Offsets (code points). Text typed at either end belongs to it."""

    start: int
    end: int

    def after(self, edit: Edit) -> tuple[Region, bool]:
        """The region after an edit, and whether the edit touched it."""
        grown = len(edit.text) - (edit.end - edit.start)
        if edit.start > self.end:
            return self, False
        if edit.end < self.start or (edit.end == self.start and edit.start < edit.end):
            return Region(self.start + grown, self.end + grown), False
        start = min(self.start, edit.start)
        return Region(start, max(self.end, edit.end) + grown), True

    def after_all(self, edits: Sequence[Edit]) -> tuple[Region, bool]:
        """The region after several edits, in order, and whether any touched it."""
        region, touched = self, False
        for edit in edits:
            region, hit = region.after(edit)
            touched = touched or hit
        return region, touched

    def of(self, text: str) -> str:
        """What stands there."""
        return text[self.start : self.end]


def same_text(one: str, other: str) -> bool:
    """Equal but for white space."""
    return one.split() == other.split()


def begins_with(whole: str, head: str) -> bool:
    """Whether `whole` is `head` but for white space, perhaps with more behind."""
    return " ".join(whole.split()).startswith(" ".join(head.split()))


def is_kept(offered: str, now: str) -> bool:
    """Whether an accepted text still stands: at least half of it, by edit distance."""
    if same_text(offered, now):
        return True
    ratio = difflib.SequenceMatcher(None, offered.split(), now.split(), autojunk=False).ratio()
    return ratio >= _KEPT_SHARE
