"""Whether an accepted text still stands after 30 s, at a clean save, and at the next commit."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fd_core.events import Event, SuggestionSurvived, Survival
from fd_core.proof import Document

from fd_server.documents import Edit, path_of
from fd_server.git_head import commit_of
from fd_server.offers import Offer
from fd_server.region import Region, is_kept

AFTER_S = 30.0
_FOLLOWED_S = 14 * 24 * 3600.0


@dataclass
class _Kept:
    offer: Offer
    region: Region
    commit: str
    since: float = field(default_factory=time.monotonic)
    told: set[Survival] = field(default_factory=set)

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to be told: it was committed, or that was waited for too long."""
        too_old = time.monotonic() - self.since > _FOLLOWED_S
        return "after_30s" in self.told and ("at_commit" in self.told or too_old)


class Survivals:
    """Follows accepted texts."""

    def __init__(
        self, record: Callable[[Event], object], current: Callable[[str], Document | None]
    ) -> None:
        self._record, self._current = record, current
        self._kept: dict[str, _Kept] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def follow(self, offer: Offer, region: Region) -> None:
        """An item was taken; `region` is where its text stands, or is about to."""
        if offer.id in self._kept:
            return
        self._kept[offer.id] = _Kept(offer, region, commit_of(_folder(offer)))
        loop = asyncio.get_running_loop()
        self._timers[offer.id] = loop.call_later(AFTER_S, self._after_a_while, offer.id)

    def changed(self, before: Document, after: Document, edits: Sequence[Edit]) -> None:
        """Follow an edit."""
        for kept in self._of(after.uri):
            kept.region, _ = kept.region.after_all(edits)

    def _after_a_while(self, id: str) -> None:
        """A commit may have come first: what is followed stays until this is told, too."""
        del self._timers[id]
        kept = self._kept[id]
        self._tell(kept, "after_30s")
        if kept.is_over:
            del self._kept[id]

    def saved(self, document: Document, clean: Callable[[Region], bool]) -> None:
        """The document was saved; `clean` says whether Lean has no error around a region."""
        for kept in self._of(document.uri):
            if clean(kept.region):
                self._tell(kept, "at_clean_save")

    def look_for_commits(self) -> None:
        """Cheap: reads one small file per repository."""
        for kept in list(self._kept.values()):
            now = commit_of(_folder(kept.offer))
            if now and now != kept.commit:
                self._tell(kept, "at_commit")
            if kept.is_over:
                del self._kept[kept.offer.id]

    @property
    def waits(self) -> bool:
        """Whether something is followed."""
        return bool(self._kept)

    def awaits_save(self, uri: str) -> bool:
        """Whether a save of this document would tell something."""
        return any("at_clean_save" not in kept.told for kept in self._of(uri))

    def _tell(self, kept: _Kept, moment: Survival) -> None:
        if moment in kept.told:
            return
        kept.told.add(moment)
        text = self._text(kept)
        event = SuggestionSurvived(
            kept.offer.id, time.time(), moment, is_kept(kept.offer.text, text), text
        )
        self._record(event)

    def _text(self, kept: _Kept) -> str:
        """What stands there now; of a closed document, ours if the file on disk still has it."""
        uri = kept.offer.suggestion.state.uri
        document = self._current(uri)
        if document is not None:
            return kept.region.of(document.text)
        path, ours = path_of(uri), kept.offer.text
        try:
            text = path.read_text(encoding="utf-8") if path else ""
        except (OSError, UnicodeDecodeError):
            return ""
        return ours if " ".join(ours.split()) in " ".join(text.split()) else ""

    def _of(self, uri: str) -> list[_Kept]:
        return [k for k in self._kept.values() if k.offer.suggestion.state.uri == uri]


def _folder(offer: Offer) -> Path:
    path = path_of(offer.suggestion.state.uri)
    return path.parent if path else Path(offer.project)
